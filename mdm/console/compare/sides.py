"""Two to eight golden records laid out side by side, with what they would be as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F

from canonical import configuration, writer
from canonical.documents import records
from canonical.documents.records import View
from canonical.documents.shape import Record
from canonical.documents.titles import Title, titles
from canonical.entities import ENTITIES, schema_of
from canonical.golden.inputs import load
from canonical.golden.recompute import NOTHING
from canonical.models import Change, Decision, DecisionKind, GoldenReference, Link, SourceRecord
from canonical.survivorship import Policy
from canonical.survivorship import golden as survive
from mdm.console.compare.contradictions import contradictions
from mdm.console.golden.effects import title_of
from mdm.console.golden.picks import pickable
from mdm.console.layout.values import Shown, compact, label

Document = Mapping[str, Any]
CHILDREN_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """One record's value, and each system it came from with the trust it has there."""

    value: Shown
    sources: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One attribute across the columns; `result` is what they would say as one."""

    name: str
    label: str
    cells: tuple[tuple[UUID, Cell], ...]
    result: Cell
    differs: bool
    pickable: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One golden record of the comparison."""

    document: Document
    title: str
    sources: Sequence[SourceRecord]


@dataclass(frozen=True, slots=True)
class Children:
    """The records of one entity that hang on the columns: how many, and the first of them."""

    entity: str
    number: int
    shown: tuple[tuple[Title, str], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Golden records of one entity side by side."""

    columns: Sequence[Column]
    lines: Sequence[Line]
    warnings: Sequence[str]
    children: Sequence[Children]

    @property
    def same(self) -> int:
        """How many lines all columns agree on."""
        return sum(not line.differs for line in self.lines)


def compare(goldens: Sequence[UUID], sees_restricted: bool) -> Comparison:
    """Lay golden records side by side, in the given order; a fixed number of statements."""
    found = {r.id: r for r in records.current(list(goldens))}
    ordered = [found[golden] for golden in goldens if golden in found]
    policy = configuration.current().policies.get(ordered[0].entity, NOTHING)
    united = _united(ordered, policy)
    documents = records.show([*ordered, united[0]], View(sees_restricted))
    held = _held(goldens)
    systems = {str(r.pk): r.system_id for rs in held.values() for r in rs}
    winners = _winners(goldens)
    columns = [Column(d, title_of(d) or d["code"], held.get(d["id"], ())) for d in documents[:-1]]
    layout = _Layout(policy, systems, sees_restricted)
    sides = [(d, winners.get(d["id"], {})) for d in documents[:-1]]
    return Comparison(
        columns,
        layout.lines(sides, (documents[-1], united[1])),
        [*_kept_apart(held), *contradictions(documents[:-1])],
        _children({c.document["id"]: c.document["code"] for c in columns}),
    )


def _united(members: Sequence[Record], policy: Policy) -> tuple[Record, Mapping[str, str]]:
    """The function's answer for all their source records together: no lock, nothing written."""
    first = members[0]
    inputs = load([r.id for r in members], configuration.current(), mark=False)
    together = [c for r in members for c in inputs[r.id].contributions]
    one = survive(schema_of(first.entity), policy, together, writer.now().date().isoformat())
    record = Record(
        first.id, first.code, first.entity, first.version, "active", None, first.created_at,
        first.updated_at, False, one.values,
    )  # fmt: skip
    return record, one.winners


def _held(goldens: Sequence[UUID]) -> dict[UUID, list[SourceRecord]]:
    links = Link.objects.filter(golden__in=goldens, until__isnull=True)
    held: dict[UUID, list[SourceRecord]] = {}
    for link in links.select_related("record__system").order_by("since", "id"):
        held.setdefault(link.golden_id, []).append(link.record)
    return held


def _winners(goldens: Sequence[UUID]) -> dict[UUID, Mapping[str, str]]:
    """Per golden record, the source record behind each attribute of its present version."""
    rows = Change.objects.filter(golden__in=goldens, version=F("golden__version"))
    return {golden: winners or {} for golden, winners in rows.values_list("golden_id", "winners")}


def _kept_apart(held: Mapping[UUID, Sequence[SourceRecord]]) -> list[str]:
    """Who said of records in different columns that they are not the same."""
    home = {record.pk: golden for golden, each in held.items() for record in each}
    said = Decision.objects.filter(
        record_a__any=list(home), record_b__any=list(home),
        kind=DecisionKind.NO_MATCH, withdrawn_at__isnull=True,
    )  # fmt: skip
    return [
        f"{d.by} said on {d.at:%Y-%m-%d} that they are not the same: {d.reason or 'no reason'}."
        for d in said.order_by("-at")
        if home[d.record_a_id] != home[d.record_b_id]
    ]


def _children(codes: Mapping[UUID, str]) -> list[Children]:
    """What hangs on the columns, by entity; each with the column it hangs on now."""
    references = GoldenReference.objects.filter(target__in=list(codes)).exclude(
        golden__in=list(codes)
    )
    counts = dict(
        references.order_by()
        .values_list("golden__entity")
        .annotate(number=Count("golden", distinct=True))
    )
    first = references.order_by("-golden_id").values_list("golden_id", "target_id")
    parents = {golden: codes[target] for golden, target in first[: CHILDREN_SHOWN * 4]}
    named = titles(parents)
    return [
        Children(
            entity.replace("_", " "),
            counts[entity],
            tuple(
                (named[golden], code) for golden, code in parents.items()
                if named[golden].entity == entity
            )[:CHILDREN_SHOWN],
        )
        for entity in ENTITIES
        if entity in counts
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Layout:
    """How values become lines: by whose trust, with which systems, for whose eyes."""

    policy: Policy
    systems: Mapping[str, str]
    sees_restricted: bool

    def lines(
        self,
        sides: Sequence[tuple[Document, Mapping[str, str]]],
        united: tuple[Document, Mapping[str, str]],
    ) -> list[Line]:
        lines = []
        for attribute in schema_of(united[0]["entity"]):
            name = attribute.name
            cells = tuple((d["id"], self._cell(d, winners, name)) for d, winners in sides)
            if all(cell.value.empty for _, cell in cells):
                continue
            said = [document.get(name) for document, _ in sides if document.get(name)]
            differs = len(said) < len(sides) or any(value != said[0] for value in said)
            free = pickable(attribute, self.sees_restricted)
            result = self._cell(*united, name)
            lines.append(Line(name, label(name), cells, result, differs, free))
        return lines

    def _cell(self, document: Document, winners: Mapping[str, str], name: str) -> Cell:
        value = compact(document.get(name))
        if value.empty:
            return Cell(value)
        behind = {r for path, r in winners.items() if path == name or path.startswith(f"{name}[")}
        systems = sorted({self.systems[r] for r in behind if r in self.systems})
        return Cell(value, tuple((s, self.policy.trust_of(s, name)) for s in systems))
