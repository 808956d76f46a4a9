"""Everything survivorship needs of some golden records, read in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery, UUIDField

from canonical.attributes import EntitySchema
from canonical.configuration import Configuration
from canonical.entities import schema_of
from canonical.models import (
    CONSOLE,
    ApprovedValue,
    Golden,
    Link,
    RecordState,
    SourceReference,
    UnmappedValue,
)
from canonical.reader import Read, Slot
from canonical.resolution import Resolved, references, resolve
from canonical.survivorship import Contribution


@dataclass(slots=True)
class Inputs:
    """What is known about one golden record; `resolutions` by the records that speak."""

    contributions: list[Contribution] = field(default_factory=list)
    sources: list[tuple[str, str]] = field(default_factory=list)
    live: bool = False
    resolutions: dict[UUID, Resolved] = field(default_factory=dict)


class Row(NamedTuple):
    """What is known of one linked source record; `marked` if some of its terms were unknown.

    `resolved` is what its values mean, where that was just found out.
    """

    golden: UUID
    record: UUID
    entity: str
    system: str
    source_id: str
    state: str
    contributes: bool
    changed_at: dict[str, str]
    annotations: dict[str, dict[str, Any]]
    values: dict[str, Any] | None
    marked: bool
    resolved: Resolved | None = None


_COLUMNS = (
    "golden_id",
    "record_id",
    "record__entity",
    "record__system_id",
    "record__source_id",
    "record__state",
    "record__contributes",
    "record__changed_at",
    "record__annotations",
    "record__current__values",
    "marked",
)


_LINKED = Read(
    lambda: (
        Link.objects.filter(golden__any=Slot("goldens"), until__isnull=True)
        .annotate(marked=Exists(UnmappedValue.objects.filter(record=OuterRef("record"))))
        .values_list(*_COLUMNS)
    )
)


def load(
    goldens: Collection[UUID],
    config: Configuration,
    mark: bool = True,
    known: Mapping[UUID, Sequence[Row]] | None = None,
) -> dict[UUID, Inputs]:
    """The inputs of each golden record; of one in `known` all that is linked is given there.

    With `mark` the stored marks of what could not be resolved are kept true; a mere reader passes
    False and writes nothing.
    """
    loaded = {golden: Inputs() for golden in goldens}
    given = known or {}
    asked = [golden for golden in goldens if golden not in given]
    rows = [Row(*row) for row in _LINKED(goldens=asked)] if asked else []
    rows += [row for golden in goldens for row in given.get(golden, ())]
    targets = _targets([row.record for row in rows if _refers(row)])
    approved = _approved([row for row in rows if row.values])
    marks = _Marks([row.record for row in rows if row.marked])
    for row in rows:
        inputs = loaded[row.golden]
        inputs.sources.append((row.system, row.source_id))
        if not row.contributes or row.values is None:
            continue
        inputs.live |= row.state == RecordState.ACTIVE and row.system != CONSOLE
        resolved = row.resolved or _resolved(row, config, targets.get(row.record, {}), approved)
        marks.note(row.record, resolved)
        inputs.resolutions[row.record] = resolved
        inputs.contributions.append(_contribution(row, resolved.values))
    if mark:
        marks.save(targets)
    return loaded


def _refers(row: Row) -> bool:
    return bool(row.values) and bool(references(schema_of(row.entity), row.values or {}))


def _contribution(row: Row, values: dict[str, Any]) -> Contribution:
    notes = row.annotations
    return Contribution(
        record=str(row.record),
        system=row.system,
        source_id=row.source_id,
        values=values,
        changed_at=row.changed_at,
        retired=row.state == RecordState.RETIRED,
        steward=row.system == CONSOLE,
        empty=frozenset(name for name, note in notes.items() if note.get("empty")),
        expires={name: n["expires_at"] for name, n in notes.items() if n.get("expires_at")},
    )


def _resolved(
    row: Row,
    config: Configuration,
    targets: Mapping[str, tuple[UUID | None, int, bool]],
    approved: Mapping[tuple[UUID, str], Any],
) -> Resolved:
    schema = schema_of(row.entity)
    values = _approved_values(schema, row, approved)

    def target(path: str) -> str | None:
        found = targets.get(path)
        return str(found[0]) if found and found[0] else None

    def term(vocabulary: str, value: str) -> str | None:
        return config.term(row.system, vocabulary, value)

    return resolve(schema, values, term, target)


def _approved_values(
    schema: EntitySchema, row: Row, approved: Mapping[tuple[UUID, str], Any]
) -> dict[str, Any]:
    """For an attribute that needs approval a record contributes its newest approved value."""
    values = dict(row.values or {})
    if row.system == CONSOLE:
        return values
    for name in schema.guarded:
        if name in values:
            value = approved.get((row.record, name))
            if value is None:
                values.pop(name)
            else:
                values[name] = value
    return values


def _approved(rows: Collection[Row]) -> dict[tuple[UUID, str], Any]:
    guarded = [
        row.record
        for row in rows
        if not (row.values or {}).keys().isdisjoint(schema_of(row.entity).guarded)
    ]
    if not guarded:
        return {}
    newest = ApprovedValue.objects.filter(record__any=guarded).order_by("id")
    return {
        (record, attribute): value
        for record, attribute, value in newest.values_list("record_id", "attribute", "value")
    }


def _targets(records: Collection[UUID]) -> dict[UUID, dict[str, tuple[UUID | None, int, bool]]]:
    """Per record and path: the golden id it resolves to, the row's id, and its pending mark."""
    if not records:
        return {}
    found = _TARGETS(records=records)
    alive = survivors([named for *_, named, _, _ in found if named])
    targets: dict[UUID, dict[str, tuple[UUID | None, int, bool]]] = defaultdict(dict)
    for record, path, through, named, row, pending in found:
        targets[record][path] = (through or alive.get(named), row, pending)
    return targets


