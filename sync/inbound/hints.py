"""Events are hints: a record that its system spoke of is read again, and what is read counts.

So events may come in any order, twice, or not at all, and may be forged: the records are the same.
The table is the queue, with one row a record however often it is spoken of. An entity's hints are
worked off by whoever holds its pull, so that no older reading comes after a newer one.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from canonical import access, writer
from canonical.models import SourceRecord
from sync import connectors, egress
from sync.connectors.base import ProfileConnector
from sync.connectors.faults import Turned
from sync.inbound import pulls
from sync.inbound.arrivals import MAX_SOURCE_ID, Item
from sync.inbound.receive import receive
from sync.models import Connection, Hint, Pull
from sync.outbound.answers.retry import Verdict

log = structlog.get_logger(__name__)

AT_ONCE: Final = 100
BUDGET: Final = 15.0  # seconds of one run


def note(connection: Connection, named: Iterable[tuple[str, str]]) -> int:
    """Put down the records that are to be read again; how many. What is not read is left out."""
    reads = {pull.entity: pull for pull in connection.pulls.all()}
    wanted = {(reads[e].pk, i) for e, i in named if e in reads and _possible(i)}
    now = writer.now()
    rows = [
        Hint(pull_id=pull, source_id=source_id, noted_at=now, due_at=now)
        for pull, source_id in sorted(wanted)  # in one order: two events may name the same
    ]
    Hint.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["pull", "source_id"],
        update_fields=["mark"],
    )
    return len(rows)


def _possible(source_id: str) -> bool:
    return 0 < len(source_id) <= MAX_SOURCE_ID and source_id.isprintable()


def work_off() -> int:
    """Read again what is due; how many records. A system that fails stops no other."""
    until = time.monotonic() + BUDGET
    now = writer.now()
    due = Hint.objects.filter(pull=OuterRef("pk"), due_at__lte=now)
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    count = 0
    for pull in Pull.objects.filter(free, Exists(due)).select_related("connection"):
        if time.monotonic() < until and pulls.take(pull):
            try:
                count += _work_off(pull, until)
            finally:
                pulls.release(pull)
    return count


def _work_off(pull: Pull, until: float) -> int:
    count = 0
    with egress.Client(2) as client:
        connector = connectors.for_connection(pull.connection, client)
        while time.monotonic() < until and (marks := _due(pull)):
            try:
                items = _read(connector, pull.entity, list(marks))
            except (Turned, egress.Unreachable, egress.Refused) as error:
                log.warning("hints not followed", pull=str(pull), error=str(error))
                _postpone(pull)
                break
            _take_in(pull, items)
            _settle(pull, marks)
            pulls.renew(pull)
            count += len(marks)
    return count


def _due(pull: Pull) -> dict[str, UUID]:
    """The records that are due, the first spoken of first, with the marks of their hints."""
    due = pull.hints.filter(due_at__lte=writer.now()).order_by("noted_at", "source_id")
    return dict(due.values_list("source_id", "mark")[:AT_ONCE])


def _read(connector: ProfileConnector, entity: str, ids: Sequence[str]) -> Sequence[Item]:
    """The records as they are now; an id that the system cannot even be asked for is left out."""
    try:
        return connector.again(entity, ids)
    except Turned as turned:
        if turned.answer.verdict is not Verdict.POISON:
            raise
        if len(ids) == 1:
            log.warning("hint dropped", entity=entity, error=str(turned))
            return []
    half = len(ids) // 2
    return [*_read(connector, entity, ids[:half]), *_read(connector, entity, ids[half:])]


def _take_in(pull: Pull, items: Sequence[Item]) -> None:
    """By the ordinary intake; only what is held can be retired, from the moment we saw it gone."""
    system, now = pull.connection.system_id, writer.now()
    held = _held(system, pull.entity, [item.source_id for item in items if item.retired])
    told = [
        replace(item, modified_at=item.modified_at or now) if item.retired else item
        for item in items
        if not item.retired or item.source_id in held
    ]
    receive(access.of_hub("events"), system, pull.entity, told)


def _held(system: str, entity: str, ids: Collection[str]) -> set[str]:
    held = SourceRecord.objects.filter(system=system, entity=entity, source_id__in=ids)
    return set(held.values_list("source_id", flat=True))


@transaction.atomic
def _settle(pull: Pull, marks: dict[str, UUID]) -> None:
    """The hints go, but for those whose records were spoken of again meanwhile."""
    hints = _locked(pull.hints.filter(source_id__in=marks))
    done = [pk for pk, source_id, mark in hints if marks[source_id] == mark]
    Hint.objects.filter(pk__in=done).delete()


@transaction.atomic
def _postpone(pull: Pull) -> None:
    """Try again later whatever waits; what comes meanwhile waits with it."""
    ids = [pk for pk, *_ in _locked(pull.hints.all())]
    Hint.objects.filter(pk__in=ids).update(due_at=writer.now() + pulls.AGAIN)


def _locked(hints: QuerySet[Hint]) -> list[tuple[int, str, UUID]]:
    rows = hints.select_for_update().order_by("source_id")
    return list(rows.values_list("pk", "source_id", "mark"))
