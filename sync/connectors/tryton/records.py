"""The records of one entity in Tryton: found, read, written to where they differ, ended."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final

from sync.connectors.base import Missing
from sync.connectors.faults import Turned, poison
from sync.connectors.kinds import Kind
from sync.connectors.profile import Rendered
from sync.connectors.tryton import tree
from sync.connectors.tryton.directory import Directory
from sync.connectors.tryton.rpc import Meanwhile, Server
from sync.connectors.tryton.tree import Tree
from sync.outbound.answers.retry import Answer, Verdict
from sync.outbound.content.envelope import Message

#: Inactive records are records: without this Tryton hides them.
ALL: Final = {"active_test": False}
TRIES: Final = 3  # of a write that meets another one


class Records(Kind):
    """One entity. `key` is the field with our code; `parts` are models, by the path to them, whose
    changes are the record's too."""

    model: ClassVar[str]
    fields: ClassVar[Sequence[str]]
    key: ClassVar[str] = "number"
    entity_path: ClassVar[str] = ""  # where the record names our legal entity: Tryton's company
    parts: ClassVar[Mapping[str, str]] = {}
    remark: ClassVar[str] = ""  # the text that says that the record is no longer in use

    def __init__(self, server: Server, names: Directory, settings: Mapping[str, Any]) -> None:
        self.server, self.names, self.settings = server, names, settings

    # --- reading

    def domain(self) -> list[Any]:
        """Which of the model's records are of this entity."""
        return []

    def trees(self, ids: Collection[int]) -> list[Tree]:
        """The records of these ids with what hangs on them; missing ones are left out."""
        domain = [["id", "in", sorted(ids)]]
        order = [["id", "ASC"]]
        found: list[Tree] = self.server.call(
            self.model, "search_read", domain, 0, None, order, list(self.fields), **ALL
        )
        return found

    def changed_since(self, moment: datetime) -> list[Any]:
        """The conditions of which one holds where the record or a part of it changed."""
        names = ("last_modified_at", *(f"{part}.last_modified_at" for part in self.parts))
        return [[name, ">", moment] for name in names]

    def touched(self, trees: Sequence[Tree]) -> set[int]:
        """The ids of those that anyone but us made or changed, be it in a part."""
        us = self.server.user
        owners: dict[str, int] = {}
        found: set[int] = set()
        for each in trees:
            for model, row in self._rows(each):
                owners[f"{model},{row['id']}"] = each["id"]
                if row["create_uid"] != us:
                    found.add(each["id"])
        open_ones = sorted(name for name, owner in owners.items() if owner not in found)
        domain = [["resource", "in", open_ones], ["user", "!=", us]]
        logged = self.server.call(
            "ir.model.log", "search_read", domain, 0, None, None, ["resource"]
        )
        return found | {owners[row["resource"]] for row in logged}

    def _rows(self, record: Tree) -> Iterator[tuple[str, Tree]]:
        yield self.model, record
        for path, model in self.parts.items():
            yield from ((model, row) for row in tree.along(record, path))

    def flats(self, trees: Sequence[Tree]) -> list[dict[str, Any]]:
        """The same as flat records."""
        return [self.flat(each) for each in trees]

    def flat(self, record: Tree) -> dict[str, Any]:
        """One of them."""
        raise NotImplementedError

    def is_active(self, record: Tree) -> bool:
        """Whether the record is still in use."""
        return not tree.is_ended(record.get(self.remark))

    def find(self, key: str) -> int | None:
        """The id of the record that has our key."""
        found = self.server.call(
            self.model, "search", [[self.key, "=", key]], 0, 1, [["id", "ASC"]], **ALL
        )
        return int(found[0]) if found else None

    def one(self, source_id: str) -> Tree:
        """A record by its id there; Missing where there is none."""
        trees = self.trees([int(source_id)]) if source_id.isdigit() else []
        if not trees:
            raise Missing(
                Answer(verdict=Verdict.POISON, reason=f"{self.model} {source_id} is gone")
            )
        return trees[0]

    # --- writing

    def settle(self, rendered: Rendered) -> Rendered:
        """What is wanted, as Tryton can hold it: in a company, the usual one if none is named."""
        usual = self.settings["company"] or None
        if not self.entity_path or rendered.values.get("company") or not usual:
            return rendered
        values = {**rendered.values, "company": usual}
        attributes = {**rendered.attributes, self.entity_path: usual}
        return replace(rendered, values=values, attributes=attributes)

    def company(self, rendered: Rendered) -> int:
        """The company the record belongs to."""
        found = self.names.id("company", rendered.values.get("company"))
        if found is None:
            raise poison(f"{self.entity_path} names no company, and no usual one is set")
        return found

    def create(self, rendered: Rendered, message: Message) -> str:
        """Make the record; one that was made by someone else meanwhile is found and written to."""
        try:
            return str(self.make(rendered, message))
        except Turned:
            found = self.find(message.key)
            if found is None:
                raise
        self.update(str(found), rendered, message)
        return str(found)

    def make(self, rendered: Rendered, message: Message) -> int:
        """Make the record, our key in it."""
        raise NotImplementedError

    def update(self, source_id: str, rendered: Rendered, message: Message) -> None:
        """Read, compare, write what differs; again where someone wrote between."""
        for left in reversed(range(TRIES)):
            try:
                return self.change(self.one(source_id), rendered, message)
            except Meanwhile:
                if not left:
                    raise
        return None

    def change(self, held: Tree, rendered: Rendered, message: Message) -> None:
        """Write what differs to a record as it was read."""
        raise NotImplementedError

    def end(self, source_id: str, message: Message) -> None:
        """Say that the record is no longer used."""
        raise NotImplementedError

    def replace(self, source_id: str, survivor: str, message: Message) -> None:
        """Say that another one stands for it."""
        self.end(source_id, message)

    def erase(self, source_id: str, message: Message) -> None:
        """Forget what it says of a person."""
        self.end(source_id, message)

    def write(self, model: str, held: Tree, values: Mapping[str, Any], **context: Any) -> None:
        """Write, unless there is nothing to write or someone changed the record meanwhile."""
        if values:
            marks = tree.timestamps(model, [held])
            self.server.call(model, "write", [held["id"]], values, _timestamp=marks, **context)

    def add(self, model: str, values: Mapping[str, Any], **context: Any) -> int:
        """Create a record."""
        return int(self.server.call(model, "create", [values], **context)[0])
