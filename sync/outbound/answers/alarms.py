"""What a person has to look at: undeliverable lanes, and targets that turn us away."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from canonical import worklist
from canonical.models import Golden, WorkItem, WorkKind
from canonical.worklist import Need
from sync.models import Lane, Parked, Subscription
from sync.outbound.answers import outcomes

OWNER: Final = "integration"


def raise_for_lanes(subscription: Subscription, lanes: Collection[Lane]) -> None:
    """Open one item per lane that was given up."""
    if not lanes:
        return
    entities = dict(
        Golden.objects.filter(id__in=[lane.golden_id for lane in lanes]).values_list("id", "entity")
    )
    worklist.open_items([_need(subscription, lane, entities[lane.golden_id]) for lane in lanes])


def _need(subscription: Subscription, lane: Lane, entity: str) -> Need:
    why = "no receipt" if lane.parked == Parked.UNVERIFIED else lane.last_error
    return Need(
        kind=WorkKind.DEAD_DELIVERY,
        subject=f"lane:{lane.pk}",
        title=f"{subscription.name} does not take version {lane.desired}: {why}",
        entity=entity,
        golden=lane.golden_id,
        owner=outcomes.of(subscription.outcomes).escalate_to,
        facts={"subscription": str(subscription.pk), "lane": lane.pk, "reason": why},
    )


def raise_for_target(subscription: Subscription, reason: str) -> None:
    """Open an item for a target that is spoken to no more."""
    need = Need(
        kind=WorkKind.DEAD_DELIVERY,
        subject=f"subscription:{subscription.pk}",
        title=f"{subscription.name} is {subscription.status}: {reason}",
        owner=OWNER,
        facts={"subscription": str(subscription.pk), "reason": reason},
    )
    worklist.open_items([need])


def close_for_lanes(lanes: Collection[int]) -> None:
    """Close the items of lanes that are on their way again."""
    worklist.close_items(WorkKind.DEAD_DELIVERY, [f"lane:{lane}" for lane in lanes])


def close_for_target(subscription: UUID) -> None:
    """Close the item of a target that is spoken to again."""
    worklist.close_items(WorkKind.DEAD_DELIVERY, [f"subscription:{subscription}"])


def close_healed() -> int:
    """Close the items of lanes that are parked no more; how many there were."""
    items = WorkItem.objects.filter(
        kind=WorkKind.DEAD_DELIVERY, subject__startswith="lane:", state="open"
    )
    lanes = {
        int(subject.removeprefix("lane:")) for subject in items.values_list("subject", flat=True)
    }
    stuck = Lane.objects.filter(id__in=lanes, parked__in=[Parked.DEAD, Parked.UNVERIFIED])
    healed = lanes - set(stuck.values_list("id", flat=True))
    return worklist.close_items(WorkKind.DEAD_DELIVERY, [f"lane:{lane}" for lane in healed])
