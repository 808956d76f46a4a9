"""Kantata OX against an account that stands in: the contract, and its own traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from canonical.models import SourceRecord
from sync.inbound.receive import retire
from sync.models import Lane, Subscription
from sync.models.connections import LoginKind
from tests.factories import hub, targets
from tests.standins.kantata import Kantata
from tests.standins.server import LOST, Standin
from tests.sync.connectors.bench import Bench
from tests.sync.connectors.kit import ConnectorContract
from tests.sync.connectors.samples import CLIENT_1, CLIENT_2, ENGAGEMENT, SCHEDULE

TABLES = {
    "client": "workspace_groups", "engagement": "workspaces",
    "billing_schedule": "billing_milestones",
}  # fmt: skip


class KantataBench(Bench):
    """An account whose external references by the name `assay` are ours."""

    connector = "kantata"
    vendor_class = Kantata
    writes: ClassVar[tuple[str, ...]] = ("client", "engagement", "billing_schedule")
    reads: ClassVar[tuple[str, ...]] = ("client", "resource", "engagement")
    write_call = "(POST|PUT) .*/workspace_groups"
    login_kind = LoginKind.KEY
    settings: ClassVar[Mapping[str, Any]] = {"events": True}
    poison = {"email": "ada@nowhere"}

    def login(self, vendor: Standin) -> dict[str, str]:
        return {"header": "authorization", "prefix": "Bearer "}

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        table = vendor.table(TABLES[entity])
        references = vendor.table("external_references").values()
        mine = [r for r in references if r["service_model_ref"] == key and
                r["service_model"] == entity]  # fmt: skip
        rows = [{**table[r["subject_id"]], "used": r["external_status"]} for r in mine]
        return rows[:1] if entity == "billing_schedule" else rows  # its milestones stand for it

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        if entity == "billing_schedule":  # its name has no field there
            return "Renamed"
        return record["name" if entity == "client" else "title"]

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        return bool(record["used"] == "active")

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        assert isinstance(vendor, Kantata)
        vendor.change("workspace_groups", source_id, name=name)


class TestContract(KantataBench, ConnectorContract):
    """The contract."""


@pytest.mark.django_db
class TestTraps(KantataBench):
    """The traps."""

    def test_a_workspace_moves_with_its_client(self, vendor: Kantata, target: Subscription) -> None:
        first = self.say("client", "C-1", **CLIENT_1)
        second = self.say("client", "C-2", **{**CLIENT_2, "parent": None})
        work = self.say("engagement", "E-1", **ENGAGEMENT)
        self.deliver(target)
        workspace = self.one(vendor, "engagement", work)
        assert workspace["price_in_cents"] == 12000050
        assert self.one(vendor, "client", first)["workspace_ids"] == [workspace["id"]]
        self.say("engagement", "E-1", **{**ENGAGEMENT, "client": {"source_id": "C-2"}})
        self.deliver(target)
        assert self.one(vendor, "client", first)["workspace_ids"] == []
        assert self.one(vendor, "client", second)["workspace_ids"] == [workspace["id"]]

    @pytest.mark.parametrize("call", ["POST .*/workspaces$", "create_or_update"])
    def test_a_lost_answer_before_or_after_our_reference_leaves_one_workspace(
        self, vendor: Kantata, target: Subscription, call: str
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        work = self.say("engagement", "E-1", **ENGAGEMENT)
        vendor.next(LOST, on=call)
        self.deliver(target)
        assert not targets.at_rest(target)
        targets.make_due(target)
        self.deliver(target)
        assert targets.at_rest(target)
        assert len(vendor.table("workspaces")) == 1
        self.one(vendor, "engagement", work)

    def test_a_namesake_of_someone_else_is_not_taken_over(
        self, vendor: Kantata, target: Subscription
    ) -> None:
        theirs = vendor.add("workspace_groups", name=CLIENT_1["legal_name"].upper(), company=True)
        self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        [lane] = Lane.objects.filter(subscription=target, parked="dead")
        assert "already been taken" in lane.last_error
        assert vendor.table("workspace_groups")[theirs]["name"] == CLIENT_1["legal_name"].upper()

    def test_a_price_is_counted_in_the_currencys_own_units(
        self, vendor: Kantata, target: Subscription
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        yen = {"amount": "5000000", "currency": "JPY"}
        work = self.say("engagement", "E-1", **{**ENGAGEMENT, "currency": "JPY", "fee_budget": yen})
        self.deliver(target)
        assert self.one(vendor, "engagement", work)["price_in_cents"] == 5000000
        self.pull("engagement")
        record = SourceRecord.objects.get(system=self.system, entity="engagement")
        assert record.current is not None
        assert record.current.values["fee_budget"]["amount"] in ("5000000", "5000000.00")

    def test_many_of_one_moment_are_all_read(self, vendor: Kantata, target: Subscription) -> None:
        for number in range(7):
            identity = vendor.add("workspace_groups", name=f"Client {number}", company=True)
            vendor.table("workspace_groups")[identity]["updated_at"] = "2026-03-01T00:00:00Z"
        assert sum(self.pull("client").values()) == 7
        later = vendor.add("workspace_groups", name="Client later", company=True)
        vendor.table("workspace_groups")[later]["updated_at"] = "2026-03-01T00:00:00Z"
        outcomes = self.pull("client")
        assert sum(n for how, n in outcomes.items() if how != "unchanged") == 1

    def test_events_are_hints_in_any_order_and_number(
        self, vendor: Kantata, target: Subscription
    ) -> None:
        """The record is read again, so the last word is its own; what is not there is gone."""
        kept = vendor.add("workspace_groups", name="Kept", company=True)
        gone = vendor.add("workspace_groups", name="Gone", company=True)
        self.pull("client")
        vendor.change("workspace_groups", kept, name="Kept and renamed")
        del vendor.table("workspace_groups")[gone]
        for kind, subject in (("deleted", gone), ("updated", kept), ("created", gone),
                              ("deleted", gone), ("created", kept)):  # fmt: skip
            vendor.add("subscribed_events", event_type=f"workspace_group:{kind}",
                       subject_type="WorkspaceGroup", subject_id=subject,
                       created_at=vendor.tick())  # fmt: skip
        self.pull("client")
        there = {r.source_id: r for r in SourceRecord.objects.filter(system=self.system)}
        now = there[kept].current
        assert now is not None
        assert now.values["legal_name"] == "Kept and renamed"
        assert (there[kept].state, there[gone].state) == ("active", "retired")

    def test_users_come_in_and_are_never_written(
        self, vendor: Kantata, target: Subscription
    ) -> None:
        vendor.add("users", full_name="Grace Okafor", email_address="G.Okafor@firm.example",
                   headline="Senior consultant")  # fmt: skip
        assert self.pull("resource") == {"created": 1}
        record = SourceRecord.objects.get(system=self.system, entity="resource")
        assert record.current is not None
        assert record.current.values["email"] == "g.okafor@firm.example"


@pytest.mark.django_db
class TestMilestones(KantataBench):
    """Billing schedules."""

    def schedule(self, target: Subscription, **said: Any) -> None:
        """The client, the project and the schedule, delivered."""
        self.say("client", "C-1", **CLIENT_1)
        self.say("engagement", "E-1", **ENGAGEMENT)
        self.say("billing_schedule", "BS-1", **{**SCHEDULE, **said})
        self.deliver(target)

    @staticmethod
    def there(vendor: Kantata) -> dict[str, tuple[int, str]]:
        """What the milestones cost, and when that is invoiced."""
        rows = vendor.table("billing_milestones").values()
        return {row["title"]: (row["amount_in_cents"], row["date_to_invoice"]) for row in rows}

    def test_an_item_is_a_milestone_and_one_that_vanished_costs_nothing(
        self, vendor: Kantata, target: Subscription
    ) -> None:
        self.schedule(target)
        both = {"Kick-off": (5000000, "2026-02-15"), "Report": (7000025, "2026-09-15")}
        assert self.there(vendor) == both
        self.schedule(target, items=SCHEDULE["items"][1:])
        assert self.there(vendor) == {**both, "Kick-off": (0, "2026-02-15")}
        used = {r["external_message"]: r["external_status"]
                for r in vendor.table("external_references").values()
                if r["subject_type"] == "BillingMilestone"}  # fmt: skip
        assert used == {"1": "inactive", "2": "active"}
        retire(hub.SENDER, "erp", "billing_schedule", "BS-1")
        self.deliver(target)
        assert {cents for cents, _ in self.there(vendor).values()} == {0}
        self.schedule(target)
        assert self.there(vendor) == both
        assert targets.at_rest(target)

    def test_an_invoiced_milestone_stays_while_others_change(
        self, vendor: Kantata, target: Subscription
    ) -> None:
        self.schedule(target)
        first, _ = vendor.table("billing_milestones").values()
        first["invoice_ids"] = ["77"]
        kick_off, report = SCHEDULE["items"]
        self.schedule(target, items=[kick_off, {**report, "amount": "60000"}])
        assert self.there(vendor)["Report"] == (6000000, "2026-09-15")
        assert targets.at_rest(target)
        self.schedule(target, items=[{**kick_off, "amount": "1"}, report])
        assert "cannot be edited" in Lane.objects.get(parked="dead").last_error

    @pytest.mark.parametrize("call", ["POST .*/billing_milestones$", "create_or_update"])
    def test_a_lost_answer_leaves_one_milestone_an_item(
        self, vendor: Kantata, target: Subscription, call: str
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        self.say("engagement", "E-1", **ENGAGEMENT)
        self.deliver(target)
        vendor.next(LOST, on=call)
        self.schedule(target)
        targets.make_due(target)
        self.deliver(target)
        assert len(vendor.table("billing_milestones")) == 2
        assert targets.at_rest(target)
