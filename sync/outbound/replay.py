"""Sending again what was sent before: the same id and version, never an invented one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from canonical.golden.cause import Cause
from canonical.governance import value
from canonical.governance.stewardship import set_override
from canonical.models import Change, GoldenReference
from sync.models import Lane, Parked, Replay, Subscription
from sync.outbound import wake
from sync.outbound.answers import alarms

WITHOUT_CONFIRMATION: Final = 100
BATCH: Final = 1000
#: What a replay sets free; what waits for a parent or a gate goes on waiting.
FREED: Final = (Parked.DEAD, Parked.UNVERIFIED, Parked.MANUAL)


class NeedsConfirmation(Exception):
    """More lanes than may be sent again by a slip of the hand; `lanes` says how many."""

    def __init__(self, lanes: int) -> None:
        super().__init__(f"{lanes:,} deliveries would be sent again.")
        self.lanes = lanes


def lanes_of(subscription: Subscription, scope: dict[str, Any]) -> QuerySet[Lane]:
    """The lanes a scope means: {"from_position": n}, {"entity": name}, {"ids": [...]} or {}."""
    lanes = Lane.objects.filter(subscription=subscription)
    if (position := scope.get("from_position")) is not None:
        rows = Change.objects.filter(position__gte=position, published=True)
        lanes = lanes.filter(golden__in=rows.values("golden_id"))
    if "entity" in scope:
        lanes = lanes.filter(golden__entity=scope["entity"])
    if "ids" in scope:
        lanes = lanes.filter(golden__in=[UUID(str(golden)) for golden in scope["ids"]])
    return lanes


@transaction.atomic
def replay(
    subscription: Subscription,
    scope: dict[str, Any],
    *,
    actor: str,
    reason: str = "",
    confirmed: bool = False,
) -> Replay:
    """Send the newest version of each lane in the scope again, dead ones included.

    More than 100 need `confirmed`, else NeedsConfirmation.
    """
    found = lanes_of(subscription, scope)
    count = found.count()
    if count > WITHOUT_CONFIRMATION and not confirmed:
        raise NeedsConfirmation(count)
    ids = list(
        found.select_for_update(of=("self",)).order_by("golden_id").values_list("id", flat=True)
    )
    for start in range(0, len(ids), BATCH):
        send_again(ids[start : start + BATCH])
    wake.drain_after_commit(subscription.pk)
    return Replay.objects.create(
        subscription=subscription, scope=scope, reason=reason, actor=actor, lanes=len(ids)
    )


@transaction.atomic
def correct(lane: Lane, values: Mapping[str, Any], cause: Cause) -> None:
    """Edit what a target would not take, and send it again.

    The values are pinned on the golden record as a steward pins them, so that every target gets
    them and lineage tells why. Raises NotFound, BadValue and what else an override may raise.
    """
    for path, wanted in values.items():
        set_override(lane.golden_id, path, wanted, cause)
    found = Lane.objects.select_for_update().order_by("golden_id").get(pk=lane.pk)
    send_again([found.pk])
    wake.drain_after_commit(found.subscription_id)


def impact(lane: Lane) -> dict[str, Any]:
    """What hangs on a delivery: the client concerned, and the value at risk in our currency."""
    client = GoldenReference.objects.filter(golden=lane.golden_id, target__entity="client")
    code = client.values_list("target__code", flat=True).order_by("target__code").first()
    own = lane.golden.code if lane.golden.entity == "client" else None
    at_risk = value.at_risk([lane.golden_id]).get(lane.golden_id)
    return {"client": own or code, "value_at_risk": None if at_risk is None else str(at_risk)}


def send_again(ids: Collection[int]) -> None:
    """Forget what the target is believed to hold; a lease that runs is left to run out."""
    lanes = Lane.objects.filter(id__in=ids)
    lanes.exclude(confirmed_digest="left").update(confirmed_digest="")
    lanes.update(resend=True, attempt=0, probes=0)
    lanes.filter(leased=False).update(due_at=Now())
    lanes.filter(parked__in=FREED).update(parked=Parked.NONE)
    alarms.close_for_lanes(ids)
