"""What is peculiar to Salesforce, each trap by itself."""

from __future__ import annotations

from typing import Any

import pytest

from canonical.models import Golden, SourceRecord
from sync.connectors.salesforce.objects import KEY
from sync.inbound.receive import retire
from sync.models import Attempt, Lane, Parked, Subscription, TargetHealth
from tests.factories import hub, targets
from tests.standins import environment
from tests.standins.salesforce import Salesforce
from tests.standins.server import Fault, Reply
from tests.sync.connectors.samples import (
    CLIENT_1,
    CLIENT_2,
    CONTRACT,
    ENGAGEMENT,
    RATE_CARD,
    RESOURCE,
)
from tests.sync.connectors.test_salesforce import SalesforceBench

ALONE = {**CLIENT_2, "parent": None}
SDK = ["simple-salesforce==1.12.10"]


@pytest.mark.django_db
class TestTraps(SalesforceBench):
    """The traps."""

    def accounts(self, vendor: Salesforce) -> list[dict[str, Any]]:
        return list(vendor.table("Account").values())

    def test_several_records_with_one_key_are_for_a_person(
        self, vendor: Salesforce, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        for key in (golden.code, golden.code.lower()):  # keys are compared without their case
            vendor.insert("Account", Name="Twin", Golden_Id__c=key)
        self.deliver(target)
        [dead] = Lane.objects.filter(parked=Parked.DEAD)
        assert dead.last_error.startswith("DUPLICATE_EXTERNAL_ID")
        retire(hub.SENDER, "erp", "client", "C-1")
        Lane.objects.update(parked=Parked.NONE, resend=True)
        self.deliver(target)
        assert "several records have this key: 001A" in Lane.objects.get().last_error

    def test_many_records_go_in_one_call(self, vendor: Salesforce, target: Subscription) -> None:
        for name in ("Arbor Legal", "Brightwater Mining", "Cobalt Retail", "Dunmore", "Elm Street"):
            self.say("client", name, legal_name=name, website=f"https://{name.split()[0]}.example")
        self.deliver(target)
        assert len(self.accounts(vendor)) == 5
        assert len(vendor.requests("PATCH", "/sobjects/Account/")) == 1

    def test_a_call_refused_as_a_whole_is_halved(
        self, vendor: Salesforce, target: Subscription
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        self.say("client", "C-2", **ALONE)
        refusal = [{"message": "Unexpected character", "errorCode": "JSON_PARSER_ERROR"}]
        vendor.next(Fault("whole", Reply(400, refusal)), on=self.write_call)
        self.deliver(target)
        assert len(self.accounts(vendor)) == 2
        assert targets.at_rest(target)

    def test_a_spent_limit_waits_an_hour(self, vendor: Salesforce, target: Subscription) -> None:
        self.say("client", "C-1", **CLIENT_1)
        vendor.next(Fault("limit", vendor.throttled), on=self.write_call)
        self.deliver(target)
        attempt, health = Attempt.objects.get(), TargetHealth.objects.get()
        assert (attempt.status, attempt.verdict) == (403, "failed")
        assert health.not_before is not None
        assert 3500 < (health.not_before - attempt.started_at).total_seconds() < 3700

    def test_a_contract_begins_as_a_draft(self, vendor: Salesforce, target: Subscription) -> None:
        self.say("client", "C-1", **CLIENT_1)
        self.say("contract", "CT-1", **CONTRACT)
        self.deliver(target)
        [contract] = vendor.table("Contract").values()
        assert (contract["Status"], contract["ContractTerm"]) == ("Activated", 12)
        assert contract["AccountId"] == self.accounts(vendor)[0]["Id"]

    def test_an_opportunity_names_its_first_contract(
        self, vendor: Salesforce, target: Subscription
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        self.say("contract", "CT-1", **CONTRACT)
        contracts = [{"source_id": "CT-1"}]
        self.say("engagement", "E-1", **{**ENGAGEMENT, "contracts": contracts})
        self.deliver(target)
        [opportunity] = vendor.table("Opportunity").values()
        assert opportunity["ContractId"] == next(iter(vendor.table("Contract")))
        assert self.pull("engagement")
        held = SourceRecord.objects.get(system=self.system, entity="engagement")
        assert held.current is not None
        [named] = held.current.values["contracts"]
        assert named == {"source_id": opportunity["ContractId"]}

    def test_what_was_deleted_there_is_made_anew(
        self, vendor: Salesforce, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        [account] = self.accounts(vendor)
        vendor.delete("Account", account["Id"])
        assert self.pull("client") == {"updated": 1}
        record = SourceRecord.objects.get(system=self.system)
        assert record.state == "retired"
        self.rename("client", "C-1", "Renamed")
        self.deliver(target)
        live = [a for a in self.accounts(vendor) if not a["IsDeleted"]]
        assert [a["Golden_Id__c"] for a in live] == [golden.code]

    def test_a_price_that_vanished_is_used_no_longer(
        self, vendor: Salesforce, target: Subscription
    ) -> None:
        self.say("rate_card", "RC-1", **RATE_CARD)
        self.deliver(target)
        self.say("rate_card", "RC-1", **{**RATE_CARD, "lines": RATE_CARD["lines"][:1]})
        self.deliver(target)
        prices = {p["UnitPrice"]: p["IsActive"] for p in vendor.table("PricebookEntry").values()}
        assert {str(price): active for price, active in prices.items()} == {
            "185.50": True,
            "320.00": False,
        }

    def test_a_price_without_its_product_says_which(
        self, vendor: Salesforce, target: Subscription
    ) -> None:
        lines = [{**RATE_CARD["lines"][0], "service_code": "NONE"}]
        self.say("rate_card", "RC-1", **{**RATE_CARD, "lines": lines})
        self.deliver(target)
        [dead] = Lane.objects.filter(parked=Parked.DEAD)
        assert dead.last_error == "PricebookEntry: there is no Product2.ProductCode NONE"

    def test_a_record_of_its_own_is_written_by_its_id(
        self, vendor: Salesforce, target: Subscription
    ) -> None:
        mine = vendor.insert("Account", Name=CLIENT_1["legal_name"], DunsNumber=CLIENT_1["duns"])
        self.pull("client")
        golden = self.say("client", "C-1", **CLIENT_1)
        assert Golden.objects.filter(entity="client").count() == 1
        self.deliver(target)
        [account] = self.accounts(vendor)
        assert (account["Id"], account[KEY]) == (mine, golden.code)
        assert account["BillingCity"] == "Berlin"

    def test_records_that_wait_for_each_other_get_their_references_later(
        self, vendor: Salesforce, target: Subscription
    ) -> None:
        self.say("client", "C-1", **{**CLIENT_1, "parent": {"source_id": "C-2"}})
        self.say("client", "C-2", **CLIENT_2)
        self.deliver(target)
        first, second = self.accounts(vendor)
        assert (first["ParentId"], second["ParentId"]) == (second["Id"], first["Id"])
        assert targets.at_rest(target)

    def test_an_attribute_not_carried_is_not_touched(
        self, vendor: Salesforce, target: Subscription
    ) -> None:
        Subscription.objects.filter(pk=target.pk).update(attributes=["legal_name"])
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        [account] = self.accounts(vendor)
        vendor.update("Account", account["Id"], Website="https://theirs.example")
        before = len(vendor.requests("PATCH"))
        self.say("client", "C-1", **{**CLIENT_1, "website": "https://ours.example"})
        self.deliver(target)
        assert len(vendor.requests("PATCH")) == before
        self.rename("client", "C-1", "Renamed")
        self.deliver(target)
        account = self.one(vendor, "client", golden)
        assert (account["Name"], account["Website"]) == ("Renamed", "https://theirs.example")

    def test_what_the_record_says_no_more_is_emptied(
        self, vendor: Salesforce, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        self.say("client", "C-1", **{**CLIENT_1, "website": None, "addresses": []})
        self.deliver(target)
        account = self.one(vendor, "client", golden)
        assert (account["Website"], account["BillingCity"]) == (None, None)

    def test_our_writes_are_marked(self, vendor: Salesforce, target: Subscription) -> None:
        self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        [call] = vendor.requests("PATCH", "/sobjects/Account/")
        assert call.headers["sforce-call-options"] == "client=assay"

    def test_users_come_in_and_are_never_made(
        self, vendor: Salesforce, target: Subscription
    ) -> None:
        vendor.insert("User", FirstName="Grace", LastName="Okafor", IsActive=True,
                      Email="grace.okafor@firm.example", EmployeeNumber="21001")  # fmt: skip
        assert self.pull("resource") == {"created": 1}
        Subscription.objects.filter(pk=target.pk).update(entities=["resource"])
        self.say("resource", "R-1", **RESOURCE)
        self.say("resource", "R-2", **{**RESOURCE, "display_name": "Olu Adé", "given_name": "Olu",
                                       "family_name": "Adé", "worker_id": "9", "user_name": "oa",
                                       "email": "olu@firm.example"})  # fmt: skip
        self.deliver(target)
        [user] = vendor.table("User").values()
        assert user["Title"] == "Senior consultant"
        assert targets.at_rest(target)

    def test_the_vendors_own_client_agrees(self, vendor: Salesforce, target: Subscription) -> None:
        """simple-salesforce, unmodified: addresses, verbs, headers and paging are the vendor's."""
        python = environment.python(SDK)
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        vendor.tokens.add("session")
        told = environment.run(python, _SCRIPT, vendor.url, golden.code)
        assert told["upserts"] == [201, 200]
        assert told["ours"] == CLIENT_1["legal_name"]
        assert told["all"] == 5
        assert told["deleted"] == "NOT_FOUND"
        assert told["several"] == 300


_SCRIPT = """
import json, sys
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce, SalesforceMoreThanOneRecord, SalesforceResourceNotFound

url, code = sys.argv[1:]

class Plain(HTTPAdapter):  # the client knows https only
    def send(self, request, **given):
        request.url = request.url.replace("https://stand-in", url)
        return super().send(request, **given)

session = requests.Session()
session.mount("https://stand-in", Plain())
sf = Salesforce(instance="stand-in", session_id="session", version="68.0", session=session)
told = {}
body = {"Name": "By the client"}
told["upserts"] = [sf.Account.upsert("Golden_Id__c/SDK-1", body) for _ in range(2)]
ours = sf.Account.get_by_custom_id("Golden_Id__c", code)
told["ours"] = ours["Name"]
for number in range(3):
    sf.Account.upsert(f"Golden_Id__c/SDK-P{number}", body)
told["all"] = len(sf.query_all("SELECT Id, Name FROM Account ORDER BY Id")["records"])
try:
    sf.Account.get_by_custom_id("Golden_Id__c", "nothing")
except SalesforceResourceNotFound as error:
    told["deleted"] = error.content[0]["errorCode"]
sf.Account.update(ours["Id"], {"Golden_Id__c": "SDK-1"})
try:
    sf.Account.upsert("Golden_Id__c/SDK-1", body)
except SalesforceMoreThanOneRecord as error:
    told["several"] = error.status
print(json.dumps(told))
"""
