"""Parents first: a record waits until what it refers to has been confirmed by the same target.

Only ordering references count, and a merged record's survivor. A parent that the subscription
does not carry is no dependency. Rings are cut: one of its records goes first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from sync.models import Lane, Parked
from sync.outbound.delivery import plans

LONGEST_CHAIN = 50


def blocked(subscription: UUID, parents: Mapping[UUID, Collection[UUID]]) -> dict[UUID, UUID]:
    """Which of these records have to wait, and for which of their parents."""
    unconfirmed = _unconfirmed(subscription, {p for each in parents.values() for p in each})
    waiting = {golden: parent for golden, parent in unconfirmed.items() if parent is not None}
    found: dict[UUID, UUID] = {}
    for golden in sorted(parents):
        for parent in sorted(unconfirmed.keys() & parents[golden]):
            if not _in_a_ring(subscription, golden, parent, waiting):
                found[golden] = waiting[golden] = parent
                break
    return found


def _unconfirmed(subscription: UUID, goldens: Collection[UUID]) -> dict[UUID, UUID | None]:
    """Those whose first version the target has not confirmed, and what they wait for themselves."""
    if not goldens:
        return {}
    lanes = Lane.objects.filter(subscription=subscription, golden__in=goldens, confirmed=0)
    return {
        golden: waiting_on if parked == Parked.DEPENDENCY else None
        for golden, parked, waiting_on in lanes.values_list("golden_id", "parked", "waiting_on_id")
    }


def _in_a_ring(
    subscription: UUID, golden: UUID, parent: UUID, waiting: Mapping[UUID, UUID]
) -> bool:
    """Whether the parent, in the end, waits for the record itself."""
    place: UUID | None = parent
    for _ in range(LONGEST_CHAIN):
        if place == golden:
            return True
        if place is None:
            return False
        place = waiting.get(place) or _unconfirmed(subscription, [place]).get(place)
    return True


def release_children(subscription: UUID, parents: Collection[UUID]) -> int:
    """Wake what waits for parents that have just been confirmed; call it after that commit.

    Inside the settling transaction this deadlocked 7 times in 230.
    """
    return _release(_parked(subscription).filter(waiting_on__in=parents)) if parents else 0


def release_ready(subscription: UUID) -> int:
    """Wake what waits for nothing any more: a parent confirmed meanwhile, or carried no longer.

    What waits for an earlier step of a plan goes on waiting: awake, it would be claimed and parked
    again without end while the target refuses that step.
    """
    parent = Lane.objects.filter(
        subscription=subscription, golden=OuterRef("waiting_on"), confirmed=0
    )
    ready = _parked(subscription).filter(~Exists(parent) | Q(waiting_on=None))
    held = plans.blocked(subscription, set(ready.values_list("golden_id", flat=True)))
    return _release(ready.exclude(golden__in=held))


def release_rings(subscription: UUID) -> int:
    """Wake one record of each ring that two workers parked at the same moment."""
    waiting = dict(_parked(subscription).values_list("golden_id", "waiting_on_id"))
    first = {_ring_start(golden, waiting) for golden in waiting} - {None}
    return _release(_parked(subscription).filter(golden__in=first)) if first else 0


def _ring_start(golden: UUID, waiting: Mapping[UUID, UUID | None]) -> UUID | None:
    """The smallest id of the ring that a record waits in; None if its chain ends."""
    ring = list(_chain(golden, waiting))
    return min(ring) if ring and waiting[ring[-1]] == golden else None


def _chain(golden: UUID, waiting: Mapping[UUID, UUID | None]) -> Iterable[UUID]:
    seen: set[UUID] = set()
    place: UUID | None = golden
    while place is not None and place in waiting and place not in seen:
        seen.add(place)
        yield place
        place = waiting[place]


def _parked(subscription: UUID) -> QuerySet[Lane]:
    return Lane.objects.filter(subscription=subscription, parked=Parked.DEPENDENCY)


def _release(lanes: QuerySet[Lane]) -> int:
    if not lanes.exists():
        return 0
    with transaction.atomic():
        free = lanes.select_for_update(skip_locked=True, of=("self",)).order_by("golden_id")
        ids = list(free.values_list("id", flat=True))
        return Lane.objects.filter(id__in=ids).update(
            parked=Parked.NONE, waiting_on=None, due_at=Now()
        )
