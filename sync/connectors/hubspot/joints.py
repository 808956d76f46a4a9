"""What joins records: associations, the company above a company, and elements of lists."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sync.connectors.base import parts
from sync.connectors.faults import Turned
from sync.connectors.hubspot import prices
from sync.connectors.hubspot.batches import HubSpotBatches
from sync.connectors.hubspot.objects import (
    ARCHIVED,
    CHILD_OF,
    JOINED,
    LIST,
    OWN,
    PARENT,
    PRIMARY,
    SINGLE,
    UNIQUE,
)
from sync.connectors.hubspot.reading import AT_ONCE, Record
from sync.connectors.paths import nested
from sync.connectors.profile import Child, Element, Object, Rendered, owner_of
from sync.outbound.answers.retry import Answer, Verdict
from sync.outbound.content.envelope import Message

Ids = Mapping[int, str]
Work = Callable[[Ids], dict[int, Answer]]


class HubSpotJoints(HubSpotBatches):
    """What is written after the records it joins; what fails spoils its record."""

    def _joined(
        self,
        thing: Object,
        messages: Sequence[Message],
        rendered: Mapping[int, Rendered],
        told: Mapping[int, Answer],
    ) -> dict[int, Answer]:
        """The answers about the records, with what then went wrong in them."""
        result = dict(told)
        for which, work in self._works(thing, messages, rendered):
            ids = {p: result[p].target_id for p in which
                   if result[p].verdict is Verdict.CONFIRMED}  # fmt: skip
            for p, answer in self.isolating(ids, work).items():
                result[p] = replace(answer, target_id=ids[p])
        return result

    def _works(
        self, thing: Object, messages: Sequence[Message], rendered: Mapping[int, Rendered]
    ) -> Iterator[tuple[list[int], Work]]:
        """What is to be joined, and of which records."""
        for field in thing.fields:
            which = [p for p in rendered if field.name in rendered[p].values]
            if field.name.startswith(JOINED):
                yield which, partial(self._associated_with, thing, field.name, rendered)
            elif field.name == OWN + PARENT:
                yield which, partial(self._below, thing, rendered)
        for child in thing.children:
            which = [p for p in rendered if child.attribute in messages[p].content]
            yield which, partial(self._elements, child, messages, rendered)

    # Associations

    def _associated_with(
        self, thing: Object, name: str, rendered: Mapping[int, Rendered], ids: Ids
    ) -> dict[int, Answer]:
        other = name.removeprefix(JOINED)
        wanted = {ids[p]: str(rendered[p].values[name] or "") for p in ids}
        self._part(thing.name, other, wanted)
        self._associate(thing.name, other, [(a, b) for a, b in wanted.items() if b])
        return {}

    def _part(self, name: str, other: str, wanted: Mapping[str, str]) -> None:
        """Take away associations that are stale."""
        inputs = [{"from": {"id": a}, "to": [{"id": b} for b in ends]}
                  for a, ends in self._stale(name, other, wanted).items() if ends]  # fmt: skip
        for part in parts(inputs, AT_ONCE):
            path = f"/crm/v4/associations/{name}/{other}/batch/archive"
            self._done("POST", path, {"inputs": list(part)})

    def _stale(
        self, name: str, other: str, wanted: Mapping[str, str]
    ) -> dict[str, Collection[str]]:
        """Of each record, what it is joined with and should not be.

        Of a deal that is only what it had from us: its primary company where it has none now, and
        orders of ours. The rest may be somebody's.
        """
        joined = self._associated(name, other, list(wanted))
        others = {a: [b for b in ends if b != wanted[a]] for a, ends in joined.items()}
        if name in SINGLE:
            return {**others}
        if (name, other) in PRIMARY:
            return {a: ends[:1] for a, ends in others.items() if not wanted[a]}
        ours = self._ours(other, sorted({b for ends in others.values() for b in ends}))
        return {a: [b for b in ends if b in ours] for a, ends in others.items()}

    def _associate(self, name: str, other: str, pairs: Collection[tuple[str, str]]) -> None:
        """Join records with others, each as its primary one where there may be several."""
        kind = PRIMARY.get((name, other))
        how = "create" if kind else "associate/default"
        types = {"types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind}]}
        for part in parts(pairs, AT_ONCE):
            inputs: list[dict[str, Any]] = [
                {"from": {"id": a}, "to": {"id": b}, **(types if kind else {})} for a, b in part
            ]
            path = f"/crm/v4/associations/{name}/{other}/batch/{how}"
            self._done("POST", path, {"inputs": inputs})

    def _below(
        self, thing: Object, rendered: Mapping[int, Rendered], ids: Ids
    ) -> dict[int, Answer]:
        """Put companies below their parents: one that has another is taken from it first."""
        held = {str(r["id"]): str(r["properties"].get(PARENT) or "")
                for part in parts(ids.values(), AT_ONCE)
                for r in self._batch_read(thing, part)}  # fmt: skip
        for p, company in ids.items():
            now, wanted = held.get(company, ""), str(rendered[p].values[OWN + PARENT] or "")
            base = f"/crm/v3/objects/{thing.name}/{company}/associations/{thing.name}"
            if now and now != wanted:
                self._done("DELETE", f"{base}/{now}/{CHILD_OF}")
            if wanted and now != wanted:
                self._done("PUT", f"{base}/{wanted}/{CHILD_OF}")
        return {}

    # Elements

    def _elements(
        self,
        child: Child,
        messages: Sequence[Message],
        rendered: Mapping[int, Rendered],
        ids: Ids,
    ) -> dict[int, Answer]:
        """Write the elements of records, join them with these, and end those that vanished."""
        rows: dict[int, Record] = {}
        owner: dict[int, int] = {}
        for position in ids:
            for element in rendered[position].elements:
                row = self._row(child, element, messages[position])
                if element.child is child and row["id"]:
                    owner[len(rows)] = position
                    rows[len(rows)] = row
        told = self._write(child.name, "upsert", rows)
        failed = {p: a for p, a in told.items() if a.verdict is not Verdict.CONFIRMED}
        if child.parent:
            pairs = [(a.target_id, ids[owner[p]]) for p, a in told.items() if p not in failed]
            self._associate(child.name, child.parent, pairs)
        if child.inactive:
            kept = {str(row["id"]).upper() for row in rows.values()}
            self._end_elements(child, {messages[p].key: ids[p] for p in ids}, kept)
        return {
            owner[p]: replace(answer, reason=f"{child.name}: {answer.reason}"[:255])
            for p, answer in failed.items()
        }

    def _row(self, child: Child, element: Element, message: Message) -> dict[str, Any]:
        """An element as it is upserted: by its own unique property, else our code and its key."""
        sent: dict[str, str] = nested(element.values)["properties"]
        unique = UNIQUE.get(child.name, self._key)
        key = sent.get(unique) if unique in UNIQUE.values() else f"{message.key}-{element.key}"
        if not child.parent:
            sent = {**prices.outward(sent, self.settings), LIST: message.key}
        return {"id": key, "idProperty": unique, "properties": {**sent, unique: key}}

    def _end_elements(
        self, child: Child, records: Mapping[str, str], kept: Collection[str]
    ) -> None:
        """End elements of ours that their lists no longer have; Turned where that fails."""
        stale = [
            str(element["id"])
            for element in self._elements_of(child, records)
            if (key := self._key_of(element)) not in kept and owner_of(key) in records
        ]
        if child.inactive is ARCHIVED:
            self._archive(child.name, stale)
            return
        values = nested(dict(child.inactive))["properties"]
        rows = {p: {"id": each, "properties": values} for p, each in enumerate(stale)}
        for answer in self._write(child.name, "update", rows).values():
            if answer.verdict is not Verdict.CONFIRMED:
                raise Turned(answer)
