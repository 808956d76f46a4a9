"""Where workers are scarce, the more critical target is served first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from sync.models import Subscription, TargetHealth
from sync.outbound import sweep, wake
from sync.outbound.delivery import criticality, deliver, lanes
from sync.outbound.publishing import fanout
from sync.torture.receiver import Receiver
from tests.factories import journal, targets

pytestmark = pytest.mark.django_db


def test_the_more_critical_target_comes_first(receiver: Receiver) -> None:
    wanted = ["low", "normal", "critical", "high"]
    made = {name: targets.subscription(receiver, name, criticality=name) for name in wanted}
    journal.golden(legal_name="Acme")
    fanout.fan_out()
    order = ["critical", "high", "normal", "low"]
    assert sweep.with_due() == [made[name].pk for name in order]


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Every drain looks at once; the hints that are given."""
    told: list[UUID] = []
    monkeypatch.setattr(deliver, "LOOK", 0.0)
    monkeypatch.setattr(criticality, "PATIENCE", timedelta())
    monkeypatch.setattr(wake, "drain", told.append)
    return told


def test_a_drain_gives_way_to_a_more_critical_target(
    receiver: Receiver, looking: list[UUID]
) -> None:
    low = targets.subscription(receiver, "low", criticality="low")
    critical = targets.subscription(receiver, "critical", criticality="critical")
    journal.clients(3)
    fanout.fan_out()
    assert deliver.drain(low.pk) == 0
    assert looking == [low.pk], "it comes back once the other was served"
    assert deliver.drain(critical.pk) == 3
    assert deliver.drain(low.pk) == 3


@pytest.mark.parametrize(
    "unable",
    [
        {"status": "paused"},
        {"criticality": "low"},
        {"loading": True},
        {"rate": 0.01},
        {
            "windows": [
                {
                    "rrule": "FREQ=DAILY",
                    "starts": "2026-01-01T00:00",
                    "minutes": 1440,
                    "time_zone": "UTC",
                }
            ]
        },
    ],
    ids=lambda given: next(iter(given)),
)
def test_it_goes_on_where_the_other_could_not_be_served(
    receiver: Receiver, looking: list[UUID], unable: dict[str, Any]
) -> None:
    low = targets.subscription(receiver, "low", criticality="low")
    other = targets.subscription(receiver, "other", criticality="critical")
    journal.clients(3)
    fanout.fan_out()
    Subscription.objects.filter(pk=other.pk).update(**unable)
    TargetHealth.objects.filter(pk=other.pk).update(next_slot=timezone.now() + timedelta(hours=1))
    assert deliver.drain(low.pk) == 3


def test_it_goes_on_where_another_worker_serves_the_other(
    receiver: Receiver, looking: list[UUID]
) -> None:
    low = targets.subscription(receiver, "low", criticality="low")
    critical = targets.subscription(receiver, "critical", criticality="critical")
    journal.clients(3)
    fanout.fan_out()
    lanes.claim(critical.pk, 1)
    assert deliver.drain(low.pk) == 3
