"""Links: the only identity there is, and the only place that opens or closes one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from canonical import writer
from canonical.entities import model_of
from canonical.models import (
    Golden,
    Link,
    LinkCause,
    Merge,
    RecomputeDue,
    SourceRecord,
    SourceReference,
    new_id,
)
from canonical.reader import Read, Slot

DEPENDANTS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that was just opened."""

    id: UUID
    record: UUID
    golden: UUID


def new_goldens(entity: str, count: int, moment: datetime) -> list[Golden]:
    """New golden records with their codes; written by the recompute that follows."""
    codes = writer.next_codes(entity, model_of(entity).PREFIX, count)
    return [
        Golden(id=new_id(), entity=entity, code=code, created_at=moment, updated_at=moment)
        for code in codes
    ]


def open_links(
    placements: Sequence[tuple[UUID, UUID, LinkCause]],
    moment: datetime,
    merge: Merge | None = None,
) -> list[Opened]:
    """Link unlinked records: (record, golden, cause) each."""
    opened = [Opened(new_id(), record, golden) for record, golden, _ in placements]
    writer.insert(
        Link,
        [
            {
                "id": link.id,
                "record_id": link.record,
                "golden_id": link.golden,
                "since": moment,
                "until": None,
                "cause": cause.value,
                "merge_id": merge.id if merge else None,
            }
            for link, (_, _, cause) in zip(opened, placements, strict=True)
        ],
    )
    return opened


def move(
    records: Mapping[UUID, UUID],
    cause: LinkCause,
    moment: datetime,
    merge: Merge | None = None,
) -> None:
    """Close the open links of these records and open one to the golden record given for each."""
    if not records:
        return
    close(list(records), moment)
    open_links([(record, golden, cause) for record, golden in records.items()], moment, merge)


def close(records: Collection[UUID], moment: datetime) -> None:
    """Close the open links of these records and open none: they belong to no golden record."""
    if records:
        Link.objects.filter(record__any=list(records), until__isnull=True).update(until=moment)


def homes(records: Collection[UUID]) -> dict[UUID, UUID]:
    """The golden record each would stand in if no merge were open.

    Merges and their undos carry records along; every other link gives one a home.
    """
    links = Link.objects.filter(record__any=list(records)).exclude(
        cause__in=(LinkCause.MERGE, LinkCause.UNDO)
    )
    return dict(links.order_by("since", "id").values_list("record_id", "golden_id"))


def homes_now(records: Collection[UUID]) -> dict[UUID, UUID]:
    """The golden record each of these is linked to today."""
    links = Link.objects.filter(record__any=list(records), until__isnull=True)
    return dict(links.values_list("record_id", "golden_id"))


def below(goldens: Iterable[UUID]) -> set[UUID]:
    """These golden records and all that are merged into them, however deep."""
    found = set(goldens)
    level = found
    while level:
        merged = Golden.objects.filter(merged_into__any=list(level))
        level = set(merged.values_list("id", flat=True)) - found
        found = found | level
    return found


def linked(goldens: Iterable[UUID]) -> dict[UUID, UUID]:
    """The records linked to these golden records today, with the golden record of each."""
    return dict(_LINKED(goldens=list(goldens)))


_LINKED = Read(
    lambda: (
        Link.objects.filter(golden__any=Slot("goldens"), until__isnull=True)
        .order_by("record_id")
        .values_list("record_id", "golden_id")
    )
)


def goldens_of(records: Collection[UUID]) -> dict[UUID, UUID]:
    """The golden record each of these records is linked to today; unlinked ones are missing."""
    links = Link.objects.filter(record__any=list(records), until__isnull=True)
    return dict(links.values_list("record_id", "golden_id"))


def referring(records: Collection[UUID], limit: int | None = None) -> list[UUID]:
    """The golden records with a record that refers to one of these records."""
    if not records:
        return []
    named = SourceRecord.objects.filter(
        id__any=list(records),
        system=OuterRef("system_code"),
        entity=OuterRef("entity"),
        source_id=OuterRef("source_id"),
    )
    return list(_referring(Q(Exists(named)))[:limit])


def naming(goldens: Collection[UUID], limit: int | None = None) -> list[UUID]:
    """The golden records with a record that names one of these, or what it absorbed, by its id."""
    return list(_referring(Q(golden__any=list(below(goldens))))[:limit]) if goldens else []


def waiting_for(system: str, entity: str, source_ids: Collection[str]) -> list[UUID]:
    """The golden records with a record whose reference to one of these waits for it, the first."""
    if not source_ids:
        return []
    rows = _WAITING(system=system, entity=entity, source_ids=list(source_ids))
    return [golden for (golden,) in rows]


_WAITING = Read(
    lambda: _referring(
        Q(
            system_code=Slot("system"),
            entity=Slot("entity"),
            source_id__any=Slot("source_ids"),
            pending=True,
        )
    )[:DEPENDANTS_AT_ONCE]
)


def referring_to(system: str, entity: str, source_ids: Collection[str]) -> list[UUID]:
    """The golden records with a record that refers to one of a system's records by its id."""
    wanted = Q(system_code=system, entity=entity, source_id__any=list(source_ids))
    return list(_referring(wanted)) if source_ids else []


def _referring(wanted: Q) -> QuerySet[Link, UUID]:
    records = SourceReference.objects.filter(wanted).values("record_id")
    goldens = Link.objects.filter(record__in=records, until__isnull=True)
    return goldens.order_by("golden_id").values_list("golden_id", flat=True).distinct()


def mark_due(goldens: Collection[UUID], reason: str, moment: datetime) -> None:
    """Put golden records in the queue of later recomputes; one already there stays."""
    RecomputeDue.objects.bulk_create(
        [RecomputeDue(golden_id=golden, reason=reason, since=moment) for golden in goldens],
        ignore_conflicts=True,
    )
