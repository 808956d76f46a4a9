"""Healing: what becomes of a difference, by the policy of the subscription or a person's word.

The hub's word is sent again under its id. The target's word is taken in: where the hub reads the
system its next pull is due at once, elsewhere the values are pinned with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from canonical import worklist, writer
from canonical.golden.cause import Cause
from canonical.governance.stewardship import set_override
from canonical.identity.errors import IdentityError
from canonical.models import WorkKind
from canonical.worklist import Need
from sync.models import Drift, DriftKind, DriftState, Heal, Lane, Pull, Subscription
from sync.outbound import replay, wake
from sync.outbound.answers import outcomes
from sync.reconciliation import drifts
from sync.reconciliation.comparison import ACTIVE

HUB: Final = "hub:reconciliation"
HEALABLE: Final = (DriftKind.MISSING, DriftKind.STALE, DriftKind.DRIFTED)


class CannotHeal(Exception):
    """A difference that cannot be healed this way; the message says why."""


def by_policy(subscription: Subscription, rows: Sequence[Drift]) -> None:
    """Heal what was found as the subscription says; what cannot be healed is asked about."""
    asked = []
    for row in rows:
        try:
            if subscription.heal == Heal.ASK or row.kind not in HEALABLE:
                asked.append(row)
            else:
                heal(row, Heal(subscription.heal), HUB)
        except CannotHeal:
            asked.append(row)
    worklist.open_items([_need(subscription, row) for row in asked])


def heal(row: Drift, who: Heal, by: str) -> None:
    """Let the hub's or the target's word stand; CannotHeal where that is not possible."""
    if row.golden_id is None:
        raise CannotHeal("The hub does not know this record: accept it, or end it at the target.")
    if who is Heal.HUB:
        _send_again(row, row.golden_id)
    else:
        _take_in(row, row.golden_id)
    row.state, row.decided_by = DriftState.HEALING, by
    row.save(update_fields=["state", "decided_by"])
    worklist.close_items(WorkKind.DRIFT, [drifts.subject(row.id)])


def accept(row: Drift, by: str) -> None:
    """Leave the difference as it is; the next comparison that still finds it asks again."""
    drifts.close(Drift.objects.filter(pk=row.pk), DriftState.ACCEPTED, writer.now(), by)


@transaction.atomic
def _send_again(row: Drift, golden: UUID) -> None:
    lanes = Lane.objects.filter(subscription=row.subscription_id, golden=golden)
    locked = lanes.select_for_update().order_by("golden_id")
    replay.send_again(list(locked.values_list("id", flat=True)))
    wake.drain_after_commit(row.subscription_id)


def _take_in(row: Drift, golden: UUID) -> None:
    if row.kind != DriftKind.DRIFTED:
        raise CannotHeal(f"What is {row.kind} at the target has nothing to take in.")
    pulled = Pull.objects.filter(
        connection=row.subscription.system_id, entity=row.entity, every__isnull=False
    )
    if pulled.update(due_at=Now()):
        return
    cause = Cause(HUB, "Assay", f"{row.subscription.name} holds this and is the system of record.")
    for difference in row.differences:
        attribute = difference["attribute"]
        if attribute == ACTIVE:
            raise CannotHeal("Whether a record is in use is decided in the hub.")
        try:
            set_override(golden, attribute, difference["target"], cause)
        except IdentityError as error:
            raise CannotHeal(f"{attribute}: {error}") from None


def _need(subscription: Subscription, row: Drift) -> Need:
    named = ", ".join(str(difference["attribute"]) for difference in row.differences)
    about = f": {named}" if named else f" ({row.source_id})" if row.golden_id is None else ""
    return Need(
        kind=WorkKind.DRIFT,
        subject=drifts.subject(row.id),
        title=f"{subscription.name}: {row.get_kind_display()}{about}",
        entity=row.entity,
        golden=row.golden_id,
        owner=outcomes.of(subscription.outcomes).escalate_to,
        facts={
            "subscription": str(subscription.pk),
            "drift": str(row.id),
            "kind": row.kind,
            "differences": row.differences,
        },
    )
