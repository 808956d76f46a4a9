"""A forecast says what is then really sent: each is compared with what a receiver got."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from canonical.documents import records
from canonical.identity.merging import Outcome
from canonical.models import Golden
from matching.questions import stewardship
from sync.models import Subscription
from sync.outbound.content.forecast import Told, forecast
from sync.torture.receiver import Receiver
from tests.factories import hub, targets

pytestmark = pytest.mark.django_db
BOTH = ["client", "engagement"]


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.ALLOW_LOCAL_TARGETS = True
    hub.open_hub()
    with Receiver() as running:
        yield running


@pytest.fixture
def pair(receiver: Receiver) -> tuple[Golden, Golden]:
    """Two clients, the second with an engagement."""
    first = hub.client("Acme", currency="EUR")
    second = hub.client("Borealis", "erp", currency="USD", website="https://borealis.example")
    named = {"client": {"system": "erp", "source_id": "Borealis"}}
    hub.put("psa", "engagement", "J-1", {"name": "Audit", **named})
    return first, second


def merge(pair: tuple[Golden, Golden], preview: bool = False, **picks: Any) -> Outcome:
    first, second = pair
    return stewardship.merge(first.pk, [second.pk], hub.STEWARD, None, preview, picks)


def foreseen(pair: tuple[Golden, Golden], **picks: Any) -> list[Told]:
    outcome = merge(pair, preview=True, **picks)
    changed = [c for c in outcome.touched.values() if c.changed]
    before = {r.id: r.content for r in records.current([c.golden.id for c in changed])}
    return forecast(changed, before)


def events(told: list[Told]) -> set[tuple[str, str]]:
    return {(str(golden), event) for each in told for golden, _, event in each.events}


def heard(receiver: Receiver, target: Subscription) -> set[tuple[str, str]]:
    receiver.received.clear()
    targets.deliver(target)
    return {(r.event["subject"], r.event["type"].split(".")[-2]) for r in receiver.received}


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ({"entities": BOTH}, 3),
        ({"entities": ["client"]}, 2),
        ({"entities": BOTH, "attributes": ["currency"]}, 1),
        ({"entities": ["client"], "filter": {"client": {"currency": ["USD"]}}}, 1),
        ({"entities": ["contract"]}, 0),
    ],
)
def test_what_is_foreseen_is_what_is_sent(
    receiver: Receiver, pair: tuple[Golden, Golden], wanted: dict[str, Any], number: int
) -> None:
    target = targets.subscription(receiver, **wanted)
    targets.deliver(target)
    ahead = events(foreseen(pair))
    assert len(ahead) == number
    merge(pair)
    assert heard(receiver, target) == ahead


def test_a_paused_target_is_told_later_and_a_disabled_one_never(
    receiver: Receiver, pair: tuple[Golden, Golden]
) -> None:
    target = targets.subscription(receiver)
    targets.deliver(target)
    Subscription.objects.update(status="paused")
    assert [told.paused for told in foreseen(pair)] == [True]
    Subscription.objects.update(status="disabled")
    assert foreseen(pair) == []
