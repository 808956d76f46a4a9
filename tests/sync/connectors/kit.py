"""The contract that every connector keeps, run for each against a system that stands in.

A test class joins its bench, which says what a few of its records look like there, and this.
"""

from __future__ import annotations

import pytest

from canonical.identity.merging import merge, undo
from canonical.models import Golden, Link, SourceRecord
from sync import connectors, egress
from sync.inbound.arrivals import Item
from sync.inbound.receive import retire
from sync.models import Attempt, Lane, Parked, Status, Subscription
from sync.models.connections import LoginKind
from sync.outbound.subscriptions import resume
from tests.factories import hub, targets
from tests.standins.server import BROKEN, LOST, SECRET, Fault, Standin
from tests.sync.connectors.bench import Bench, messages_of
from tests.sync.connectors.samples import CLIENT_1, CLIENT_2, SAMPLES

RINGS = "test_a_ring_is_cut_and_the_missing_reference_sent_when_its_id_has_come"


@pytest.mark.django_db
class ConnectorContract(Bench):
    """What every connector keeps."""

    def __init_subclass__(cls) -> None:
        """Ask for rings of clients only where a client's parent is kept."""
        super().__init_subclass__()
        if "parent" not in (connectors.attributes(cls.connector, "client") or ()):
            setattr(cls, RINGS, None)

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
                meant = {m.golden: (m, speaker.projection(m)) for m in messages_of(target, goldens)}
                ids = [m.target.source_ids[0] for m, _ in meant.values()]
                found = {held.source_id: held for held in speaker.read(entity, ids)}
                for message, projection in meant.values():
                    held = found[message.target.source_ids[0]]
                    assert held.active
                    assert held.key in ("", message.key)
                    assert {n: held.values.get(n) for n in projection} == projection
                everything = {held.source_id for held in speaker.read(entity)}
                assert everything >= set(ids)

    def test_a_ring_is_cut_and_the_missing_reference_sent_when_its_id_has_come(
        self, vendor: Standin, target: Subscription
    ) -> None:
        """F34: of two that are each other's parent one goes first, without the other, and again."""
        other = {"parent": {"source_id": "C-2"}}
        first = self.say("client", "C-1", **{**CLIENT_1, **other})
        second = self.say("client", "C-2", **{**CLIENT_2, "parent": {"source_id": "C-1"}})
        self.deliver(target)
        if not self.rings:
            assert Lane.objects.get(parked=Parked.DEAD).last_error
            return
        assert targets.at_rest(target), list(Lane.objects.values_list("parked", "last_error"))
        with egress.Client() as client:
            speaker = self.speaker(client)
            for message in messages_of(target, [first, second]):
                assert message.content["parent"]
                [held] = speaker.read("client", message.target.source_ids)
                assert held.values["parent"] == speaker.projection(message)["parent"]
                assert held.values["parent"]
        sent = Attempt.objects.filter(verdict="confirmed").values_list("lane__golden", "version")
        assert len(sent) == 3, "one of them twice"

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

    def test_what_is_read_again_by_its_id_is_what_a_reading_brings(
        self, vendor: Standin, target: Subscription
    ) -> None:
        if not self.reads:
            pytest.skip("nothing is read from it")
        self.bring_in()
        self.deliver(target)
        with egress.Client() as client:
            speaker = self.speaker(client)
            for entity in self.reads:
                read = {i.source_id: i for page in speaker.changes(entity, "") for i in page.items}
                again = speaker.again(entity, [*read, self.unknown])
                assert {i.source_id: i for i in again} == {
                    **read, self.unknown: Item(self.unknown, None, retired=True)
                }  # fmt: skip
                assert len(again) == len(read) + 1

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
