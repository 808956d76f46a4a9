"""What every kind of record in Kill Bill answers to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sync.connectors import profile as profiles
from sync.connectors.killbill.tenant import Tenant
from sync.connectors.kinds import Kind
from sync.connectors.profile import Object
from sync.connectors.protocol import Held
from sync.outbound.content.envelope import Message

ACTIVE, INACTIVE = "active", "inactive"
#: How a record that was read tells our two custom fields.
KEY, USE = "golden", "use"
Record = dict[str, Any]


class Records(Kind):
    """One kind of record; a record that was read is flat, as the field map sees it."""

    def __init__(self, tenant: Tenant, thing: Object, settings: Mapping[str, Any]) -> None:
        self.tenant, self.thing, self.settings = tenant, thing, settings

    def find(self, key: str) -> str | None:
        """The id of the record that keeps our code as its external key."""
        raise NotImplementedError

    def some(self, source_ids: Collection[str]) -> Iterator[Record]:
        """Those of these ids that are there."""
        raise NotImplementedError

    def pages(self) -> Iterator[list[Record]]:
        """All of them."""
        raise NotImplementedError

    def ours(self, message: Message) -> dict[str, str | None]:
        """The custom fields of a record in use: our code, and that we use it."""
        return {self.settings["key_field"]: message.key, self.settings["status_field"]: ACTIVE}

    def held(self, record: Record) -> Held:
        """A record that was read, comparable with a projection."""
        lists = {c.attribute: profiles.held_elements(c, record) for c in self.thing.children}
        return Held(
            entity=self.thing.entity,
            source_id=str(record[self.thing.id]),
            key=record.get(KEY) or "",
            values=profiles.held(self.thing, record) | lists,
            active=record.get(USE) != INACTIVE,
            version=str(record["modified"] or ""),
        )

    def marked(self, record: Record, marks: Mapping[str, str]) -> Record:
        """The record with its custom fields."""
        ours = {KEY: self.settings["key_field"], USE: self.settings["status_field"]}
        told = {name: marks.get(field) for name, field in ours.items()}
        return {**record, **told, "customFields": dict(marks)}
