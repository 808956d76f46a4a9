"""Batches: their answers are stored with what they describe, so that any repeat goes on from there.

A batch that is answered at once and one that is answered later are the same thing: a submission,
worked on by whoever holds its lease.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from canonical import exact_json, writer
from canonical.access import Principal
from canonical.context import Context, bound, correlation_id, mint_traceparent
from canonical.validation import Fault
from sync.inbound.answers import Answer
from sync.inbound.arrivals import BadItem, Item, read_item
from sync.inbound.receive import receive
from sync.inbound.wording import item_said
from sync.models import Submission, SubmissionItem
from sync.models.inbound import SubmissionState

LEASE = timedelta(seconds=60)
KEPT_FOR = timedelta(days=7)
AT_A_TIME = 1000


class OtherContent(ValueError):
    """The idempotency key was used for another batch."""


class InProgress(RuntimeError):
    """The same batch is being worked on right now."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it was sent; `bodies` holds each item's JSON, or the fault that it has instead."""

    system: str
    entity: str
    bodies: Sequence[Any]
    key: str
    fingerprint: str


def accept(principal: Principal, batch: Batch, keep_bodies: bool) -> Submission:
    """Register a batch, or find it again by its key; raises OtherContent."""
    with transaction.atomic():
        made, fresh = Submission.objects.get_or_create(
            owner=principal.id,
            key=batch.key,
            defaults={
                "system_id": batch.system,
                "entity": batch.entity,
                "owner_name": principal.name,
                "fingerprint": batch.fingerprint,
                "total": len(batch.bodies),
                "correlation_id": correlation_id(),
                "created_at": writer.now(),
            },
        )
        if made.fingerprint != batch.fingerprint:
            raise OtherContent
        if fresh and keep_bodies:
            rows = [_waiting(made, n, body) for n, body in enumerate(batch.bodies)]
            writer.insert(SubmissionItem, rows)
    return made


def _waiting(made: Submission, position: int, body: Any) -> dict[str, Any]:
    """An item's row; one that could not even be read is answered already."""
    row = {"submission_id": made.id, "position": position, "body": "", "answer": None}
    if isinstance(body, Fault):
        return row | {"answer": item_said(Answer("", "refused", faults=[body]))}
    return row | {"body": exact_json.dumps(body)}


def answer_now(principal: Principal, batch: Batch) -> list[dict[str, Any]]:
    """Work a batch off and answer every item in its place; raises OtherContent, InProgress."""
    made = accept(principal, batch, keep_bodies=False)
    if made.state != SubmissionState.DONE:
        _take(made)
        missing = [n for n in range(made.total) if n not in _answered(made)]
        work_on(principal, made, {n: batch.bodies[n] for n in missing})
        _finish(made)
    answers = made.items.order_by("position").values_list("answer", flat=True)
    return [answer for answer in answers if answer is not None]


def work_off(limit: int = 10) -> int:
    """Take up submissions that wait, or whose worker is gone; how many were finished."""
    now = writer.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    waiting = Submission.objects.filter(free, items__answer__isnull=True).exclude(
        state=SubmissionState.DONE
    )
    ids = list(waiting.order_by("created_at").values_list("id", flat=True).distinct()[:limit])
    return sum(work_one(submission) for submission in ids)


def work_one(submission: UUID) -> bool:
    """Work one submission off to its end, unless somebody else does."""
    made = Submission.objects.get(pk=submission)
    try:
        _take(made)
    except InProgress:
        return False
    principal = Principal(id=made.owner, name=made.owner_name, system=made.system_id)
    with bound(Context(made.correlation_id, mint_traceparent())):
        while rows := _next_waiting(made):
            work_on(principal, made, rows)
            _take(made, again=True)
    _finish(made)
    return True


def _next_waiting(made: Submission) -> dict[int, Any]:
    waiting = made.items.filter(answer__isnull=True).order_by("position")
    rows = waiting.values_list("position", "body")[:AT_A_TIME]
    return {position: exact_json.loads(body) for position, body in rows}


def work_on(principal: Principal, made: Submission, bodies: Mapping[int, Any]) -> None:
    """Take these items in; each answer is stored in the transaction that made it true."""
    positions: list[int] = []
    items: list[Item] = []
    refused: list[tuple[int, Answer]] = []
    for position, body in bodies.items():
        try:
            items.append(_item(body))
            positions.append(position)
        except BadItem as error:
            name = body.get("source_id") if isinstance(body, Mapping) else None
            label = name if isinstance(name, str) else ""
            refused.append((position, Answer(label, "refused", faults=error.faults)))

    def settled(places: Sequence[int], answers: Sequence[Answer]) -> None:
        _keep(made, [(positions[n], a) for n, a in zip(places, answers, strict=True)])

    _keep(made, refused)
    receive(principal, made.system_id, made.entity, items, settled=settled)


def _item(body: Any) -> Item:
    if isinstance(body, Fault):
        raise BadItem([body])
    return read_item(body)


@transaction.atomic
def _keep(made: Submission, answers: Sequence[tuple[int, Answer]]) -> None:
    rows = [
        SubmissionItem(submission=made, position=position, answer=item_said(answer))
        for position, answer in answers
    ]
    SubmissionItem.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["submission", "position"],
        update_fields=["answer", "body"],
    )
    Submission.objects.filter(pk=made.pk).update(done=F("done") + len(rows))


def _answered(made: Submission) -> set[int]:
    answered = made.items.filter(answer__isnull=False)
    return set(answered.values_list("position", flat=True))


def _take(made: Submission, again: bool = False) -> None:
    """Hold the submission for a minute from now; raises InProgress where another holds it."""
    now = writer.now()
    free = Q() if again else Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    taken = Submission.objects.filter(free, pk=made.pk).update(
        state=SubmissionState.RUNNING, leased_until=now + LEASE
    )
    if not taken:
        raise InProgress


def _finish(made: Submission) -> None:
    moment = writer.now()
    Submission.objects.filter(pk=made.pk).update(
        state=SubmissionState.DONE, finished_at=moment, leased_until=None, done=F("total")
    )
    made.state, made.finished_at, made.done = SubmissionState.DONE, moment, made.total


def forget_finished(now: datetime) -> int:
    """Drop finished submissions after seven days; how many."""
    old = Submission.objects.filter(finished_at__lt=now - KEPT_FOR)
    return old.delete()[1].get("sync.Submission", 0)
