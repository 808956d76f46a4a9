"""SAP S/4HANA Cloud: partners, projects and contracts, each over a service of its own.

There is no upsert: a record is looked for by our code before it is made. What is older than the
cursor is dropped here, since partners can only be asked for by the day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.base import RecordConnector
from sync.connectors.faults import poison
from sync.connectors.odata import TAG, OData
from sync.connectors.profile import Object, Profile, Rendered
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.rest import Rest
from sync.connectors.sap import bodies
from sync.connectors.sap.documents import Contracts, Projects
from sync.connectors.sap.kinds import Kind, Row
from sync.connectors.sap.objects import (
    CONTRACT,
    ONLY_NEW,
    PARTNER,
    PROJECT,
    S4HANA,
    SERVICES,
)
from sync.connectors.sap.partners import Partners
from sync.inbound.arrivals import Item
from sync.models.connections import Connection
from sync.outbound.content.envelope import Message

#: A change that is committed late shows an earlier time: that much is read again.
OVERLAP: Final = timedelta(minutes=5)


class S4Hana(RecordConnector):
    """One tenant of SAP S/4HANA Cloud."""

    profile: ClassVar[Profile] = S4HANA
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.READ_BACK}), reads=True, pulls=True
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        rest = Rest(connection.url, self.login, client)
        services = {name: OData(rest, path, version=2) for name, path in SERVICES.items()}
        partners, settings = services[PARTNER.name], self.settings
        coded = str(settings["contract_key_field"])
        self._kinds: dict[str, Kind] = {
            PARTNER.entity: Partners(PARTNER, partners, settings),
            PROJECT.entity: Projects(
                PROJECT, services[PROJECT.name], settings, PROJECT.key, "new_project",
                partners=partners,
            ),
            CONTRACT.entity: Contracts(
                CONTRACT, services[CONTRACT.name], settings, coded, "new_contract"
            ),
        }  # fmt: skip

    # Writing

    def rendered(self, message: Message) -> Rendered:
        """The record in SAP's fields."""
        return super().rendered(bodies.categorised(message, self.settings["tax_categories"]))

    def projection(self, message: Message) -> Mapping[str, Any]:
        """What the tenant should hold after the message; what was given at first is not emptied."""
        wanted = super().projection(bodies.categorised(message, self.settings["tax_categories"]))
        fields = self.object_of(message.entity).fields
        kept = {field.path for field in fields if field.name in ONLY_NEW}
        return {path: each for path, each in wanted.items() if each is not None or path not in kept}

    def find(self, thing: Object, key: str) -> str | None:
        """By the field that keeps our code; several are a person's matter."""
        kind = self._kinds[thing.entity]
        found = kind.found(key)
        if len(found) > 1:
            raise poison(f"several {thing.name} records have the external number {key}")
        return str(found[0][kind.id]) if found else None

    def create(self, thing: Object, rendered: Rendered, message: Message) -> str:
        """Make it with its parts."""
        return self._kinds[thing.entity].create(rendered, message.key)

    def update(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write to it and its parts."""
        self._kinds[thing.entity].update(source_id, rendered, message.key)

    def deactivate(self, thing: Object, source_id: str, message: Message) -> None:
        """Block or complete it; SAP merges nothing over these interfaces."""
        self._kinds[thing.entity].end(source_id)

    # Reading

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What is held of these ids, or of every record."""
        self.object_of(entity)
        kind = self._kinds[entity]
        if source_ids is not None:
            yield from (self._held(kind, row) for row in kind.rows(source_ids))
            return
        for page in kind.pages(None):
            yield from (self._held(kind, row) for row in page)

    def _held(self, kind: Kind, row: Row) -> Held:
        seen, thing = kind.compared(row), kind.thing
        values = profiles.held(thing, seen)
        for child in thing.children:
            values[child.attribute] = profiles.held_elements(child, seen)
        return Held(
            entity=thing.entity,
            source_id=str(row[kind.id]),
            key=str(row.get(kind.key_field) or ""),
            values=values,
            active=any(row.get(name) != value for name, value in thing.inactive.items()),
            version=str(row.get(TAG) or row.get("ETag") or ""),
        )

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Records changed since, in no order: the cursor moves on at the end of all pages.

        It never passes the moment when reading began, as what changes meanwhile may be behind.
        """
        self.object_of(entity)
        kind = self._kinds[entity]
        since = datetime.fromisoformat(cursor) - OVERLAP if cursor else None
        latest, began = since, datetime.now(UTC)
        for rows in kind.pages(since):
            moments = [kind.changed_at(row) for row in rows]
            yield Page(
                [
                    Item(str(row[kind.id]), kind.inward(row))
                    for row, moment in zip(rows, moments, strict=True)
                    if not (since and moment and moment < since)
                ],
                cursor,
            )
            latest = max(filter(None, (latest, *moments)), default=None)
        if latest:
            yield Page([], max(cursor, min(latest, began).isoformat()))

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The records of these ids."""
        self.object_of(entity)
        kind = self._kinds[entity]
        for row in kind.rows(source_ids):
            yield Item(str(row[kind.id]), kind.inward(row))
