"""Sales and subscriptions alike: written to as drafts, then brought to the state wanted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sync.connectors.profile import Rendered
from sync.connectors.tryton import tree
from sync.connectors.tryton.records import Records
from sync.connectors.tryton.tree import Tree
from sync.outbound.content.envelope import Message


class Documents(Records):
    """Sales and subscriptions: written to as drafts, then brought to the state that is wanted."""

    def make(self, rendered: Rendered, message: Message) -> int:
        """Make it and bring it to its state; the next attempt makes good a crash in between."""
        values = {**self.values(rendered, None, message), "number": message.key}
        made = self.add(self.model, values, company=values["company"])
        _, after = self.way({"state": "draft"}, rendered, edits=False)
        self._press(made, after, values["company"])
        return made

    def change(self, held: Tree, rendered: Rendered, message: Message) -> None:
        """Back to draft where something differs, write, and on to the state that is wanted."""
        values = self.values(rendered, held, message)
        before, after = self.way(held, rendered, edits=bool(values))
        self._press(held["id"], before, held["company"])
        if before:  # which was a change of ours
            held = self.one(str(held["id"]))
        self.write(self.model, held, values, company=held["company"])
        self._press(held["id"], after, held["company"])

    def _press(self, source_id: int, buttons: Iterable[str], company: int) -> None:
        for button in buttons:
            self.server.call(self.model, button, [source_id], company=company)

    def end(self, source_id: str, message: Message) -> None:
        """A document that is no longer wanted is cancelled, and says so."""
        held = self.one(source_id)
        said = {self.remark: tree.ended(held[self.remark])}
        self.write(self.model, held, tree.differing(said, held), company=held["company"])
        gone = Rendered({"standing": "cancelled"}, {}, [])
        _, after = self.way(held, gone, edits=False)
        self._press(held["id"], after, held["company"])

    def values(self, rendered: Rendered, held: Tree | None, message: Message) -> dict[str, Any]:
        """What makes the document as wanted, its state aside."""
        raise NotImplementedError

    def way(self, held: Tree, rendered: Rendered, *, edits: bool) -> tuple[list[str], list[str]]:
        """The buttons to press before writing, and after."""
        raise NotImplementedError

    def address(self, rendered: Rendered) -> int | None:
        """The client's address for invoices, else its first."""
        found = self.server.call(
            "party.address", "search", [["party", "=", int(rendered.values["client"])]], 0, 1,
            [["invoice", "DESC"], ["id", "ASC"]],
        )  # fmt: skip
        return int(found[0]) if found else None
