"""Shadow mode: what would be sent and how it differs from what the target holds; nothing is sent.

Where the target cannot be asked, what it confirmed last stands for what it holds.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now

from canonical import writer
from sync import egress
from sync.models import DriftKind, DriftState, Lane, Parked, Subscription
from sync.outbound.answers.retry import Judgement, Verdict
from sync.outbound.content.envelope import Message, Operation
from sync.outbound.delivery import messages
from sync.outbound.delivery.lanes import Settlement
from sync.outbound.delivery.messages import Sendable
from sync.reconciliation import comparison, drifts, reading
from sync.reconciliation.comparison import Expected, Found
from sync.reconciliation.drifts import Finding
from sync.reconciliation.reading import Reader


def look(
    subscription: Subscription, sendable: Sequence[Sendable], client: egress.Client
) -> list[Settlement]:
    """Note what each message would change at the target, and settle the lanes as looked at."""
    reader = reading.reader(subscription, client)
    findings = [_finding(subscription, each, reader) for each in sendable]
    told = [finding for finding in findings if finding is not None]
    drifts.keep(subscription, told, writer.now(), shadow=True)
    same = [each.lane.golden for each, f in zip(sendable, findings, strict=True) if f is None]
    gone = drifts.pending(subscription).filter(shadow=True, golden__in=same)
    drifts.close(gone, DriftState.HEALED, writer.now())
    seen = Judgement(Verdict.RETURNED, "only looked at: the subscription is in shadow mode")
    return [Settlement(each.lane, seen, each.version, shadowed=True) for each in sendable]


def _finding(
    subscription: Subscription, sendable: Sendable, reader: Reader | None
) -> Finding | None:
    message = sendable.message
    wanted = _expected(message, reader)
    held = _held(subscription, sendable, reader)
    kind = comparison.kind_of(wanted, held, is_older=held is not None)
    if kind is None:
        return None
    differences = comparison.differences(wanted, held or Found({}, active=wanted.active))
    if kind is DriftKind.MISSING:
        differences = [comparison.Difference(n, v, None) for n, v in wanted.values.items() if v]
    return Finding(
        kind,
        message.entity,
        sendable.lane.golden,
        version=sendable.version,
        differences=tuple(differences),
    )


def _expected(message: Message, reader: Reader | None) -> Expected:
    if message.operation is not Operation.PUT:
        return Expected({}, active=False)
    return Expected(reader.projection(message) if reader else _told(message))


def _told(message: Message) -> dict[str, object]:
    return {name: v for name, v in message.content.items() if name not in comparison.BESIDE}


def _held(subscription: Subscription, sendable: Sendable, reader: Reader | None) -> Found | None:
    """What the target holds of the record, as it says or as it last confirmed."""
    message, lane = sendable.message, sendable.lane
    ids = list(message.target.source_ids) or [message.golden]
    if reader is not None:
        answers = reader.read(message.entity, ids)
        held = next(
            (h for h in answers if h.source_id in ids or h.key in (*ids, message.key)), None
        )
        return Found(held.values, held.active) if held else None
    if not lane.confirmed:
        return None
    before = messages.expected(subscription, {lane.golden: lane.confirmed}).get(lane.golden)
    return Found(_told(before)) if before else None


@transaction.atomic
def end(subscription: Subscription) -> int:
    """Deliver from now on what was only looked at; how many lanes."""
    lanes = Lane.objects.filter(subscription=subscription, parked=Parked.SHADOW)
    ids = list(lanes.select_for_update().order_by("golden_id").values_list("id", flat=True))
    gone = drifts.pending(subscription).filter(shadow=True)
    drifts.close(gone, DriftState.HEALED, writer.now(), "hub:shadow")
    return Lane.objects.filter(id__in=ids).update(parked=Parked.NONE, due_at=Now())
