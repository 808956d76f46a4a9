"""What would become of a file's rows: the overlap with what the hub holds, found without a trace.

Each chunk goes the whole way through intake and is taken back, so that the report tells what the
load would do, not what something like it might do.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from canonical import configuration
from canonical.access import Principal
from canonical.attributes import Kind
from canonical.documents import records
from canonical.entities import schema_of
from canonical.identity.targets import resolved
from canonical.validation import Fault
from sync.inbound import catalogue
from sync.inbound.answers import Answer
from sync.inbound.arrivals import BadItem, Item, arrive, read_item
from sync.inbound.files import Row
from sync.inbound.receive import receive

EXAMPLES = 25
FAULTS = 40
_COMPARED = frozenset(Kind) - {Kind.LIST, Kind.OBJECT, Kind.JSON, Kind.REFERENCE}
_WORDS = re.compile(r"[^\w]+")

# How a row's outcome at intake reads in the report of an overlap.
GROUPS = {
    "created": "new",
    "review": "doubtful",
    "linked": "matching",
    "updated": "known",
    "unchanged": "known",
    "stale": "known",
    "quarantined": "quarantined",
    "refused": "refused",
}


@dataclass
class Rehearsal:
    """The report of one file, a chunk of rows after the other.

    Groups: `new` rows make golden records; `matching` ones join one, `conflicting` ones too, but
    say something else in a single-valued attribute; `repeated` ones mean another row of the file;
    `doubtful` ones ask a person; `known` ones are held already; `quarantined` and `refused` ones
    cannot be used as they are.
    """

    principal: Principal
    system: str
    entity: str
    groups: Counter[str] = field(default_factory=Counter)
    attributes: Counter[str] = field(default_factory=Counter)
    words: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    pending: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def take(self, rows: Sequence[Row]) -> None:
        """Rehearse one chunk."""
        items: list[tuple[Row, Item]] = []
        for row in rows:
            read = _read(row)
            if isinstance(read, Item):
                items.append((row, read))
            else:
                self._refused(row, read)
        told = receive(
            self.principal, self.system, self.entity, [item for _, item in items], dry_run=True
        )
        golden = self._goldens(told)
        said = self._said([item for _, item in items])
        for (row, item), answer in zip(items, told, strict=True):
            self._note(row, answer, said.get(item.source_id, {}), golden)

    def report(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "groups": dict(self.groups),
            "attributes": dict(self.attributes.most_common()),
            "words": [
                {"vocabulary": vocabulary, "value": value, "rows": count}
                for (vocabulary, value), count in self.words.most_common(200)
            ],
            "faults": [
                {"detail": detail, "rows": count}
                for detail, count in self.faults.most_common(FAULTS)
            ],
            "pending": dict(self.pending.most_common(20)),
            "examples": dict(self.examples),
        }

    def _goldens(self, told: Sequence[Answer]) -> dict[UUID, Mapping[str, Any]]:
        """What the golden records that rows would join say now; those made just now are missing."""
        wanted = {a.golden.id for a in told if a.golden and GROUPS[a.outcome] != "new"}
        return {record.id: record.content for record in records.current(list(wanted))}

    def _said(self, items: Sequence[Item]) -> dict[str, dict[str, Any]]:
        """By source id, what each row says in our words."""
        mapping = catalogue.active(self.system, self.entity)
        arrivals = []
        for item in items:
            try:
                arrivals.append(arrive(self.entity, item, mapping))
            except BadItem:
                continue
        config = configuration.current()
        meant = resolved(self.system, self.entity, [a.values for a in arrivals], config)
        return {a.source_id: values for a, values in zip(arrivals, meant, strict=True)}

    def _refused(self, row: Row, fault: Fault) -> None:
        self.groups["refused"] += 1
        self.faults[fault.detail] += 1
        self._example("refused", row, detail=fault.detail)

    def _note(
        self,
        row: Row,
        answer: Answer,
        said: Mapping[str, Any],
        goldens: Mapping[UUID, Mapping[str, Any]],
    ) -> None:
        group = GROUPS[answer.outcome]
        for word in answer.unmapped_values:
            self.words[word["vocabulary"], word["value"]] += 1
        self.pending.update(answer.pending_references)
        faults = [f.detail for f in answer.faults] or [i["detail"] for i in answer.issues]
        if group in ("quarantined", "refused"):
            self.faults.update(faults[:1])
        held = goldens.get(answer.golden.id) if answer.golden else None
        differing: list[dict[str, Any]] = []
        if group == "matching" and held is None:
            group = "repeated"
        elif group == "matching" and held is not None:
            differing = self._differences(said, held)
            group = "conflicting" if differing else group
        self.groups[group] += 1
        self._example(
            group,
            row,
            golden=answer.golden.code if answer.golden and held is not None else "",
            probability=(answer.match or {}).get("probability"),
            detail=faults[0] if faults else "",
            differing=differing,
        )

    def _differences(
        self, said: Mapping[str, Any], held: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """The single-valued attributes of which both say something, and not the same."""
        found = []
        for attribute in schema_of(self.entity):
            ours, theirs = held.get(attribute.name), said.get(attribute.name)
            if attribute.kind not in _COMPARED or ours is None or theirs is None:
                continue
            if _plain(ours) != _plain(theirs):
                self.attributes[attribute.name] += 1
                shown = not attribute.restricted
                found.append(
                    {
                        "attribute": attribute.name,
                        "says": theirs if shown else "•••",
                        "golden": ours if shown else "•••",
                    }
                )
        return found

    def _example(self, group: str, row: Row, **more: Any) -> None:
        if len(self.examples[group]) < EXAMPLES:
            told = {name: value for name, value in more.items() if value not in (None, "", [])}
            self.examples[group].append({"line": row.line, "source_id": row.source_id, **told})


def _read(row: Row) -> Item | Fault:
    if row.fault:
        return Fault("", "bad_row", row.fault)
    try:
        return read_item({"source_id": row.source_id, "data": row.data, **row.envelope})
    except BadItem as error:
        return error.faults[0]


def _plain(value: Any) -> str:
    """A value for comparison: case, spaces and punctuation do not count."""
    return _WORDS.sub("", str(value).casefold())
