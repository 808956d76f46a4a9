"""The contract that every connector keeps, run for each against a system that stands in.

Records come in by the real intake from the system `erp`, and go out by the real delivery. A test
class names its connector and stand-in, and says what a few of its records look like there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from pytest_django import Settings

from canonical.identity.merging import merge, undo
from canonical.models import Golden, Link, OrderBy, SourceRecord, System
from sync import connectors, egress
from sync.connections import Wish, connect
from sync.connectors import login
from sync.connectors.protocol import SystemConnector
from sync.inbound.arrivals import Item
from sync.inbound.pulls import Reading
from sync.inbound.receive import receive, retire
from sync.models import Attempt, Connection, Lane, Parked, Pull, Status, Subscription
from sync.models.connections import LoginKind
from sync.outbound import fanout, messages
from sync.outbound.deliver import drain
from sync.outbound.envelope import Message
from sync.outbound.lanes import Claimed
from sync.outbound.subscriptions import resume, subscribe
from tests.factories import hub, targets
from tests.standins.server import BROKEN, CLIENT, LOST, SECRET, Fault, Standin
from tests.sync.connectors.samples import CLIENT_1, CLIENT_2, NAMES, SAMPLES


@pytest.mark.django_db
class ConnectorContract:
    """What every connector keeps; subclasses fill in the first lines."""

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

    # The contract

    def test_every_entity_is_created_once_and_its_id_comes_back(
        self, vendor: Standin, target: Subscription
    ) -> None:
        made = self.bring_in()
        self.deliver(target)
        assert targets.at_rest(target), list(Lane.objects.values_list("parked", "last_error"))
        for entity in self.writes:
            for source_id in SAMPLES[entity]:
                golden = made[source_id]
                self.one(vendor, entity, golden)
                links = Link.objects.filter(golden=golden, record__system=self.system)
                [link] = links.select_related("record")
                assert (link.record.contributes, link.record.primary) == (False, True)
        hub.assert_sound()

    def test_a_change_reaches_the_same_record(self, vendor: Standin, target: Subscription) -> None:
        made = self.bring_in()
        self.deliver(target)
        for entity in self.writes:
            source_id = next(iter(SAMPLES[entity]))
            self.rename(entity, source_id, "Renamed")
            self.deliver(target)
            record = self.one(vendor, entity, made[source_id])
            assert self.name_of(entity, record) == "Renamed"
        assert targets.at_rest(target)

    def test_a_repeat_has_one_effect(self, vendor: Standin, target: Subscription) -> None:
        made = self.bring_in()
        self.deliver(target)
        before = {name: set(rows) for name, rows in vendor.tables.items()}
        self.again(target)
        assert {name: set(rows) for name, rows in vendor.tables.items()} == before
        assert targets.at_rest(target)
        assert made

    def test_a_lost_acknowledgement_leaves_one_record(
        self, vendor: Standin, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        vendor.next(LOST, on=self.write_call)
        self.deliver(target)
        assert not targets.at_rest(target)
        targets.make_due(target)
        self.deliver(target)
        self.one(vendor, "client", golden)
        assert targets.at_rest(target)
        verdicts = list(Attempt.objects.order_by("id").values_list("verdict", flat=True))
        assert verdicts == ["failed", "confirmed"]

    def test_a_retired_record_is_used_no_longer(
        self, vendor: Standin, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        assert self.is_active("client", self.one(vendor, "client", golden))
        retire(hub.SENDER, "erp", "client", "C-1")
        self.deliver(target)
        assert not self.is_active("client", self.one(vendor, "client", golden))
        assert targets.at_rest(target)

    def test_what_was_merged_is_used_no_longer_and_its_id_follows(
        self, vendor: Standin, target: Subscription
    ) -> None:
        first = self.say("client", "C-1", **CLIENT_1)
        second = self.say("client", "C-2", **{**CLIENT_2, "parent": None})
        self.deliver(target)
        outcome = merge(first.pk, [second.pk], hub.STEWARD)
        self.deliver(target)
        assert targets.at_rest(target)
        assert not self.still_there(vendor, second)
        assert self.is_active("client", self.one(vendor, "client", first))
        ids = SourceRecord.objects.filter(system=self.system, links__golden=first.pk,
                                          links__until__isnull=True)  # fmt: skip
        assert ids.count() == 2
        self.rename("client", "C-1", "Renamed after the merge")
        self.deliver(target)
        assert self.name_of("client", self.one(vendor, "client", first)) != CLIENT_1["legal_name"]
        undo(outcome.merges[0].pk, hub.STEWARD)
        self.deliver(target)
        assert targets.at_rest(target)
        assert self.is_active("client", self.one(vendor, "client", second))

    def still_there(self, vendor: Standin, golden: Golden) -> bool:
        """Whether the system still uses a record of this code."""
        records = self.held(vendor, "client", golden.code)
        return any(self.is_active("client", record) for record in records)

    def test_what_is_read_back_is_what_was_meant(
        self, vendor: Standin, target: Subscription
    ) -> None:
        made = self.bring_in()
        self.deliver(target)
        with egress.Client() as client:
            speaker = self.speaker(client)
            if not speaker.capabilities.reads:
                pytest.skip("its records cannot be read")
            for entity in self.writes:
                goldens = [made[source_id] for source_id in SAMPLES[entity]]
                meant = {m.golden: (m, speaker.projection(m)) for m in _messages(target, goldens)}
                ids = [m.target.source_ids[0] for m, _ in meant.values()]
                found = {held.source_id: held for held in speaker.read(entity, ids)}
                for message, projection in meant.values():
                    held = found[message.target.source_ids[0]]
                    assert held.active
                    assert held.key in ("", message.key)
                    assert {n: held.values.get(n) for n in projection} == projection
                everything = {held.source_id for held in speaker.read(entity)}
                assert everything >= set(ids)

    def test_what_changes_there_comes_back_in(self, vendor: Standin, target: Subscription) -> None:
        if not self.reads:
            pytest.skip("nothing is read from it")
        made = self.bring_in()
        self.deliver(target)
        goldens = Golden.objects.count()
        for entity in self.reads:
            outcomes = self.pull(entity)
            refused = {"refused", "quarantined"} & set(outcomes)
            assert not refused, (entity, outcomes)
            assert sum(outcomes.values()) >= len(SAMPLES[entity]) * (entity in self.writes)
        assert Golden.objects.count() == goldens
        record = SourceRecord.objects.get(
            system=self.system, links__golden=made["C-2"].pk, links__until__isnull=True
        )
        assert record.contributes
        self.rename_there(vendor, record.source_id, "Renamed over there")
        self.pull("client")
        record.refresh_from_db()
        assert record.current is not None
        assert record.current.values["legal_name"] == "Renamed over there"
        assert self.pull("client").keys() <= {"unchanged"}
        hub.assert_sound()

    def pull(self, entity: str) -> Mapping[str, int]:
        reading = Reading(Pull.objects.get(connection=self.system, entity=entity))
        assert all(count >= 0 for count in reading)
        return reading.outcomes

    def test_a_throttled_call_waits_and_arrives(
        self, vendor: Standin, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        vendor.next(Fault("throttled", vendor.throttled), on=self.write_call)
        self.deliver(target)
        assert Subscription.objects.get(pk=target.pk).status == Status.ACTIVE
        assert Attempt.objects.get().verdict == "failed"
        self.pass_time(target)
        self.deliver(target)
        self.one(vendor, "client", golden)
        assert targets.at_rest(target)

    def pass_time(self, target: Subscription) -> None:
        """Let all that was asked to wait have waited."""
        health = target.health.__class__.objects.get(pk=target.pk)
        if health.not_before:
            health.not_before -= timedelta(days=2)
            health.save()
        targets.make_due(target)

    def test_a_system_in_trouble_is_tried_again(
        self, vendor: Standin, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        vendor.next(BROKEN, on=self.write_call)
        self.deliver(target)
        assert Attempt.objects.get().verdict == "failed"
        self.pass_time(target)
        self.deliver(target)
        self.one(vendor, "client", golden)

    def test_content_it_never_takes_stops_no_other(
        self, vendor: Standin, target: Subscription
    ) -> None:
        if self.poison is None:
            pytest.skip("it takes whatever the canonical model allows")
        self.say("client", "C-1", **{**CLIENT_1, **self.poison})
        good = self.say("client", "C-2", **{**CLIENT_2, "parent": None})
        self.deliver(target)
        self.one(vendor, "client", good)
        [dead] = Lane.objects.filter(parked=Parked.DEAD)
        assert dead.last_error
        self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        assert targets.at_rest(target)

    def test_an_old_token_is_renewed_and_a_wrong_secret_pauses(
        self, vendor: Standin, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        if self.login_kind is LoginKind.OAUTH:
            vendor.tokens.clear()
            self.rename("client", "C-1", "Renamed")
            self.deliver(target)
            assert self.name_of("client", self.one(vendor, "client", golden)) == "Renamed"
        self.connect(vendor, secret="wrong")
        vendor.tokens.clear()
        for number in range(4):
            self.say("client", f"N-{number}", legal_name=f"New {number}", client_status="active")
            self.deliver(target)
            targets.make_due(target)
        target.refresh_from_db()
        assert target.status == Status.PAUSED
        self.connect(vendor)
        resume(target)
        self.deliver(target)
        assert targets.at_rest(target)
        shown = " ".join(map(str, Attempt.objects.values_list("response", "reason")))
        assert SECRET not in shown


def _messages(target: Subscription, goldens: list[Golden]) -> list[Message]:
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
