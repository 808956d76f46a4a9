"""Writing to SAP S/4HANA Cloud: a partner with its addresses, found by its external number.

There is no upsert: a partner is looked for by our code before it is made, with its addresses in
one request. Later each address is changed by itself. Changes are asked for by the day, as time is
another field; what is older than the cursor is dropped here.
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
from sync.connectors.sap.objects import (
    ADDRESSES,
    IN_PARTNER,
    ORGANISATION,
    PARTNERS,
    ROLE,
    S4HANA,
)
from sync.inbound.arrivals import Item
from sync.models.connections import Connection
from sync.outbound.envelope import Message

SERVICE: Final = "/sap/opu/odata/sap/API_BUSINESS_PARTNER"
ID: Final = "BusinessPartner"
ONLY: Final = f"BusinessPartnerCategory eq '{ORGANISATION}'"
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
        self._odata = OData(Rest(connection.url, self.login, client), SERVICE, version=2)

    # Writing

    def find(self, thing: Object, key: str) -> str | None:
        """By the external number, which SAP does not keep unique."""
        wanted = f"{thing.key} eq {self._odata.literal(key)}"
        found = [row for page in self._odata.query(thing.name, filter=wanted) for row in page]
        if len(found) > 1:
            raise poison(f"several business partners have the external number {key}")
        return str(found[0][ID]) if found else None

    def create(self, thing: Object, rendered: Rendered, message: Message) -> str:
        """Make it with its addresses and roles; SAP numbers it."""
        body, addresses = bodies.outward(rendered.filled)
        grouping = str(self.settings["grouping"])
        made = self._odata.create(thing.name, {
            **{name: value for name, value in body.items() if value != ""},
            **thing.first,
            **({"BusinessPartnerGrouping": grouping} if grouping else {}),
            thing.key: message.key,
            IN_PARTNER: [address for address in addresses.values() if address],
            "to_BusinessPartnerRole": [
                {"BusinessPartnerRole": role} for role in self.settings["roles"]
            ],
        })  # fmt: skip
        return str(made[ID])

    def update(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write the partner, then the addresses that are ours."""
        body, addresses = bodies.outward(rendered.values)
        self._odata.update(thing.name, {ID: source_id}, {**body, thing.key: message.key})
        if addresses:
            self._write_addresses(source_id, addresses)

    def deactivate(self, thing: Object, source_id: str, message: Message) -> None:
        """Block it centrally; SAP merges none over this interface."""
        self._odata.update(thing.name, {ID: source_id}, thing.inactive)

    def _write_addresses(
        self, partner: str, addresses: Mapping[str, Mapping[str, Any] | None]
    ) -> None:
        """Change, add, or say of one that it is ours no longer: none is deleted."""
        wanted = f"{ID} eq {self._odata.literal(partner)}"
        pages = self._odata.query(ADDRESSES, filter=wanted)
        there = {bodies.role_of(row): str(row["AddressID"]) for page in pages for row in page}
        for role, body in addresses.items():
            key = {ID: partner, "AddressID": there.get(role, "")}
            if role in there:
                self._odata.update(ADDRESSES, key, {ROLE: ""} if body is None else body)
            elif body is not None:
                self._odata.create(ADDRESSES, {**body, ID: partner})

    # Reading

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What is held of these ids, or of every organisation."""
        thing = self.object_of(entity)
        if source_ids is None:
            for page in self._odata.query(PARTNERS, filter=ONLY, expand=IN_PARTNER):
                yield from (self._held(thing, row) for row in page)
            return
        for source_id in source_ids:
            row = self._odata.get(PARTNERS, {ID: source_id}, expand=IN_PARTNER)
            if row is not None:
                yield self._held(thing, row)

    @staticmethod
    def _held(thing: Object, row: Mapping[str, Any]) -> Held:
        return Held(
            entity=thing.entity,
            source_id=str(row[ID]),
            key=str(row.get(thing.key) or ""),
            values=profiles.held(thing, bodies.inward(row)),
            active=not row.get("BusinessPartnerIsBlocked"),
            version=str(row.get(TAG) or row.get("ETag") or ""),
        )

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Organisations changed since, in no order: the cursor moves on at the end of all pages.

        It never passes the moment when reading began, as what changes meanwhile may be behind.
        """
        self.object_of(entity)
        since = datetime.fromisoformat(cursor) - OVERLAP if cursor else None
        latest, began = since, datetime.now(UTC)
        for rows in self._odata.query(PARTNERS, filter=self._since(since), expand=IN_PARTNER):
            moments = [bodies.changed_at(row) for row in rows]
            yield Page(
                [
                    Item(str(row[ID]), bodies.inward(row))
                    for row, moment in zip(rows, moments, strict=True)
                    if not (since and moment and moment < since)
                ],
                cursor,
            )
            latest = max(filter(None, (latest, *moments)), default=None)
        if latest:
            yield Page([], max(cursor, min(latest, began).isoformat()))

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The organisations of these ids."""
        self.object_of(entity)
        for source_id in source_ids:
            row = self._odata.get(PARTNERS, {ID: source_id}, expand=IN_PARTNER)
            if row is not None and row["BusinessPartnerCategory"] == ORGANISATION:
                yield Item(source_id, bodies.inward(row))

    def _since(self, since: datetime | None) -> str:
        """Changed on or after the day; what was never changed has only its day of creation."""
        if since is None:
            return ONLY
        day = self._odata.literal(since.astimezone(UTC).date())
        return f"{ONLY} and (LastChangeDate ge {day} or CreationDate ge {day})"
