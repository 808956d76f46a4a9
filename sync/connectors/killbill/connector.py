"""Kill Bill, both ways: clients as accounts, contracts as bundles, billing schedules as
subscriptions in them with draft invoices for their items.

Our code is the external key, by which a record is looked for before it is made. A record that was
there keeps its external key, and has our code in a custom field.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import ClassVar, Final

from sync import egress
from sync.connectors.killbill.accounts import Accounts
from sync.connectors.killbill.contracts import Contracts
from sync.connectors.killbill.objects import KILLBILL
from sync.connectors.killbill.records import Records
from sync.connectors.killbill.schedules import Schedules
from sync.connectors.killbill.tenant import Tenant, moment
from sync.connectors.kinds import KindsConnector
from sync.connectors.profile import Object, Profile
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.inbound.arrivals import Item
from sync.models.connections import Connection

#: A change that is committed late shows an earlier time: that much is read again.
OVERLAP: Final = timedelta(minutes=2)
RECORDS: Final[dict[str, type[Records]]] = {
    "client": Accounts,
    "contract": Contracts,
    "billing_schedule": Schedules,
}


class KillBill(KindsConnector[Records]):
    """One tenant of Kill Bill."""

    profile: ClassVar[Profile] = KILLBILL
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.READ_BACK}), reads=True, pulls=True
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        tenant = Tenant(connection, client)
        self.kinds = {
            entity: kind(tenant, self.object_of(entity), self.settings)
            for entity, kind in RECORDS.items()
        }

    # Writing

    def find(self, thing: Object, key: str) -> str | None:
        """By external key."""
        return self.of(thing.entity).find(key)

    # Reading

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the tenant holds of these ids, or of everything."""
        records = self.of(entity)
        pages = records.pages() if source_ids is None else (records.some(source_ids),)
        return (records.held(record) for page in pages for record in page)

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Records whose audit log tells of a change; Kill Bill cannot be asked for these alone."""
        records = self.of(entity)
        last = cursor
        since = moment(cursor) - OVERLAP if cursor else None
        for page in records.pages():
            changed = [r for r in page if not (since and r["modified"])
                       or moment(r["modified"]) >= since]  # fmt: skip
            last = max([last, *(str(r["modified"] or "") for r in changed)])
            # Pages come by age of the record, not of its change: none alone moves the cursor.
            yield Page([Item(str(r[records.thing.id]), r) for r in changed], cursor)
        yield Page([], last)

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The records of these ids."""
        records = self.of(entity)
        return (Item(str(r[records.thing.id]), r) for r in records.some(source_ids))
