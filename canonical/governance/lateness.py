"""References that wait too long for the record they name: a person is told, once a record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef

from canonical import worklist, writer
from canonical.models import Link, SourceReference, WorkItem, WorkKind
from canonical.worklist import Need

PATIENCE = timedelta(days=1)
AT_ONCE = 500
NAMED = 3


def look() -> int:
    """Open an item for each golden record that waits too long, close those that wait no more."""
    _close()
    late = SourceReference.objects.filter(
        pending=True, record__received_at__lt=writer.now() - PATIENCE
    )
    told = WorkItem.objects.filter(
        kind=WorkKind.PENDING_REFERENCE, golden=OuterRef("golden"), state="open"
    )
    # From the few that wait to their links: every tick asks, and links are many.
    waiting = Link.objects.filter(
        ~Exists(told), record__in=late.values("record_id"), until__isnull=True
    )
    rows = waiting.order_by("golden_id").values_list("golden_id", "record_id", "record__entity")
    found = list(rows[:AT_ONCE])
    worklist.open_items(list(_needs(found, late.filter(record__any=[r for _, r, _ in found]))))
    return len(found)


def _needs(
    rows: Iterable[tuple[UUID, UUID, str]], late: Iterable[SourceReference]
) -> Iterable[Need]:
    named: dict[UUID, list[str]] = {}
    for reference in late:
        name = "/".join(filter(None, (reference.system_code, reference.source_id)))
        named.setdefault(reference.record_id, []).append(f"{reference.path}: {name}")
    seen = set()
    for golden, record, entity in rows:
        if golden not in seen and record in named:
            seen.add(golden)
            words = ", ".join(named[record][:NAMED])
            title = f"Waits for {words}"
            yield Need(WorkKind.PENDING_REFERENCE, str(golden), title, entity, golden)


def _close() -> None:
    """Close the items of records that wait for nothing now."""
    pending = SourceReference.objects.filter(
        pending=True, record__links__golden=OuterRef("golden"), record__links__until__isnull=True
    )
    healed = WorkItem.objects.filter(
        ~Exists(pending), kind=WorkKind.PENDING_REFERENCE, state="open"
    )
    subjects = list(healed.values_list("subject", flat=True)[:AT_ONCE])
    if subjects:
        worklist.close_items(WorkKind.PENDING_REFERENCE, subjects)
