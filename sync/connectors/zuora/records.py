"""What every kind of record in Zuora answers to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from sync.connectors import profile as profiles
from sync.connectors.base import Missing
from sync.connectors.kinds import Kind
from sync.connectors.profile import Object
from sync.connectors.protocol import Held
from sync.connectors.rest import segment
from sync.connectors.zuora.tenant import Tenant
from sync.outbound.answers.retry import Answer
from sync.outbound.content.envelope import Message

ACTIVE, INACTIVE = "active", "inactive"
#: What may stand in a query between quotation marks.
PLAIN: Final = re.compile(r"[\w .:/~-]+")
Record = dict[str, Any]


class Records(Kind):
    """One kind of record; one that was read is flat, as the field map sees it."""

    #: Where they are, their table in ZOQL, and its column for the id that the hub knows.
    path: ClassVar[str]
    table: ClassVar[str]
    column: ClassVar[str]

    def __init__(self, tenant: Tenant, thing: Object, settings: Mapping[str, Any]) -> None:
        self.tenant, self.thing, self.settings = tenant, thing, settings

    def inward(self, answer: Mapping[str, Any]) -> Record:
        """What Zuora tells of a record, flat."""
        raise NotImplementedError

    def end(self, source_id: str, message: Message) -> None:
        """Say that it is used no longer; nothing is cancelled, and billing there goes on."""
        self.known(source_id)
        self.tenant.write(self.place(source_id), {self.settings["status_field"]: INACTIVE})

    def record(self, which: str) -> Record | None:
        """A record by its id or its number."""
        answer = self.tenant.found(self.place(which))
        return None if answer is None else self.inward(answer)

    def known(self, source_id: str) -> Record:
        """The same; Missing where there is none."""
        found = self.record(source_id)
        if found is None:
            raise Missing(Answer(reason=f"there is no such {self.thing.name}"))
        return found

    def stamps(self, since: datetime | None = None) -> dict[str, str]:
        """The ids of records that changed since then, or of all, and when each last changed."""
        where = f" WHERE UpdatedDate >= '{since.isoformat('T', 'seconds')}'" if since else ""
        return self._stamps(where)

    def stamps_of(self, source_ids: Iterable[str]) -> dict[str, str]:
        """The same of these ids."""
        found: dict[str, str] = {}
        for source_id in filter(PLAIN.fullmatch, source_ids):
            found |= self._stamps(f" WHERE {self.column} = '{source_id}'")
        return found

    def _stamps(self, where: str) -> dict[str, str]:
        found: dict[str, str] = {}
        query = f"SELECT {self.column}, UpdatedDate FROM {self.table}{where}"  # noqa: S608 (ZOQL)
        for row in self.tenant.rows(query):
            source_id, stamp = str(row[self.column]), str(row["UpdatedDate"])
            found[source_id] = max(found.get(source_id, ""), stamp)
        return found

    def changed(self, stamps: Mapping[str, str]) -> Iterator[tuple[str, Record]]:
        """These records with the time of their last change, which only a query tells."""
        for source_id, stamp in stamps.items():
            if (found := self.record(source_id)) is not None:
                yield source_id, {**found, "modified": stamp}

    def held(self, record: Record) -> Held:
        """A record that was read, comparable with a projection."""
        lists = {c.attribute: profiles.held_elements(c, record) for c in self.thing.children}
        return Held(
            entity=self.thing.entity,
            source_id=str(record[self.thing.id]),
            key=str(record.get(self.settings["key_field"]) or ""),
            values=profiles.held(self.thing, record) | lists,
            active=record.get(self.settings["status_field"]) != INACTIVE,
        )

    def ours(self, message: Message) -> dict[str, str]:
        """Our two custom fields."""
        return {self.settings["key_field"]: message.key, self.settings["status_field"]: ACTIVE}

    def place(self, which: str) -> str:
        """Where a record is."""
        return f"{self.path}/{segment(which)}"
