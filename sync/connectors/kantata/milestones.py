"""Billing schedules in Kantata OX: the billing milestones of a project, one an item.

A milestone has no field for our code: its external reference names the schedule, and the item in
its message. One that was invoiced takes no change, so that only what differs is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from sync.connectors import profile as profiles
from sync.connectors.base import confirmed
from sync.connectors.faults import poison
from sync.connectors.kantata import answers
from sync.connectors.kantata.reading import KantataReader
from sync.connectors.profile import Element
from sync.connectors.protocol import Held
from sync.connectors.rest import segment
from sync.outbound.answers.retry import Answer
from sync.outbound.content.envelope import Message, Operation

ACTIVE, INACTIVE = "active", "inactive"
MILESTONES: Final = "billing_milestones"
SUBJECT: Final = "BillingMilestone"
MODEL: Final = "billing_schedule"

Record = Mapping[str, Any]


class KantataMilestones(KantataReader):
    """What concerns billing milestones."""

    def _milestones(self, message: Message) -> Answer:
        """Write a schedule's items; those that are gone, or all of an ended one, cost nothing."""
        wanted = self.rendered(message).elements if message.operation is Operation.PUT else ()
        known = self._items_of(message.key)
        for element in wanted:
            body = _body(element, message.content.get("currency"))
            held, _ = known.pop(element.key, (None, False))
            milestone = self._write_milestone(held or self._unnamed(body), body)
            self._say(milestone, message.key, element.key, ACTIVE)
        for number, (milestone, used) in known.items():
            if used:
                self._write_milestone(milestone, {"amount_in_cents": 0})
                self._say(milestone, message.key, number, INACTIVE)
        return confirmed("" if message.operation is Operation.MERGE else message.key)

    def _write_milestone(self, milestone: str | None, body: Record) -> str:
        """Make it, or change what differs; its id."""
        if milestone is None:
            data = self._asked("POST", f"/{MILESTONES}", {"billing_milestone": dict(body)})
            return str(next(answers.rows(data))["id"])
        row = next(self._rows(MILESTONES, {"only": milestone}), None)
        if row is None:
            raise poison(f"the milestone {milestone} is not there any more")
        if changed := _differing(body, row):
            path = f"/{MILESTONES}/{segment(milestone)}"
            self._asked("PUT", path, {"billing_milestone": changed})
        return milestone

    def _say(self, milestone: str, key: str, number: str, status: str) -> None:
        self._refer(SUBJECT, milestone, MODEL, key, status, number)

    def _unnamed(self, body: Record) -> str | None:
        """A milestone of the same content that is nobody's: one that we made unheard."""
        query = {"workspace_id": str(body["workspace_id"]), "include": "external_references"}
        for row in self._rows(MILESTONES, query):
            if not row.get("external_reference_ids") and not _differing(body, row):
                return str(row["id"])
        return None

    def _items_of(self, key: str) -> dict[str, tuple[str, bool]]:
        """The milestones of a schedule by the number of the item, and whether each is in use."""
        rows = self._references({"service_model_ref": key})
        return {number: (milestone, used) for _, number, milestone, used in rows}

    def _references(self, only: Record) -> Iterator[tuple[str, str, str, bool]]:
        """Our references: the schedule, the item, the milestone, and whether it is in use."""
        query = {"subject_type": SUBJECT, "service_name": self._service, "service_model": MODEL}
        for row in self._rows("external_references", {**query, **only}):
            names = (str(row[n]) for n in ("service_model_ref", "external_message", "subject_id"))
            key, number, milestone = names
            yield key, number, milestone, row.get("external_status") != INACTIVE

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the account holds; schedules by our references to their milestones."""
        thing = self.object_of(entity)
        if thing.name:
            yield from super().read(entity, source_ids)
            return
        lists: dict[str, dict[str, str]] = {}
        for key, number, milestone, used in self._references({}):
            items = lists.setdefault(key, {})
            if used:
                items[milestone] = number
        [child] = thing.children
        for key, items in lists.items():
            if source_ids is None or key in source_ids:
                rows = list(self._items(items))
                values = {child.attribute: profiles.held_elements(child, {child.name: rows})}
                yield Held(entity, key, key, values, bool(items))

    def _items(self, numbers: Mapping[str, str]) -> Iterator[Record]:
        """Milestones as the field map reads them, by the number of their items."""
        rows = self._rows(MILESTONES, {"only": ",".join(numbers)}) if numbers else iter(())
        for row in rows:
            workspace = str(row["workspace_id"])
            project = self._record(self.profile.objects["engagement"], workspace) or {}
            unit = {"currency_base_unit": project.get("currency_base_unit")}
            yield {**row, "item_no": numbers[str(row["id"])], "workspace_id": workspace,
                   "amount": answers.whole({**row, **unit})}  # fmt: skip


def _body(element: Element, currency: Any) -> dict[str, Any]:
    values = dict(element.values)
    amount = values.pop("amount")
    workspace = int(values.pop("workspace_id"))
    return {**values, "workspace_id": workspace, "amount_in_cents": answers.cents(amount, currency)}


def _differing(body: Record, row: Record) -> dict[str, Any]:
    """What a milestone holds otherwise; ids come as text and go as numbers."""
    return {name: value for name, value in body.items() if str(row.get(name)) != str(value)}
