"""Month-end: the records of a legal entity wait while it closes its books."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from canonical.models import Golden
from sync.models import Lane
from sync.outbound import subscriptions, sweep
from sync.outbound.delivery import closings, windows
from sync.outbound.delivery.deliver import drain
from sync.torture.receiver import Receiver
from tests.factories import journal, targets

pytestmark = pytest.mark.django_db


def closing_now(minutes: int = 60) -> dict[str, Any]:
    began = datetime.now(UTC) - timedelta(minutes=1)
    return {
        "rrule": "FREQ=MONTHLY",
        "starts": began.replace(tzinfo=None).isoformat(),
        "minutes": minutes,
        "time_zone": "UTC",
    }


def client_of(legal_entity: str | None) -> Golden:
    return journal.golden(legal_name=f"Of {legal_entity}", responsible_entity=legal_entity)


def held() -> set[str]:
    lanes = Lane.objects.filter(parked="held").select_related("golden")
    return {(lane.golden.changes.get().after or {})["legal_name"] for lane in lanes}


def test_f47_only_the_closing_entitys_records_are_held(receiver: Receiver) -> None:
    closings.keep("DE01", [closing_now()], "test")
    target = targets.subscription(receiver, closings=True)
    for legal_entity in ("DE01", "UK01", None):
        client_of(legal_entity)
    targets.deliver(target)
    assert len(receiver.received) == 2
    assert held() == {"Of DE01"}
    lane = Lane.objects.get(parked="held")
    assert lane.attempt == 0
    assert lane.due_at > datetime.now(UTC) + timedelta(minutes=58)


def test_f47_what_was_held_goes_once_the_books_are_closed(receiver: Receiver) -> None:
    closings.keep("DE01", [closing_now()], "test")
    target = targets.subscription(receiver, closings=True)
    golden = client_of("DE01")
    targets.deliver(target)
    journal.change(golden, legal_name="Renamed meanwhile")
    assert targets.deliver(target) == 0
    closings.keep("DE01", [], "test")
    Lane.objects.update(parked="held", due_at=datetime.now(UTC) - timedelta(seconds=1))
    sweep.run()
    drain(target.pk)
    assert [r.event["data"]["legal_name"] for r in receiver.received] == ["Renamed meanwhile"]


def test_a_calendar_that_is_taken_away_holds_nothing(receiver: Receiver) -> None:
    closings.keep("DE01", [closing_now()], "test")
    target = targets.subscription(receiver, closings=True)
    client_of("DE01")
    targets.deliver(target)
    closings.forget("DE01")
    targets.deliver(target)
    assert targets.at_rest(target)


def test_a_target_that_observes_no_closings_is_told_at_once(receiver: Receiver) -> None:
    closings.keep("DE01", [closing_now()], "test")
    target = targets.subscription(receiver, closings=True)
    client_of("DE01")
    targets.deliver(target)
    subscriptions.change(target, {"closings": False})
    targets.deliver(target)
    assert targets.at_rest(target)


def test_the_ramp_is_slow_at_first() -> None:
    moments = [windows.ramp(n / 1000) / windows.RAMP for n in range(1000)]
    assert moments == sorted(moments)
    early = sum(moment < 0.1 for moment in moments)
    late = sum(moment >= 0.9 for moment in moments)
    assert early < 30 < 150 < late
    assert 0 <= moments[0] < moments[-1] < 1
