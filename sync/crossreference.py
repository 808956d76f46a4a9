"""Id write-back: what a target calls our records becomes part of the one cross-reference."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from canonical import access, worklist
from canonical.golden.cause import cause_of
from canonical.identity.registration import TargetId, register
from canonical.models import Golden, GoldenReference, Link, WorkKind
from canonical.worklist import Need
from sync.models import Lane, Parked, Subscription
from sync.outbound.answers.alarms import OWNER
from sync.outbound.delivery import messages
from sync.outbound.delivery.lanes import Settlement
from sync.outbound.publishing.fanout import WRITE_BACK


def write_back(subscription: Subscription, settlements: Sequence[Settlement]) -> None:
    """Register the ids that a target answered with; before its lanes are settled.

    A worker that dies in between leaves the lane open: the next one sends again, and registering
    twice changes nothing. What refers to a record that has just got its id is sent again.
    """
    told = {s.lane.golden: s.answer.target_id for s in settlements if s.answer.target_id}
    told = _unknown(subscription.system_id, told)
    if not told:
        return
    entities = dict(Golden.objects.filter(id__in=told).values_list("id", "entity"))
    ids = [TargetId(entities[golden], golden, told[golden]) for golden in sorted(told)]
    claimed = register(subscription.system_id, ids, cause_of(access.of_hub(WRITE_BACK)))
    _tell_of_claimed(subscription, claimed)
    wake_referring(subscription, told)


def _unknown(system: str, told: Mapping[UUID, str]) -> dict[UUID, str]:
    """The ids that are news: most answers only repeat what was registered long ago."""
    if not told:
        return {}
    links = Link.objects.filter(
        golden__in=told, until__isnull=True, record__system=system,
        record__source_id__in=set(told.values()),
    )  # fmt: skip
    known = set(links.values_list("golden_id", "record__source_id"))
    return {golden: name for golden, name in told.items() if (golden, name) not in known}


def _tell_of_claimed(subscription: Subscription, claimed: Sequence[TargetId]) -> None:
    """An id that stands for another golden record: two of ours would write over one of theirs."""
    system = subscription.system_id
    worklist.open_items(
        [
            Need(
                kind=WorkKind.DRIFT,
                subject=f"{system}/{each.entity}/{each.source_id}/{each.golden}",
                title=f"{system} answers with {each.source_id}, which stands for another record",
                entity=each.entity,
                golden=each.golden,
                owner=OWNER,
                facts={"subscription": str(subscription.pk), "source_id": each.source_id},
            )
            for each in claimed
        ]
    )


def wake_referring(subscription: Subscription, goldens: Collection[UUID]) -> int:
    """Look again at records that refer to these: now the target has an id to name.

    Only those in which the target has a place for the reference, and which it was told of already:
    what is under way may have been built before the id came.
    """
    references = GoldenReference.objects.filter(target__in=goldens)
    told = {
        golden
        for golden, entity, path in references.values_list("golden", "golden__entity", "path")
        if messages.carries(subscription.connector, entity, path)
    }
    lanes = Lane.objects.filter(
        Q(confirmed__gt=0) | Q(leased=True),
        subscription=subscription, golden__in=told, parked=Parked.NONE,
    )  # fmt: skip
    with transaction.atomic():
        locked = lanes.select_for_update().order_by("golden_id")
        again = Lane.objects.filter(id__in=list(locked.values_list("id", flat=True)))
        again.filter(leased=False).update(due_at=Now())  # the due time of the others is a lease
        return again.update(resend=True)
