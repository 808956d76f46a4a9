"""A hub beside a real Tryton: records go out by the real delivery, and come in by the real pull."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from canonical.models import Golden, Link, OrderBy, System
from sync import connectors, egress
from sync.connections import Wish, connect
from sync.connectors.protocol import Held
from sync.inbound.arrivals import Item
from sync.inbound.pulls import Reading
from sync.inbound.receive import receive
from sync.models import Connection, Lane, Parked, Pull, Subscription
from sync.models.connections import LoginKind
from sync.outbound.delivery.deliver import drain
from sync.outbound.publishing import fanout
from sync.outbound.subscriptions import subscribe
from tests.factories import hub, targets
from tests.tryton import Erp

ENTITIES: Final = ("client", "resource", "contract", "engagement", "billing_schedule")


@dataclass
class Linked:
    """The hub, Tryton, and the subscription between them. `crm` is the system that sends."""

    erp: Erp
    subscription: Subscription

    def say(self, entity: str, source_id: str, system: str = "crm", **data: Any) -> Golden:
        """A system sends a record."""
        [answer] = receive(hub.SENDER, system, entity, [Item(source_id, data)])
        assert not answer.faults, answer.faults
        return hub.golden_of(answer)

    def deliver(self) -> None:
        """Until nothing more is due: ids that come back may wake what refers to them."""
        for _ in range(8):
            fanout.fan_out()
            if not drain(self.subscription.pk):
                return

    def at_rest(self) -> bool:
        """Whether Tryton confirmed everything it is owed."""
        return targets.at_rest(self.subscription)

    def errors(self) -> list[tuple[str, str, str]]:
        """What did not get through: entity, why it is parked, and the reason."""
        lanes = Lane.objects.filter(subscription=self.subscription).exclude(parked=Parked.NONE)
        return list(lanes.values_list("golden__entity", "parked", "last_error"))

    def pull(self, entity: str) -> Mapping[str, int]:
        """Read what changed there; how many records had which outcome."""
        reading = Reading(Pull.objects.get(connection=self.subscription.system_id, entity=entity))
        for _ in reading:
            pass
        return dict(reading.outcomes)

    def id_there(self, golden: Golden) -> int:
        """Tryton's id of the one record it has for a golden one."""
        links = Link.objects.filter(
            golden=golden, until__isnull=True, record__system=self.subscription.system_id
        )
        return int(links.select_related("record").get().record.source_id)

    def held(self, golden: Golden) -> Held:
        """What Tryton holds of a golden record now."""
        connection = Connection.objects.get(pk=self.subscription.system_id)
        with egress.Client() as client:
            speaker = connectors.for_connection(connection, client)
            [found] = speaker.read(golden.entity, [str(self.id_there(golden))])
        return found


def link(erp: Erp, url: str = "", system: str = "tryton", **wanted: Any) -> Linked:
    """Connect a hub to a Tryton, read all of it and subscribe it to all it can hold."""
    System.objects.get_or_create(code="crm", defaults={"name": "CRM", "order_by": "received"})
    System.objects.get_or_create(
        code=system, defaults={"name": "Tryton", "order_by": OrderBy.MODIFIED_AT}
    )
    settings = wanted.pop("settings", {"company": "Halden Marsh GmbH"})
    connect(
        Wish(
            system=system,
            connector="tryton",
            url=url or erp.here.url,
            login_kind=LoginKind.BASIC,
            login={"username": erp.hub.username},
            secret=erp.hub.password,
            settings={"overlap": 0, **settings},
            entities=ENTITIES,
        ),
        "test",
    )
    wanted = {"entities": list(ENTITIES), "max_concurrency": 2, "restricted": True, **wanted}
    made = subscribe(owner="test", name="erp", system=system, connector="tryton", **wanted)
    fanout.fan_out()
    fanout.load_pending()
    made.refresh_from_db()
    return Linked(erp, made)
