"""What is billed in Kill Bill: bundles, subscriptions and drafts, and their traps."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

import pytest

from canonical.identity.merging import merge, undo
from canonical.models import Golden
from sync import egress
from sync.inbound.receive import retire
from sync.models import Subscription
from tests.factories import hub, targets
from tests.standins import environment
from tests.standins.killbill import KillBill
from tests.standins.killbill_tenant import API_KEY, PASSWORD, USER
from tests.standins.server import LOST, SECRET, Standin
from tests.sync.connectors.bench import messages_of
from tests.sync.connectors.samples import CLIENT_1, CLIENT_2, CONTRACT, SCHEDULE
from tests.sync.connectors.test_killbill import KillBillBench

CLIENT_OF_OTHERS = ["python-killbill-client==0.3.8"]
ITEM_1, ITEM_2 = SCHEDULE["items"]
RETAINER: dict[str, Any] = {
    "name": "Retainer",
    "contract": {"source_id": "CT-1"},
    "bill_to_client": {"source_id": "C-1"},
    "currency": "EUR",
    "schedule_type": "retainer",
    "billing_trigger": "period_start",
    "recurrence": {"frequency": "quarterly", "occurrences": 4},
    "total_amount": {"amount": "10000", "currency": "EUR"},
    "starts_on": "2026-02-01",
}


@pytest.mark.django_db
class TestBilling(KillBillBench):
    """Contracts and billing schedules."""

    @pytest.fixture
    def tenant(self, vendor: Standin, target: Subscription) -> KillBill:
        """The tenant that stands in, with the client and the contract in it."""
        self.say("client", "C-1", **CLIENT_1)
        self.say("contract", "CT-1", **CONTRACT)
        self.deliver(target)
        return cast(KillBill, vendor)

    def schedule(self, target: Subscription, **data: Any) -> Golden:
        golden = self.say("billing_schedule", "BS-1", **data)
        self.deliver(target)
        return golden

    @staticmethod
    def invoices(tenant: KillBill) -> list[tuple[str, str, str]]:
        """What is on each invoice, whose, and its status."""
        code = {i: row["externalKey"] for i, row in tenant.table("accounts").items()}
        rows = tenant.table("invoices").values()
        return sorted((row["items"][0]["description"], code[row["accountId"]], row["status"])
                      for row in rows)  # fmt: skip

    @staticmethod
    def subscriptions(tenant: KillBill) -> dict[str, tuple[str, str]]:
        """Plan and state of each subscription that has a key of its own."""
        return {row["externalKey"]: (row["planName"], tenant.state(row))
                for i, row in tenant.table("subscriptions").items()
                if row["externalKey"] != i}  # fmt: skip

    def test_a_contract_that_ends_here_ends_nothing_there(
        self, tenant: KillBill, target: Subscription
    ) -> None:
        [base] = tenant.table("subscriptions").values()
        assert (base["planName"], base["startDate"][:10]) == ("contract", "2026-01-01")
        bundle = base["bundleId"]
        assert tenant.marks(bundle)["effective_to"] == "2026-12-31"
        self.say("contract", "CT-1", **{**CONTRACT, "effective_to": None})
        self.deliver(target)
        assert "effective_to" not in tenant.marks(bundle)
        retire(hub.SENDER, "erp", "contract", "CT-1")
        self.deliver(target)
        assert tenant.marks(bundle)["golden_status"] == "inactive"
        assert tenant.state(base) == "ACTIVE"
        assert not base["ends"]

    def test_items_are_drafts_until_finance_commits_them(
        self, tenant: KillBill, target: Subscription
    ) -> None:
        golden = self.schedule(target, **SCHEDULE)
        client = Golden.objects.get(entity="client").code
        assert self.invoices(tenant) == [("Kick-off", client, "DRAFT"), ("Report", client, "DRAFT")]
        tenant.commit(next(iter(tenant.table("invoices"))))
        earlier = {**ITEM_2, "bill_date": "2026-08-01"}
        self.schedule(target, **{**SCHEDULE, "items": [{**ITEM_1, "amount": "1"}, earlier]})
        rows = tenant.table("invoices").values()
        assert [(row["status"], row["targetDate"]) for row in rows] == [
            ("COMMITTED", "2026-02-15"), ("VOID", "2026-09-15"), ("DRAFT", "2026-08-01")
        ]  # fmt: skip
        self.pull("billing_schedule")
        golden.refresh_from_db()
        [kick_off, report] = hub.document(golden)["items"]
        assert (kick_off["item_status"], kick_off["invoice_ref"]) == ("invoiced", "1")
        assert kick_off["invoiced_on"] == "2026-01-01"
        assert "item_status" not in report
        self.deliver(target)
        assert self.invoices(tenant)[0] == ("Kick-off", client, "COMMITTED")
        assert targets.at_rest(target)

    def test_what_is_held_back_or_billed_elsewhere_has_no_draft(
        self, tenant: KillBill, target: Subscription
    ) -> None:
        held_back = {**ITEM_1, "item_status": "on_hold"}
        self.schedule(target, **{**SCHEDULE, "items": [held_back, ITEM_2]})
        self.schedule(target, **{**SCHEDULE, "schedule_status": "on_hold"})
        assert [status for *_, status in self.invoices(tenant)] == ["VOID"]
        self.schedule(
            target, **{**SCHEDULE, "items": [ITEM_1, {**ITEM_2, "item_status": "invoiced"}]}
        )
        assert [(what, status) for what, _, status in self.invoices(tenant)] == [
            ("Kick-off", "DRAFT"), ("Report", "VOID")]  # fmt: skip

    def test_a_draft_that_somebody_added_to_is_theirs(
        self, tenant: KillBill, target: Subscription
    ) -> None:
        self.schedule(target, **{**SCHEDULE, "items": [ITEM_1]})
        [draft] = tenant.table("invoices")
        tenant.charge_too(draft)
        self.schedule(target, **{**SCHEDULE, "items": [{**ITEM_1, "amount": "1"}]})
        [invoice] = tenant.table("invoices").values()
        assert (invoice["status"], invoice["items"][0]["amount"]) == ("DRAFT", 50000)

    def test_a_charge_whose_acknowledgement_is_lost_is_made_once(
        self, tenant: KillBill, target: Subscription
    ) -> None:
        tenant.next(LOST, on="POST .*/charges/")
        self.schedule(target, **{**SCHEDULE, "items": [ITEM_1]})
        assert not targets.at_rest(target)
        targets.make_due(target)
        self.deliver(target)
        assert len(tenant.table("invoices")) == 1
        assert targets.at_rest(target)

    def test_what_recurs_is_billed_so_often_and_ends(
        self, tenant: KillBill, target: Subscription
    ) -> None:
        golden = self.schedule(target, **RETAINER)
        row = next(r for r in tenant.table("subscriptions").values()
                   if r["externalKey"] == golden.code)  # fmt: skip
        assert (row["billingPeriod"], row["price"]) == ("QUARTERLY", 2500)
        assert (row["startDate"][:10], row["ends"][:10]) == ("2026-02-01", "2027-02-01")
        monthly = {**RETAINER, "recurrence": {"frequency": "monthly", "occurrences": 10}}
        self.schedule(target, **{**monthly, "ends_on": "2026-07-01"})
        assert (row["billingPeriod"], row["price"]) == ("MONTHLY", 1000)
        assert row["ends"][:10] == "2026-07-01"
        self.schedule(target, **{**RETAINER, "schedule_status": "on_hold"})
        assert (row["planName"], row["price"]) == ("schedule-items", None)
        assert len(tenant.table("subscriptions")) == 2
        assert not tenant.table("invoices")

    def test_what_has_ended_by_its_own_day_is_not_begun_again(
        self, tenant: KillBill, target: Subscription
    ) -> None:
        code = self.schedule(target, **{**RETAINER, "ends_on": "2026-05-01"}).code
        tenant.now = tenant.now.replace(month=6)
        self.schedule(target, **{**RETAINER, "ends_on": "2026-05-01", "name": "Renamed"})
        assert self.subscriptions(tenant) == {code: ("schedule-quarterly-1", "CANCELLED")}
        self.schedule(target, **{**RETAINER, "ends_on": "2026-12-01"})
        assert self.subscriptions(tenant)[f"{code}~2"] == ("schedule-quarterly-1", "ACTIVE")
        assert targets.at_rest(target)

    def test_one_that_is_used_no_longer_bills_no_more_and_the_next_one_follows(
        self, tenant: KillBill, target: Subscription
    ) -> None:
        """No key of a subscription is ever free again."""
        code = self.schedule(target, **SCHEDULE).code
        retire(hub.SENDER, "erp", "billing_schedule", "BS-1")
        self.deliver(target)
        assert self.subscriptions(tenant) == {code: ("schedule-items", "CANCELLED")}
        assert {status for *_, status in self.invoices(tenant)} == {"VOID"}
        self.schedule(target, **{**SCHEDULE, "name": "Again"})
        assert self.subscriptions(tenant) == {
            code: ("schedule-items", "CANCELLED"), f"{code}~2": ("schedule-items", "ACTIVE")
        }  # fmt: skip
        assert [s for *_, s in self.invoices(tenant)] == ["DRAFT", "VOID", "DRAFT", "VOID"]
        self.again(target)
        assert len(self.subscriptions(tenant)) == 2
        assert targets.at_rest(target)

    def test_what_was_merged_moves_with_its_bundle_and_back(
        self, tenant: KillBill, target: Subscription
    ) -> None:
        first = Golden.objects.get(entity="client")
        second = self.say("client", "C-2", **{**CLIENT_2, "parent": None, "currency": "EUR"})
        self.say("contract", "CT-1", **{**CONTRACT, "client": {"source_id": "C-2"}})
        code = self.schedule(target, **{**SCHEDULE, "bill_to_client": {"source_id": "C-2"}}).code
        self.settled(target)
        for fields in tenant.fields.values():
            fields.append({"customFieldId": str(uuid4()), "objectType": "BUNDLE", "objectId": "",
                           "name": "cost_centre", "value": "CC-1"})  # fmt: skip
        outcome = merge(first.pk, [second.pk], hub.STEWARD)
        self.settled(target)
        [bundle] = (i for i, row in tenant.table("bundles").items()
                    if any(tenant._bases(row)))  # fmt: skip
        assert tenant.marks(bundle)["cost_centre"] == "CC-1"
        assert self.subscriptions(tenant) == {
            code: ("schedule-items", "CANCELLED"), f"{code}~2": ("schedule-items", "ACTIVE")
        }  # fmt: skip
        moved = {told for told in self.invoices(tenant) if told[2] == "DRAFT"}
        assert moved == {("Kick-off", first.code, "DRAFT"), ("Report", first.code, "DRAFT")}
        live = next(i for i, r in tenant.table("subscriptions").items()
                    if r["externalKey"] == f"{code}~2")  # fmt: skip
        assert tenant.marks(live)["name"] == SCHEDULE["name"]
        [message] = messages_of(target, [Golden.objects.get(entity="contract")])
        with egress.Client() as client:
            speaker = self.speaker(client)
            [held] = speaker.read("contract", message.target.source_ids)
            assert held.values == speaker.projection(message)
        undo(outcome.merges[0].pk, hub.STEWARD)
        self.settled(target)
        back = {told for told in self.invoices(tenant) if told[2] == "DRAFT"}
        assert {account for _, account, _ in back} == {second.code}
        assert self.subscriptions(tenant)[f"{code}~3"][1] == "ACTIVE"

    def settled(self, target: Subscription) -> None:
        """A schedule that came before its contract waits for it."""
        for _ in range(3):
            self.deliver(target)
            targets.make_due(target)
        assert targets.at_rest(target)

    def test_another_currency_or_payer_than_the_accounts_is_not_billed(
        self, tenant: KillBill, target: Subscription
    ) -> None:
        golden = self.schedule(target, **{**SCHEDULE, "currency": "USD"})
        assert self.reason(target, golden) == "the account bills in EUR, not in USD"
        self.say("client", "C-3", legal_name="Payer Ltd", client_status="active", currency="EUR")
        self.schedule(target, **{**SCHEDULE, "bill_to_client": {"source_id": "C-3"}})
        assert "not on the account of the client that is billed" in self.reason(target, golden)
        assert len(tenant.table("subscriptions")) == 1

    @staticmethod
    def reason(target: Subscription, golden: Golden) -> str:
        return str(target.lanes.get(golden=golden).last_error)

    def test_a_notification_names_a_record_by_its_passing_id(
        self, tenant: KillBill, target: Subscription
    ) -> None:
        golden = self.schedule(target, **SCHEDULE)
        [subscription] = (i for i, r in tenant.table("subscriptions").items()
                          if r["externalKey"] == golden.code)  # fmt: skip
        [bundle] = tenant.table("bundles")
        with egress.Client() as client:
            speaker = self.speaker(client)
            again = {e: speaker.again(e, [i]) for e, i in
                     (("contract", bundle), ("billing_schedule", subscription))}  # fmt: skip
        contract = Golden.objects.get(entity="contract")
        assert [i.source_id for i in again["contract"]] == [contract.code]
        assert [i.source_id for i in again["billing_schedule"]] == [golden.code]

    def test_what_others_sold_there_comes_in(self, tenant: KillBill, target: Subscription) -> None:
        """Their bundle is a contract, and the subscription that carries it a schedule."""
        account = tenant.add(name="Velodrome Ghent NV", externalKey="A-9", currency="EUR")
        tenant.sell(account, "sports-monthly", "B-9")
        self.pull("client")
        assert self.pull("contract")["created"] == 1
        assert self.pull("billing_schedule")["created"] == 1
        contract = Golden.objects.get(links__record__source_id="B-9")
        assert hub.document(contract)["contract_status"] == "active"
        schedule = hub.document(Golden.objects.get(entity="billing_schedule"))
        assert schedule["contract"] == str(contract.pk)
        assert schedule["recurrence"]["frequency"] == "monthly"
        assert schedule["schedule_status"] == "active"

    def test_a_client_that_others_wrote_agrees(
        self, tenant: KillBill, target: Subscription
    ) -> None:
        """python-killbill-client, unmodified: addresses, verbs, headers, and what is refused."""
        python = environment.python(CLIENT_OF_OTHERS)
        golden = self.schedule(target, **SCHEDULE)
        client, contract = (Golden.objects.get(entity=e).code for e in ("client", "contract"))
        told = environment.run(python, _SCRIPT, tenant.url, USER, PASSWORD, API_KEY, SECRET, client)
        assert told["name"] == CLIENT_1["legal_name"]
        assert told["bundle"] == contract
        assert golden.code in told["subscriptions"]
        assert told["drafts"] == ["Kick-off", "Report"]
        assert told["cancelled"][:10] == "2026-06-01"
        assert told["uncancelled"] is None
        assert told["marks"] == {"golden_id": "other"}
        assert "productName should not be set" in told["refused"]


_SCRIPT = """
import json, sys
from killbill import KillBillClient
from killbill.exceptions import BadRequestError
from killbill.header import Header

