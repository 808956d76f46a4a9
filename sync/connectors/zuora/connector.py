"""Zuora, both ways: customer accounts, contracts as subscriptions, billing schedules as orders.

Our code is the number of each, by which a record is looked for before it
is made; one that was there keeps its number and has our code in a custom field. The idempotency
key guards the moment between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sync import egress
from sync.connectors.base import parts
from sync.connectors.kinds import KindsConnector
from sync.connectors.profile import Object, Profile
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.rest import Rest
from sync.connectors.zuora.accounts import Accounts
from sync.connectors.zuora.objects import ZUORA
from sync.connectors.zuora.orders import Orders
from sync.connectors.zuora.records import Records
from sync.connectors.zuora.subscriptions import Subscriptions
from sync.connectors.zuora.tenant import Tenant
from sync.inbound.arrivals import Item
from sync.models.connections import Connection

AT_ONCE: Final = 50
OVERLAP: Final = timedelta(minutes=2)
RECORDS: Final[dict[str, type[Records]]] = {
    "client": Accounts,
    "contract": Subscriptions,
    "billing_schedule": Orders,
}


class Zuora(KindsConnector[Records]):
    """One tenant of Zuora."""

    profile: ClassVar[Profile] = ZUORA
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.KEY, Guarantee.READ_BACK}), reads=True, pulls=True
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        tenant = Tenant(Rest(connection.url, self.login, client))
        self.kinds = {
            entity: kind(tenant, self.object_of(entity), self.settings)
            for entity, kind in RECORDS.items()
        }

    # Writing

    def find(self, thing: Object, key: str) -> str | None:
        """By number."""
        found = self.of(thing.entity).record(key)
        return str(found[thing.id]) if found else None

    # Reading

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the tenant holds of these ids, or of everything."""
        records = self.of(entity)
        for source_id in records.stamps() if source_ids is None else source_ids:
            if (found := records.record(source_id)) is not None:
                yield records.held(found)

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """By the time of the last change; ZOQL knows no order, so the end moves the cursor."""
        records = self.of(entity)
        since = datetime.fromisoformat(cursor) - OVERLAP if cursor else None
        stamps = records.stamps(since)
        for part in parts(stamps.items(), AT_ONCE):
            yield Page([Item(*found) for found in records.changed(dict(part))], cursor)
        yield Page([], max([cursor, *stamps.values()], key=_moment))

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The records of these ids."""
        records = self.of(entity)
        return (Item(*found) for found in records.changed(records.stamps_of(source_ids)))


def _moment(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp() if stamp else 0.0
