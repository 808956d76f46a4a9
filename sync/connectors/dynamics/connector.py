"""Writing to Dynamics 365 Finance by natural keys, and reading all of it.

A record has no id but its company and its number. One that we make gets our code as its number, so
that a repeat finds it; a known one keeps its own. There is no upsert: what was not found is made.
Most entities do not say when they changed, so that a pull reads everything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar, Final

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.base import RecordConnector
from sync.connectors.dynamics import rows
from sync.connectors.dynamics.objects import COMPANY, CUSTOMERS, DYNAMICS, GROUPS, NUMBERS
from sync.connectors.faults import poison
from sync.connectors.odata import TAG, OData
from sync.connectors.profile import Object, Profile, Rendered
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.rest import Rest
from sync.inbound.arrivals import Item
from sync.models.connections import Connection
from sync.outbound.content.envelope import Message

SERVICE: Final = "/data"
#: Without it only the company of our user is seen and written.
EVERYWHERE: Final = {"cross-company": "true"}


class Dynamics(RecordConnector):
    """One environment of Dynamics 365 Finance."""

    profile: ClassVar[Profile] = DYNAMICS
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.READ_BACK}), reads=True, pulls=True
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        self._odata = OData(Rest(connection.url, self.login, client), SERVICE, query=EVERYWHERE)

    # Writing

    def find(self, thing: Object, key: str) -> str | None:
        """By the field that keeps our key, or by our code as the number in the company."""
        if thing.key:
            wanted = f"{thing.key} eq {self._odata.literal(key)}"
            row = self._odata.first(thing.name, filter=wanted)
        else:
            number = NUMBERS[thing.name]
            row = self._odata.get(thing.name, {COMPANY: self._company(), number: key})
        return rows.id_of(thing, row) if row else None

    def create(self, thing: Object, rendered: Rendered, message: Message) -> str:
        """Make it with our code as its number, in the company of its customer if it has one."""
        client = str(rendered.values.get(CUSTOMERS.get(thing.name, "")) or "")
        company = client.partition(":")[0] or self._company()
        field, setting = GROUPS.get(thing.name, ("", ""))
        group = {field: self.settings[setting]} if setting and self.settings[setting] else {}
        body = rows.outward(thing, {**rendered.filled, **thing.first, **group}, company)
        body |= {COMPANY: company, NUMBERS[thing.name]: message.key}
        self._odata.create(thing.name, body | self._ours(thing, message))
        return rows.identity(company, message.key)

    def update(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write to whatever version is there: only our fields are named."""
        key = rows.key_of(thing, source_id)
        body = rows.outward(thing, rendered.values, key[COMPANY])
        self._odata.update(thing.name, key, body | self._ours(thing, message))

    def deactivate(self, thing: Object, source_id: str, message: Message) -> None:
        """Block a customer for everything; complete a project; nothing says so of a contract."""
        if thing.inactive:
            self._odata.update(thing.name, rows.key_of(thing, source_id), thing.inactive)

    def _company(self) -> str:
        company = str(self.settings["company"]).lower()
        if not company:
            raise poison("the setting company names no company for new records")
        return company

    @staticmethod
    def _ours(thing: Object, message: Message) -> dict[str, str]:
        return {thing.key: message.key} if thing.key else {}

    # Reading

    def projection(self, message: Message) -> Mapping[str, Any]:
        """What should be held after the message, as Dynamics can hold it."""
        thing = self.object_of(message.entity)
        return rows.holdable(thing, super().projection(message))

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What is held of these ids, or of every record of every company."""
        thing = self.object_of(entity)
        if source_ids is None:
            for page in self._odata.query(thing.name):
                yield from (self._held(thing, row) for row in page)
            return
        for source_id in source_ids:
            row = self._odata.get(thing.name, rows.key_of(thing, source_id))
            if row is not None:
                yield self._held(thing, row)

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Everything each time: Dynamics does not say what changed."""
        thing = self.object_of(entity)
        for page in self._odata.query(thing.name):
            items = [Item(rows.id_of(thing, row), rows.inward(thing, row)) for row in page]
            yield Page(items, cursor)

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The records of these ids."""
        thing = self.object_of(entity)
        for source_id in source_ids:
            row = self._odata.get(thing.name, rows.key_of(thing, source_id))
            if row is not None:
                yield Item(source_id, rows.inward(thing, row))

    @staticmethod
    def _held(thing: Object, row: Mapping[str, Any]) -> Held:
        return Held(
            entity=thing.entity,
            source_id=rows.id_of(thing, row),
            key=str(row.get(thing.key) or "") if thing.key else "",
            values=profiles.held(thing, rows.inward(thing, row)),
            active=not thing.inactive
            or any(row.get(name) != value for name, value in thing.inactive.items()),
            version=str(row.get(TAG) or ""),
        )
