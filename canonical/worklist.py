"""The one list of what needs a person: opened and closed by whoever finds the need."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from canonical import writer
from canonical.models import WorkItem, WorkKind

MAX_SUBJECT = 255

WITHIN = {
    WorkKind.DEAD_DELIVERY: timedelta(hours=8),
    WorkKind.COMPENSATION: timedelta(hours=8),
    WorkKind.DRIFT: timedelta(days=1),
    WorkKind.ERASURE: timedelta(days=5),
    WorkKind.QUARANTINED: timedelta(days=1),
    WorkKind.UNMAPPED_VALUE: timedelta(days=1),
    WorkKind.BROKEN_BY_UPDATE: timedelta(days=2),
    WorkKind.DECISION_CONFLICT: timedelta(days=2),
    WorkKind.RATE: timedelta(days=2),
    WorkKind.VERSION_CONFLICT: timedelta(days=3),
    WorkKind.AMBIGUOUS_MATCH: timedelta(days=3),
    WorkKind.POSSIBLE_MATCH: timedelta(days=5),
    WorkKind.PENDING_REFERENCE: timedelta(days=5),
}
"""How long each kind of item may wait: what already goes wrong outside stands first."""
ELSE_WITHIN = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Need:
    """Something a person should look at; `subject` names it within its kind."""

    kind: WorkKind
    subject: str
    title: str
    entity: str = ""
    golden: UUID | None = None
    owner: str = "steward"
    facts: dict[str, Any] = field(default_factory=dict)


def open_items(needs: Sequence[Need], moment: datetime | None = None) -> None:
    """Open an item for each need that has none open yet."""
    if not needs:
        return
    at = moment or writer.now()
    items = [
        WorkItem(
            kind=need.kind,
            subject=need.subject[:MAX_SUBJECT],
            title=need.title[:255],
            entity=need.entity,
            golden_id=need.golden,
            owner=need.owner,
            facts=need.facts,
            opened_at=at,
            due=at + WITHIN.get(need.kind, ELSE_WITHIN),
        )
        for need in needs
    ]
    writer.insert(WorkItem, [{c: getattr(item, c) for c in _COLUMNS} for item in items], held=True)


_COLUMNS = tuple(field.attname for field in WorkItem._meta.concrete_fields)


def close_items(kind: WorkKind, subjects: Collection[str]) -> int:
    """Close the open items of a kind about these subjects; how many there were."""
    wanted = [subject[:MAX_SUBJECT] for subject in subjects]
    items = WorkItem.objects.filter(kind=kind, subject__any=wanted, state="open")
    return items.update(state="done", closed_at=writer.now())


REVIEWED = (WorkKind.POSSIBLE_MATCH, WorkKind.AMBIGUOUS_MATCH)


def in_review(goldens: Collection[UUID]) -> set[UUID]:
    """Those of the golden records whose identity a person is still asked about."""
    items = WorkItem.objects.filter(golden__any=list(goldens), kind__in=REVIEWED, state="open")
    return {golden for golden in items.values_list("golden_id", flat=True) if golden}