url, user, password, key, secret, code = sys.argv[1:]
kill_bill, who = KillBillClient(user, password, url), Header(key, secret, "somebody")
account = kill_bill.account.retrieve(who, code)
told, mine = {"name": account["name"]}, account["accountId"]
bundle = kill_bill.bundle.retrieve(who, kill_bill.bundle.list(who)[0]["bundleId"])
told["bundle"] = bundle["externalKey"]
told["subscriptions"] = [s["externalKey"] for s in bundle["subscriptions"]]
invoices = kill_bill.account.invoices(who, mine, include_invoice_components=True)
told["drafts"] = sorted(i["items"][0]["description"] for i in invoices if i["status"] == "DRAFT")
made = kill_bill.subscription.create(
    who, mine, "schedule-items", "2026-02-01", "OTHER-1", bundle_id=bundle["bundleId"])
kill_bill.subscription.cancel(who, made, "2026-06-01", use_requested_date_for_billing=True)
told["cancelled"] = kill_bill.subscription.retrieve(who, made)["billingEndDate"]
kill_bill.subscription.uncancel(who, made)
told["uncancelled"] = kill_bill.subscription.retrieve(who, made)["billingEndDate"]
kill_bill.subscription.add_custom_fields(who, made, {"golden_id": "mine"})
[field] = kill_bill.subscription.get_custom_fields(who, made)
kill_bill.subscription.update_custom_fields(
    who, made, [{"name": "golden_id", "value": "other", "field_id": field["customFieldId"]}])
told["marks"] = {f["name"]: f["value"] for f in kill_bill.subscription.get_custom_fields(who, made)}
try:
    kill_bill.subscription.create(who, mine, "schedule-items", product_name="Items")
except BadRequestError as error:
    told["refused"] = str(error)
print(json.dumps(told))
"""