def _references() -> QuerySet[SourceReference, Any]:
    linked = Link.objects.filter(
        record__system=OuterRef("system_code"),
        record__entity=OuterRef("entity"),
        record__source_id=OuterRef("source_id"),
        until__isnull=True,
    )
    rows = SourceReference.objects.filter(record__any=Slot("records")).annotate(
        linked=Subquery(linked.values("golden_id")[:1], output_field=UUIDField())
    )
    return rows.values_list("record_id", "path", "linked", "golden_id", "id", "pending")


_TARGETS = Read(_references)


def survivors(goldens: Collection[UUID]) -> dict[UUID, UUID]:
    """Each golden id and the one it answers with today, through every open merge to the end."""
    ends = {golden: golden for golden in goldens}
    moving = set(ends)
    while moving:
        merged = Golden.objects.filter(id__any=moving, merged_into__isnull=False)
        steps = dict(merged.values_list("id", "merged_into_id"))
        ends = {start: steps.get(end, end) for start, end in ends.items()}
        moving = set(steps.values())
    return ends


class _Marks:
    """Which values are unmapped and which references pending, kept true as a side result."""

    def __init__(self, marked: Collection[UUID]) -> None:
        self.marked = set(marked)
        self.unmapped: dict[UUID, set[tuple[str, str, str]]] = {}
        self.pending: dict[UUID, set[str]] = {}

    def note(self, record: UUID, resolved: Resolved) -> None:
        self.unmapped[record] = set(resolved.unmapped)
        self.pending[record] = set(resolved.pending)

    def save(self, targets: Mapping[UUID, Mapping[str, tuple[UUID | None, int, bool]]]) -> None:
        self._save_unmapped()
        flips: dict[bool, list[int]] = {True: [], False: []}
        for record, paths in targets.items():
            for path, (_, row, was) in paths.items():
                now = path in self.pending.get(record, ())
                if now != was:
                    flips[now].append(row)
        for value, ids in flips.items():
            if ids:
                SourceReference.objects.filter(id__any=ids).update(pending=value)

    def _save_unmapped(self) -> None:
        records = [r for r, values in self.unmapped.items() if values or r in self.marked]
        if not records:
            return
        rows = UnmappedValue.objects.filter(record__any=records)
        held: dict[UUID, set[tuple[str, str, str]]] = defaultdict(set)
        for record, *row in rows.values_list("record_id", "path", "vocabulary", "value"):
            held[record].add((row[0], row[1], row[2]))
        changed = [r for r in records if self.unmapped[r] != held.get(r, set())]
        if not changed:
            return
        UnmappedValue.objects.filter(record__any=changed).delete()
        UnmappedValue.objects.bulk_create(
            UnmappedValue(record_id=record, path=path, vocabulary=vocabulary, value=value[:255])
            for record in changed
            for path, vocabulary, value in sorted(self.unmapped[record])
        )
