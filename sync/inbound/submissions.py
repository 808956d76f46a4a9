"""Batches: their answers are stored with what they describe, so that any repeat goes on from there.

A batch that is answered at once and one that is answered later are the same thing: a submission,
worked on by whoever holds its lease.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

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
AT_A_TIME = 1000
PORTION = 200


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
        if keep_bodies and made.state != SubmissionState.DONE:
            known = set() if fresh else set(made.items.values_list("position", flat=True))
            rows = [_waiting(made, n, b) for n, b in enumerate(batch.bodies) if n not in known]
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
        with _given_back(made):
            answered = _answered(made)
            rest = {n: body for n, body in enumerate(batch.bodies) if n not in answered}
            work_on(principal, made, rest)
        _finish(made)
    answers = made.items.order_by("position").values_list("answer", flat=True)
    return [answer for answer in answers if answer is not None]


def begin(principal: Principal, batch: Batch) -> Submission:
    """Take a batch up to be answered in turn; raises OtherContent, InProgress."""
    made = accept(principal, batch, keep_bodies=False)
    if made.state != SubmissionState.DONE:
        _take(made)
    return made


def in_turn(
    principal: Principal, made: Submission, bodies: Sequence[Any]
) -> Generator[dict[str, Any]]:
    """The answers to a batch in its order, each once its portion is taken in.

    Who goes away before the end comes back with the same key, and it goes on from there.
    """
    try:
        for start in range(0, len(bodies), PORTION):
            places = range(start, min(start + PORTION, len(bodies)))
            if made.state != SubmissionState.DONE:
                answered = _answered(made)
                work_on(principal, made, {n: bodies[n] for n in places if n not in answered})
                _take(made, again=True)
            portion = made.items.filter(position__gte=places.start, position__lt=places.stop)
            for answer in portion.order_by("position").values_list("answer", flat=True):
                yield answer or {}
        if made.state != SubmissionState.DONE:
            _finish(made)
    finally:
        if made.state != SubmissionState.DONE:
            Submission.objects.filter(pk=made.pk).update(leased_until=None)


def rehearse(
    principal: Principal, system: str, entity: str, bodies: Sequence[Any]
) -> list[dict[str, Any]]:
    """What would become of each item; all of it is taken back.

    Each chunk is taken back before the next, so that only items of one chunk see each other.
    """
    items, refused = _read(dict(enumerate(bodies)))
    told = receive(principal, system, entity, list(items.values()), dry_run=True)
    answers = refused | dict(zip(items, told, strict=True))
    return [item_said(answers[position], dry_run=True) for position in range(len(bodies))]


def work_off(limit: int = 10) -> int:
    """Take up submissions that wait, or whose worker is gone; how many were finished.

    A batch that was to be answered at once is not among them: its caller alone has its items.
    """
    now = writer.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    unanswered = SubmissionItem.objects.filter(submission=OuterRef("pk"), answer__isnull=True)
    waiting = Submission.objects.filter(free, Exists(unanswered)).exclude(
        state=SubmissionState.DONE
    )
    ids = list(waiting.order_by("created_at").values_list("id", flat=True)[:limit])
    return sum(work_one(submission) for submission in ids)


def work_one(submission: UUID) -> bool:
    """Work one submission off to its end, unless somebody else does."""
    made = Submission.objects.get(pk=submission)
    try:
        _take(made)
    except InProgress:
        return False
    principal = Principal(id=made.owner, name=made.owner_name, system=made.system_id)
    with bound(Context(made.correlation_id, mint_traceparent())), _given_back(made):
        while rows := _next_waiting(made):
            work_on(principal, made, rows)
            _take(made, again=True)
    if made.items.count() == made.total:
        _finish(made)
    return True


@contextmanager
def _given_back(made: Submission) -> Iterator[None]:
    """Give the lease back where the work fails, so that a repeat need not wait for its end."""
    try:
        yield
    except Exception:
        Submission.objects.filter(pk=made.pk).update(leased_until=None)
        raise


def _next_waiting(made: Submission) -> dict[int, Any]:
    waiting = made.items.filter(answer__isnull=True).order_by("position")
    rows = waiting.values_list("position", "body")[:AT_A_TIME]
    return {position: exact_json.loads(body) for position, body in rows}


def work_on(principal: Principal, made: Submission, bodies: Mapping[int, Any]) -> None:
    """Take these items in; each answer is stored in the transaction that made it true."""
    items, refused = _read(bodies)
    positions = list(items)

    def settled(places: Sequence[int], answers: Sequence[Answer]) -> None:
        _keep(made, {positions[n]: a for n, a in zip(places, answers, strict=True)})

    _keep(made, refused)
    receive(principal, made.system_id, made.entity, list(items.values()), settled=settled)


def _read(bodies: Mapping[int, Any]) -> tuple[dict[int, Item], dict[int, Answer]]:
    """By position: the items that can be taken in, and the answers to those that cannot."""
    items: dict[int, Item] = {}
    refused: dict[int, Answer] = {}
    for position, body in bodies.items():
        try:
            items[position] = _item(body)
        except BadItem as error:
            name = body.get("source_id") if isinstance(body, Mapping) else None
            label = name if isinstance(name, str) else ""
            refused[position] = Answer(label, "refused", faults=error.faults)
    return items, refused


def _item(body: Any) -> Item:
    if isinstance(body, Fault):
        raise BadItem([body])
    return read_item(body)


@transaction.atomic
def _keep(made: Submission, answers: Mapping[int, Answer]) -> None:
    """Store answers where there are none: of two that held the lease, the first counts."""
    if not answers:
        return
    waiting = {row.position: row for row in made.items.filter(position__any=list(answers))}
    rows = [
        {"submission_id": made.pk, "position": n, "body": "", "answer": item_said(answer)}
        for n, answer in answers.items()
        if n not in waiting
    ]
    writer.insert(SubmissionItem, rows, held=True)
    kept = [row for row in waiting.values() if row.answer is None]
    writer.update(
        SubmissionItem,
        [{"id": r.pk, "body": "", "answer": item_said(answers[r.position])} for r in kept],
    )
    added = len(answers) - len(waiting) + len(kept)
    Submission.objects.filter(pk=made.pk).update(done=F("done") + added)


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
