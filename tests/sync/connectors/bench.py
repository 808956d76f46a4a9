"""A hub beside a system that stands in: records come in by the real intake from the system `erp`,
and go out by the real delivery."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from pytest_django import Settings

from canonical.models import Golden, OrderBy, System
from sync import connectors, egress
from sync.connections import Wish, connect
from sync.connectors import login
from sync.connectors.protocol import SystemConnector
from sync.inbound.arrivals import Item
from sync.inbound.pulls import Reading
from sync.inbound.receive import receive
from sync.models import Connection, Lane, Pull, Subscription
from sync.models.connections import LoginKind
from sync.outbound.content.envelope import Message
from sync.outbound.delivery import messages
from sync.outbound.delivery.deliver import drain
from sync.outbound.delivery.lanes import Claimed
from sync.outbound.publishing import fanout
from sync.outbound.subscriptions import subscribe
from tests.factories import hub, targets
from tests.standins.server import CLIENT, SECRET, Standin
from tests.sync.connectors.samples import NAMES, SAMPLES


class Bench:
    """One connector beside the system that stands in for its vendor's; subclasses say which."""

    connector: ClassVar[str]
    vendor_class: ClassVar[type[Standin]]
    #: The entities that are written, in publish order, and those of them that are read back.
    writes: ClassVar[tuple[str, ...]]
    reads: ClassVar[tuple[str, ...]] = ()
    system: ClassVar[str] = "target"
    settings: ClassVar[Mapping[str, Any]] = {}
    login_kind: ClassVar[LoginKind] = LoginKind.OAUTH
    #: Matches `METHOD /path` of the call that writes a client.
    write_call: ClassVar[str]

    #: Whether it takes records that are each other's parent.
    rings: ClassVar[bool] = True
    #: An id that no record of the system has.
    unknown: ClassVar[str] = "999999"

    # What subclasses say

    def login(self, vendor: Standin) -> dict[str, str]:
        """The public part of the login."""
        return {"token_url": f"{vendor.url}/services/oauth2/token", "client_id": CLIENT}

    def prepare(self, vendor: Standin) -> None:
        """What the system holds before we come."""

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        """The system's records with our key, used or not."""
        raise NotImplementedError

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        """Where the renamed attribute stands in a record of the system."""
        raise NotImplementedError

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        """Whether the system still uses the record."""
        raise NotImplementedError

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        """A user of the system renames a client."""
        raise NotImplementedError

    #: A change to a client that the system never takes; None where there is none.
    poison: ClassVar[Mapping[str, Any] | None] = None

    # The hub beside the system

    @pytest.fixture
    def vendor(self, settings: Settings) -> Iterator[Standin]:
        settings.ALLOW_LOCAL_TARGETS = True
        login._tokens.clear()
        with self.vendor_class() as running:
            yield running

    @pytest.fixture
    def target(self, vendor: Standin) -> Subscription:
        """The system, connected, subscribed, and empty but for what it always holds."""
        System.objects.create(code="erp", name="ERP", order_by=OrderBy.RECEIVED)
        System.objects.create(code=self.system, name="Target", order_by=OrderBy.MODIFIED_AT)
        self.prepare(vendor)
        self.connect(vendor)
        made = subscribe(
            owner="test",
            name="target",
            system=self.system,
            connector=self.connector,
            entities=list(self.writes),
            max_concurrency=2,
            restricted=True,
        )
        fanout.fan_out()
        fanout.load_pending()
        made.refresh_from_db()
        return made

    def connect(self, vendor: Standin, secret: str = SECRET) -> Connection:
        wish = Wish(
            system=self.system,
            connector=self.connector,
            url=vendor.url,
            login_kind=self.login_kind,
            login=self.login(vendor),
            secret=secret,
            settings=self.settings,
            entities=self.reads,
        )
        return connect(wish, "test")

    def bring_in(self) -> dict[str, Golden]:
        """The samples of every entity written, as the ERP sends them; by their ids."""
        made: dict[str, Golden] = {}
        for entity in self.writes:
            for source_id, data in SAMPLES[entity].items():
                made[source_id] = self.say(entity, source_id, **data)
        return made

    def say(self, entity: str, source_id: str, **data: Any) -> Golden:
        """The ERP sends a record; what it refers to need not be carried."""
        [answer] = receive(hub.SENDER, "erp", entity, [Item(source_id, data)])
        return hub.golden_of(answer)

    def rename(self, entity: str, source_id: str, name: str) -> Golden:
        sample = {**SAMPLES[entity][source_id], NAMES[entity]: name}
        if entity == "resource":
            sample |= {"family_name": name}
        return self.say(entity, source_id, **sample)

    def deliver(self, target: Subscription) -> None:
        """Until nothing more is due: ids that come back may wake what refers to them."""
        for _ in range(8):
            fanout.fan_out()
            if not drain(target.pk):
                return

    def again(self, target: Subscription) -> None:
        """Let all waiting be over and send everything once more, whatever was confirmed."""
        Lane.objects.filter(subscription=target).update(resend=True, confirmed_digest="")
        targets.make_due(target)
        self.deliver(target)

    def one(self, vendor: Standin, entity: str, golden: Golden) -> dict[str, Any]:
        [record] = self.held(vendor, entity, golden.code)
        return record

    def speaker(self, client: egress.Client) -> SystemConnector:
        return connectors.for_connection(Connection.objects.get(pk=self.system), client)

    def still_there(self, vendor: Standin, golden: Golden) -> bool:
        """Whether the system still uses a record of this code."""
        records = self.held(vendor, "client", golden.code)
        return any(self.is_active("client", record) for record in records)

    def pull(self, entity: str) -> Mapping[str, int]:
        reading = Reading(Pull.objects.get(connection=self.system, entity=entity))
        assert all(count >= 0 for count in reading)
        return reading.outcomes

    def pass_time(self, target: Subscription) -> None:
        """Let all that was asked to wait have waited."""
        health = target.health.__class__.objects.get(pk=target.pk)
        if health.not_before:
            health.not_before -= timedelta(days=2)
            health.save()
        targets.make_due(target)


def messages_of(target: Subscription, goldens: list[Golden]) -> list[Message]:
    """The messages of these records as they would be sent now."""
    lanes = Lane.objects.filter(subscription=target, golden__in=goldens)
    claimed = [
        Claimed(
            id=lane.pk,
            golden=lane.golden_id,
            desired=lane.desired,
            confirmed=lane.confirmed,
            confirmed_digest="",
            sent_digest="",
            resend=True,
            fence=0,
            attempt=0,
            probes=0,
            withdrawing=False,
        )
        for lane in lanes
    ]
    batch = messages.prepare(target, claimed)
    return [sendable.message for sendable in batch.sendable]
