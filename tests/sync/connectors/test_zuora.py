"""Zuora against a tenant that stands in: the contract, and its traps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from canonical.identity.merging import merge, undo
from canonical.models import Golden
from sync import egress
from sync.inbound.receive import retire
from sync.models import Attempt, Connection, Subscription
from tests.factories import hub, targets
from tests.standins import environment
from tests.standins.server import CLIENT, Fault, Reply, Standin
from tests.standins.zuora import RATE_PLAN, Zuora
from tests.sync.connectors.kit import ConnectorContract
from tests.sync.connectors.samples import CLIENT_1, CLIENT_2, CONTRACT, SCHEDULE


class TestZuora(ConnectorContract):
    """The contract: accounts and subscriptions by their numbers."""

    connector = "zuora"
    vendor_class = Zuora
    settings = {"currency": "EUR", "rate_plan": RATE_PLAN}
    writes = ("client", "contract", "billing_schedule")
    reads = writes
    write_call = "POST .*/accounts$"
    poison = {"email": "ada@nowhere"}

    def login(self, vendor: Standin) -> dict[str, str]:
        return {"token_url": f"{vendor.url}/oauth/token", "client_id": CLIENT}

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        if entity == "contract":
            rows = vendor.table("subscriptions").values()
            return [r for r in rows if r["subscriptionNumber"] == key][-1:]
        if entity == "billing_schedule":
            return [r for r in vendor.table("orders").values() if r["orderNumber"] == key]
        return [r for r in vendor.table("accounts").values() if r["accountNumber"] == key]

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        if entity == "billing_schedule":
            return record["customFields"]["golden_name__c"]
        return record["notes" if entity == "contract" else "name"]

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        return bool(record["golden_status__c"] == "active")

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        assert isinstance(vendor, Zuora)
        vendor.change(source_id, name=name)

    # Its traps

    def test_a_success_that_is_none(self, vendor: Standin, target: Subscription) -> None:
        """Status 200 and `success: false`: the code's kind says whether to try again."""
        golden = self.say("client", "C-1", **CLIENT_1)
        locked = {"success": False, "reasons": [{"code": 53100050, "message": "Locked"}]}
        vendor.next(Fault("locked", Reply(200, locked)), on=self.write_call)
        self.deliver(target)
        assert [a.verdict for a in Attempt.objects.all()] == ["failed"]
        assert not self.held(vendor, "client", golden.code)
        self.pass_time(target)
        self.deliver(target)
        self.one(vendor, "client", golden)

    def test_the_same_ask_has_the_same_key(self, vendor: Standin, target: Subscription) -> None:
        """Made, not acknowledged and not yet found: the kept answer tells its id."""
        golden = self.say("client", "C-1", **CLIENT_1)
        vendor.next(Fault("lost", applies=True), on=self.write_call)
        self.deliver(target)
        none = {"success": False, "reasons": [{"code": 53100040, "message": "Cannot find"}]}
        vendor.next(Fault("not seen yet", Reply(200, none)), on="GET .*/accounts/")
        targets.make_due(target)
        self.deliver(target)
        made = vendor.requests("POST", "/accounts")
        assert len({call.headers["idempotency-key"] for call in made}) == 1
        assert len(made) == 2
        self.one(vendor, "client", golden)
        assert targets.at_rest(target)

    def test_a_limit_says_how_long_to_wait(self, vendor: Standin, target: Subscription) -> None:
        self.say("client", "C-1", **CLIENT_1)
        vendor.next(Fault("throttled", vendor.throttled), on=self.write_call)
        self.deliver(target)
        due, at = target.lanes.get().due_at, Attempt.objects.get().started_at
        assert 890 <= (due - at).total_seconds() <= 1200

    def test_a_contact_has_two_names_and_emptied_fields_are_emptied(
        self, vendor: Standin, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        contact = self.one(vendor, "client", golden)["billToContact"]
        assert (contact["firstName"], contact["lastName"]) == ("Ada Marie", "Kern")
        assert (contact["address1"], contact["address2"]) == ("Lange Straße 1", "Hof 2")
        self.say("client", "C-1", **{**CLIENT_1, "phone": None})
        self.deliver(target)
        assert self.one(vendor, "client", golden)["billToContact"]["workPhone"] == ""

    def test_a_parent_that_is_gone_is_the_contents_fault(
        self, vendor: Standin, target: Subscription
    ) -> None:
        parent = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        vendor.table("accounts").pop(self.one(vendor, "client", parent)["id"])
        self.say("client", "C-2", **CLIENT_2)
        self.deliver(target)
        dead = target.lanes.filter(parked="dead").values_list("last_error", flat=True)
        assert "53100040: Cannot find entity" in " ".join(dead)

    def test_a_currency_is_needed_and_stays(self, vendor: Standin, target: Subscription) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        self.say("client", "C-1", **{**CLIENT_1, "legal_name": "Renamed", "currency": "GBP"})
        self.deliver(target)
        account = self.one(vendor, "client", golden)
        assert (account["name"], account["currency"]) == ("Renamed", "EUR")
        Connection.objects.update(settings={})
        self.say("client", "C-2", legal_name="No Currency Ltd", client_status="active")
        self.deliver(target)
        dead = target.lanes.filter(parked="dead").values_list("last_error", flat=True)
        assert list(dead) == ["Zuora makes no account without a currency"]

    def test_pages_come_in_no_order(self, vendor: Standin, target: Subscription) -> None:
        assert isinstance(vendor, Zuora)
        ids = [vendor.add(f"A-{n}", f"Firm {n}") for n in range(5)]
        with egress.Client() as client:
            pages = list(self.speaker(client).changes("client", ""))
        assert sorted(i.source_id for page in pages for i in page.items) == ids
        assert {page.cursor for page in pages[:-1]} == {""}
        assert pages[-1].cursor == vendor.table("accounts")[ids[-1]]["UpdatedDate"]

    def test_a_term_is_a_version_and_an_end_that_is_gone_is_none(
        self, vendor: Standin, target: Subscription
    ) -> None:
        self.bring_in()
        self.deliver(target)
        versions = vendor.table("subscriptions")
        [first] = versions.values()
        assert (first["termType"], first["termEndDate"]) == ("TERMED", "2026-12-31")
        self.say("contract", "CT-1", **{**CONTRACT, "po_number": "PO-9"})
        self.deliver(target)
        assert [row["po_number__c"] for row in versions.values()] == ["PO-9"]
        self.say("contract", "CT-1", **{**CONTRACT, "effective_to": "2027-03-31"})
        self.deliver(target)
        self.say("contract", "CT-1", **{**CONTRACT, "effective_to": None})
        self.deliver(target)
        assert [row["termEndDate"] for row in versions.values()] == [
            "2026-12-31", "2027-03-31", None
        ]  # fmt: skip
        assert sum(self.pull("contract").values()) == 1
        with egress.Client() as client:
            again = self.speaker(client).again("contract", [first["id"]])
        assert [item.source_id for item in again] == [first["subscriptionNumber"]]

    def test_what_was_merged_gives_its_contracts_over(
        self, vendor: Standin, target: Subscription
    ) -> None:
        first = self.say("client", "C-2", **{**CLIENT_2, "parent": None})
        made = self.bring_in()
        self.deliver(target)
        outcome = merge(first.pk, [made["C-1"].pk], hub.STEWARD)
        self.deliver(target)
        code = made["CT-1"].code
        assert self.owner(vendor, code) == first.code
        assert self.held(vendor, "contract", code)[0]["golden_status__c"] == "active"
        undo(outcome.merges[0].pk, hub.STEWARD)
        self.deliver(target)
        assert self.owner(vendor, code) == made["C-1"].code
        assert targets.at_rest(target)

    def owner(self, vendor: Standin, code: str) -> Any:
        [contract] = self.held(vendor, "contract", code)
        return vendor.table("accounts")[contract["accountId"]]["accountNumber"]

    def test_a_custom_field_that_nobody_made_is_no_silent_loss(
        self, vendor: Standin, target: Subscription
    ) -> None:
        Connection.objects.update(settings={"currency": "EUR", "key_field": "our_id__c"})
        self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        dead = target.lanes.filter(parked="dead").values_list("last_error", flat=True)
        assert list(dead) == ["answered 400: Error - unrecognised fields"]

    def items(self, vendor: Standin) -> list[tuple[str, Any, str]]:
        """Number, amount and state of every order line item."""
        return [(item["itemNumber"], item["amountPerUnit"], item["itemState"])
                for order in vendor.table("orders").values()
                for item in order["orderLineItems"]]  # fmt: skip

    def test_items_wait_until_somebody_bills_them(
        self, vendor: Standin, target: Subscription
    ) -> None:
        assert isinstance(vendor, Zuora)
        code = self.bring_in()["BS-1"].code
        self.deliver(target)
        first, second = SCHEDULE["items"]
        vendor.send_to_billing(f"{code}.1", "Complete")
        third = {"item_no": "3", "description": "Extra", "bill_date": "2026-11-01", "amount": "5"}
        items = [{**first, "amount": "1"}, {**second, "amount": "2"}, third]
        self.say("billing_schedule", "BS-1", **{**SCHEDULE, "items": items})
        self.deliver(target)
        assert self.items(vendor) == [
            (f"{code}.1", 50000, "Complete"), (f"{code}.2", 2, "Executing"),
            (f"{code}~2.3", 5, "Executing"),
        ]  # fmt: skip
        self.again(target)
        assert len(self.items(vendor)) == 3
        retire(hub.SENDER, "erp", "billing_schedule", "BS-1")
        self.deliver(target)
        assert [state for *_, state in self.items(vendor)] == ["Complete", "Canceled", "Canceled"]
        self.say("billing_schedule", "BS-1", **{**SCHEDULE, "name": "Again"})
        self.deliver(target)
        assert self.items(vendor)[3:] == [(f"{code}~3.2", 70000.25, "Executing")]
        assert targets.at_rest(target)

    def test_what_was_billed_comes_back(self, vendor: Standin, target: Subscription) -> None:
        assert isinstance(vendor, Zuora)
        code = self.bring_in()["BS-1"].code
        self.deliver(target)
        vendor.send_to_billing(f"{code}.1", "Complete")
        self.pull("billing_schedule")
        told = hub.document(Golden.objects.get(entity="billing_schedule"))["items"]
        assert [item.get("item_status") for item in told] == ["invoiced", None]
        self.deliver(target)
        assert [state for *_, state in self.items(vendor)] == ["Complete", "Executing"]
        assert targets.at_rest(target)

    def test_another_payer_is_another_order(self, vendor: Standin, target: Subscription) -> None:
        made = self.bring_in()
        self.deliver(target)
        self.say("client", "C-2", **{**CLIENT_2, "parent": None, "currency": "EUR"})
        self.say("client", "C-3", legal_name="Payer SE", client_status="active", currency="EUR")
        self.deliver(target)
        self.say("billing_schedule", "BS-1",
                 **{**SCHEDULE, "bill_to_client": {"source_id": "C-3"}})  # fmt: skip
        self.deliver(target)
        old, new = vendor.table("orders").values()
        assert {item["itemState"] for item in old["orderLineItems"]} == {"Canceled"}
        assert {item["itemState"] for item in new["orderLineItems"]} == {"Executing"}
        assert new["existingAccountNumber"] != old["existingAccountNumber"]
        assert new["customFields"]["golden_id__c"] == made["BS-1"].code

    def test_what_is_not_billed_by_item_is_not_ordered(
        self, vendor: Standin, target: Subscription
    ) -> None:
        self.bring_in()
        self.say("billing_schedule", "BS-1", **{**SCHEDULE, "items": []})
        self.deliver(target)
        dead = target.lanes.filter(parked="dead").values_list("last_error", flat=True)
        assert list(dead) == ["Zuora holds what is billed by item, and there is no item to bill"]
        assert not vendor.table("orders")

    def test_without_a_rate_plan_no_contract_is_made(
        self, vendor: Standin, target: Subscription
    ) -> None:
        Connection.objects.update(settings={"currency": "EUR"})
        self.bring_in()
        self.deliver(target)
        dead = target.lanes.filter(parked="dead").values_list("last_error", flat=True)
        assert list(dead) == ["the setting rate_plan names no product rate plan for contracts"]
        assert not vendor.table("orders")

    def test_what_was_signed_there_comes_in(self, vendor: Standin, target: Subscription) -> None:
        assert isinstance(vendor, Zuora)
        vendor.sign(vendor.add("A-7", "Velodrome Ghent NV"), "A-S00000007")
        self.pull("client")
        assert self.pull("contract") == {"created": 1}
        contract = hub.document(Golden.objects.get(entity="contract"))
        assert (contract["contract_status"], contract["currency"]) == ("active", "EUR")
        assert contract["client"] == str(Golden.objects.get(entity="client").pk)
        assert "effective_to" not in contract

    def test_the_vendors_own_library_agrees(self, vendor: Standin, target: Subscription) -> None:
        """zuora_sdk, unmodified: addresses, verbs and paging; and our bodies by its models."""
        python = environment.python(SDK)
        made = self.bring_in()
        self.deliver(target)
        self.say("contract", "CT-1", **{**CONTRACT, "client": {"source_id": "C-2"}, "title": "B"})
        self.rename("client", "C-1", "Renamed")
        self.say("billing_schedule", "BS-1", **{**SCHEDULE, "items": [
            {**item, "amount": "7"} for item in SCHEDULE["items"]]})  # fmt: skip
        self.deliver(target)
        self.rename("billing_schedule", "BS-1", "Renamed")
        self.deliver(target)
        sent = [[MODELS[call.method, call.path.split("/")[2]], json.loads(call.body)]
                for call in vendor.calls
                if (call.method, call.path.split("/")[2]) in MODELS]  # fmt: skip
        assert {model for model, _ in sent} == set(MODELS.values())
        codes = [made[each].code for each in ("C-1", "CT-1", "BS-1")]
        [token] = vendor.tokens
        told = environment.run(python, _SCRIPT, vendor.url, token, *codes, json.dumps(sent))
        assert told["wrong"] == []
        assert told["name"] == "Renamed"
        assert told["notes"] == "B"
        assert told["items"] == [[f"{codes[2]}.{n}", "Executing"] for n in (1, 2)]
        assert sorted(told["found"]) == sorted(
            row["id"] for row in vendor.table("accounts").values()
        )
        assert told["refused"] == "53100040"


SDK = ["zuora_sdk==3.21.0", "jsonschema==4.25.1"]
MODELS = {
    ("POST", "accounts"): "CreateAccountRequest",
    ("PUT", "accounts"): "UpdateAccountRequest",
    ("POST", "subscriptions"): "CreateSubscriptionRequest",
    ("PUT", "subscriptions"): "UpdateSubscriptionRequest",
    ("POST", "orders"): "CreateOrderRequest",
    ("PUT", "orders"): "UpdateOrderCustomFieldsRequest",
    ("PUT", "order-line-items"): "UpdateOrderLineItemRequest",
}
_SCRIPT = """
import importlib, importlib.util, json, re, sys, types

# Its index imports 1,800 modules in ten seconds: they are taken one by one instead.
place = importlib.util.find_spec("zuora_sdk").submodule_search_locations[0]
for name in ("zuora_sdk", "zuora_sdk.api", "zuora_sdk.models"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [place + name.removeprefix("zuora_sdk").replace(".", "/")]
models = sys.modules["zuora_sdk"].models = sys.modules["zuora_sdk.models"]

def model(name):
    if name.startswith("__"):
        raise AttributeError(name)
    module = re.sub("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    return getattr(importlib.import_module("zuora_sdk.models." + module), name)

models.__getattr__ = model

from jsonschema import Draft202012Validator
from zuora_sdk.api.accounts_api import AccountsApi
from zuora_sdk.api.actions_api import ActionsApi
from zuora_sdk.api.orders_api import OrdersApi
from zuora_sdk.api.subscriptions_api import SubscriptionsApi
from zuora_sdk.api_client import ApiClient
from zuora_sdk.configuration import Configuration

url, token, account, contract, schedule, sent = sys.argv[1:]
told = {"wrong": []}
for name, body in json.loads(sent):
    schema = model(name).model_json_schema()
    own = {field for field in body if not field.endswith("__c")}
    told["wrong"] += [f"{name}: {field}" for field in own - set(schema["properties"])]
    told["wrong"] += [f"{name} {list(error.path)}: {error.message}"
                      for error in Draft202012Validator(schema).iter_errors(body)]
client = ApiClient(Configuration(host=url, access_token=token))
told["name"] = AccountsApi(client).get_account(account).basic_info.name
told["notes"] = SubscriptionsApi(client).get_subscription_by_key(contract).notes
order = OrdersApi(client).get_order(schedule).order
told["items"] = [[item.item_number, item.item_state] for item in order.order_line_items]
actions = ActionsApi(client)
asked = "SELECT Id, UpdatedDate FROM Account"
page = actions.action_post_query(models.ProxyActionqueryRequest(query_string=asked))
told["found"] = [row["Id"] for row in page.records]
while not page.done:
    more = models.ProxyActionqueryMoreRequest(query_locator=page.query_locator)
    page = actions.action_postquery_more(more)
    told["found"] += [row["Id"] for row in page.records]
told["refused"] = str(AccountsApi(client).get_account("nobody").reasons[0].code)
print(json.dumps(told))
"""
