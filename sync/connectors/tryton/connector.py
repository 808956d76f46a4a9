"""Tryton, both ways: what the hub knows goes in over JSON-RPC, what changed there comes back.

Records are found by the hub's code before they are made (party code, numbers of project, sale and
subscription), read before they are written to, and written to only where they differ, with the
mark of the version that was read: a change that someone makes meanwhile is never overwritten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.kinds import KindsConnector
from sync.connectors.profile import Object
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.tryton import changes
from sync.connectors.tryton.directory import Directory
from sync.connectors.tryton.employees import Resources
from sync.connectors.tryton.parties import Clients
from sync.connectors.tryton.profile import TRYTON
from sync.connectors.tryton.projects import Engagements
from sync.connectors.tryton.records import ALL, Records
from sync.connectors.tryton.rpc import Account, Server
from sync.connectors.tryton.sales import Contracts
from sync.connectors.tryton.subscriptions import BillingSchedules
from sync.inbound.arrivals import Item
from sync.models.connections import Connection
from sync.outbound.content.envelope import Message

READ_AT_ONCE: Final = 50  # records
RECORDS: Final[dict[str, type[Records]]] = {
    "client": Clients,
    "resource": Resources,
    "contract": Contracts,
    "engagement": Engagements,
    "billing_schedule": BillingSchedules,
}


class Tryton(KindsConnector[Records]):
    """One database of a Tryton 8.0 server, in the name of a user made for the hub.

    The connection's address ends with the name of the database; its login is basic.
    """

    profile = TRYTON
    capabilities = Capabilities(
        guarantees=frozenset({Guarantee.READ_BACK, Guarantee.CONDITIONAL}),
        reads=True,
        pulls=True,
        erases=frozenset({"client", "resource"}),
        merges=True,
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        who = Account(connection.fingerprint, self.login.username, self.login.secret)
        server = Server(connection.url, who, client)
        names = Directory(server)
        self.kinds = {
            entity: kind(server, names, self.settings) for entity, kind in RECORDS.items()
        }

    # --- out

    def find(self, thing: Object, key: str) -> str | None:
        """The id of the record with our code."""
        found = self.of(thing.entity).find(key)
        return None if found is None else str(found)

    def erase(self, thing: Object, source_id: str, message: Message) -> None:
        """Forget the person it is about."""
        self.of(thing.entity).erase(source_id, message)

    def merge(self, thing: Object, absorbed: str, survivor: str, message: Message) -> None:
        """End the absorbed one, and say by which it is replaced where Tryton has a place for it."""
        self.of(thing.entity).replace(absorbed, survivor, message)

    # --- in

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What Tryton holds now, page by page; of all, what is in use."""
        thing, records = self.object_of(entity), self.of(entity)
        if source_ids is None:
            ids = records.server.call(
                records.model, "search", records.domain(), 0, None, [["id", "ASC"]], **ALL
            )
        else:
            ids = sorted(int(each) for each in source_ids if each.isdigit())
        for start in range(0, len(ids), READ_AT_ONCE):
            trees = records.trees(ids[start : start + READ_AT_ONCE])
            if source_ids is None:
                trees = [each for each in trees if records.is_active(each)]
            for found, flat in zip(trees, records.flats(trees), strict=True):
                yield Held(
                    entity=entity,
                    source_id=flat["id"],
                    key=flat["golden"] or "",
                    values=_held(thing, flat),
                    active=records.is_active(found),
                    version=found["_timestamp"] or "",
                )

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """What others changed since the cursor, read anew."""
        return changes.pages(self.of(entity), cursor, float(self.settings["overlap"]))

    def again(self, entity: str, source_ids: Collection[str]) -> list[Item]:
        """These records read anew; what only our own user wrote there says nothing."""
        self.object_of(entity)
        return changes.again(self.of(entity), source_ids)


def _held(thing: Object, flat: Mapping[str, Any]) -> dict[str, Any]:
    """A flat record per canonical path, comparable with a projection."""
    lists = {each.attribute: profiles.held_elements(each, flat) for each in thing.children}
    return profiles.held(thing, flat) | lists
