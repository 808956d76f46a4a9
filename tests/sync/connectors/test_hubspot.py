"""HubSpot against an account that stands in: the contract, and its own traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from pytest_django import Settings

from canonical.models import Golden, SourceRecord
from sync.connectors.hubspot import reading
from sync.models import Lane, Parked, Subscription, TargetHealth
from sync.models.connections import LoginKind
from tests.factories import targets
from tests.standins import environment
from tests.standins.hubspot import HubSpot
from tests.standins.server import SECRET, Fault, Standin
from tests.sync.connectors.bench import Bench
from tests.sync.connectors.kit import ConnectorContract
from tests.sync.connectors.samples import (
    CLIENT_1,
    CLIENT_2,
    CONTRACT,
    ENGAGEMENT,
    RATE_CARD,
)

TABLES = {
    "client": "companies", "engagement": "deals", "contract": "orders",
    "billing_schedule": "subscriptions", "rate_card": "products",
}  # fmt: skip
NAMES = {
    "client": "name", "engagement": "dealname", "contract": "hs_order_name",
    "billing_schedule": "hs_name", "rate_card": "description",
}  # fmt: skip
ALONE = {**CLIENT_2, "parent": None}
SDK = ["hubspot-api-client==12.0.0"]


class HubSpotBench(Bench):
    """An account with the properties that the hub needs."""

    connector = "hubspot"
    vendor_class = HubSpot
    writes: ClassVar[tuple[str, ...]] = (
        "client",
        "rate_card",
        "contract",
        "engagement",
        "billing_schedule",
    )
    reads: ClassVar[tuple[str, ...]] = (
        "client",
        "resource",
        "contract",
        "engagement",
        "billing_schedule",
    )
    settings: ClassVar[Mapping[str, Any]] = {"currency": "EUR", "currencies": "EUR, GBP"}
    write_call = "POST .*/companies/batch/(update|upsert)"
    login_kind = LoginKind.KEY
    rings = False
    poison = {"contacts": [{"name": "Ada", "email": "ada@nowhere"}]}

    def login(self, vendor: Standin) -> dict[str, str]:
        return {"header": "authorization", "prefix": "Bearer "}

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        rows = [row["properties"] for row in vendor.table(TABLES[entity]).values()]
        if entity == "rate_card":  # its products stand for it
            return [row for row in rows if row["golden_list"] == key][:1]
        return [row for row in rows if row.get("golden_id") == key]

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        return record[NAMES[entity]]

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        return bool(record["golden_status"] != "inactive")

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        assert isinstance(vendor, HubSpot)
        vendor.update("companies", source_id, name=name)

    def id_of(self, vendor: Standin, golden: Golden) -> str:
        """The id of the company that carries a code."""
        [found] = [i for i, row in vendor.table("companies").items()
                   if row["properties"].get("golden_id") == golden.code]  # fmt: skip
        return found


class TestContract(HubSpotBench, ConnectorContract):
    """The contract."""


@pytest.mark.django_db
class TestTraps(HubSpotBench):
    """The traps."""

    def test_one_bad_input_of_a_batch_spoils_no_other(
        self, vendor: HubSpot, target: Subscription
    ) -> None:
        """Results come in another order, errors name the input: 207."""
        first = self.say("client", "C-1", **CLIENT_1)
        second = self.say("client", "C-2", **ALONE)
        self.deliver(target)
        vendor.table("companies").popitem()
        renamed = {**CLIENT_1, "legal_name": "Renamed"}
        self.say("client", "C-1", **renamed)
        self.say("client", "C-2", **{**ALONE, "legal_name": "Renamed too"})
        self.deliver(target)
        update = vendor.requests("POST", "/companies/batch/update")[-1]
        assert len(update.json["inputs"]) == 2
        names = {self.one(vendor, "client", golden)["name"] for golden in (first, second)}
        assert names == {"Renamed", "Renamed too"}
        assert targets.at_rest(target)

    def test_every_value_is_text(self, vendor: HubSpot, target: Subscription) -> None:
        self.say("client", "C-1", **CLIENT_1)
        deal = self.say("engagement", "E-1", **ENGAGEMENT)
        self.deliver(target)
        held = self.one(vendor, "engagement", deal)
        assert (held["amount"], held["closedate"]) == ("120000.50", "2026-01-20")
        for call in vendor.requests("POST", "/batch/upsert"):
            for item in call.json["inputs"]:
                assert all(isinstance(value, str) for value in item["properties"].values())
        self.say("engagement", "E-1", **{**ENGAGEMENT, "fee_budget": None})
        self.deliver(target)
        assert "amount" not in self.one(vendor, "engagement", deal)

    def test_a_deal_is_joined_with_its_company(self, vendor: HubSpot, target: Subscription) -> None:
        first = self.say("client", "C-1", **CLIENT_1)
        self.say("client", "C-2", **ALONE)
        self.say("engagement", "E-1", **ENGAGEMENT)
        self.deliver(target)
        company = self.id_of(vendor, first)
        [deal] = vendor.table("deals")
        assert vendor.links["deals", "companies"] == {(deal, company)}
        [contact] = vendor.table("contacts")
        assert vendor.links["contacts", "companies"] == {(contact, company)}
        assert vendor.table("contacts")[contact]["properties"]["lastname"] == "Kern"

    def test_what_was_merged_there_is_not_written_over(
        self, vendor: HubSpot, target: Subscription
    ) -> None:
        first = self.say("client", "C-1", **CLIENT_1)
        second = self.say("client", "C-2", **ALONE)
        self.deliver(target)
        kept, gone = self.id_of(vendor, first), self.id_of(vendor, second)
        vendor.merge("companies", kept, gone)
        self.say("client", "C-2", **{**ALONE, "legal_name": "Renamed"})
        self.deliver(target)
        [dead] = Lane.objects.filter(parked=Parked.DEAD)
        assert dead.golden_id == second.pk
        assert f"{gone} was merged there into {kept}" in dead.last_error
        self.pull("client")
        record = SourceRecord.objects.get(system=self.system, source_id=gone)
        assert record.state == "retired"

    def test_what_was_archived_there_comes_in_as_retired(
        self, vendor: HubSpot, target: Subscription
    ) -> None:
        mine = vendor.insert("companies", name="Arbor Legal", lifecyclestage="customer")
        self.pull("client")
        vendor.archive("companies", mine)
        assert self.pull("client")["updated"] == 1
        assert SourceRecord.objects.get(source_id=mine).state == "retired"

    def test_a_search_begins_anew_before_it_stops_answering(
        self, vendor: HubSpot, target: Subscription, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vendor.most_found = 6
        monkeypatch.setattr(reading, "MOST_FOUND", 6)
        monkeypatch.setattr(reading, "AT_ONCE", 2)
        names = ["Arbor", "Brightwater", "Cobalt", "Dunmore", "Elmstreet", "Fennel", "Gorse",
                 "Harbour", "Indigo"]  # fmt: skip
        for name in names:
            vendor.insert("companies", name=f"{name} Holdings", website=f"https://{name}.example")
        assert self.pull("client")["created"] == len(names)

    def test_owners_come_in_as_resources(self, vendor: HubSpot, target: Subscription) -> None:
        for number, name in enumerate(("Grace", "Olu", "Mei")):
            vendor.table("owners")[str(number)] = {
                "id": str(number), "email": f"{name}@firm.example", "firstName": name,
                "lastName": "Okafor-" + name, "archived": False,
                "updatedAt": "2026-01-02T00:00:00.000Z",
            }  # fmt: skip
        assert self.pull("resource") == {"created": 3}
        assert self.pull("resource") == {"unchanged": 3}

    def test_a_spent_second_waits_a_second(self, vendor: HubSpot, target: Subscription) -> None:
        self.say("client", "C-1", **CLIENT_1)
        vendor.next(Fault("limit", vendor.throttled), on=self.write_call)
        self.deliver(target)
        assert TargetHealth.objects.get().not_before is not None

    def test_a_property_that_is_missing_there_pauses(
        self, vendor: HubSpot, target: Subscription, settings: Settings
    ) -> None:
        """It is a matter of how the account is set up, and no record's fault."""
        from tests.standins import hubspot_objects as hubspot

        known = hubspot.PROPERTIES["companies"]
        hubspot.PROPERTIES["companies"] = known - {"golden_status"}
        try:
            self.say("client", "C-1", **CLIENT_1)
            self.say("client", "C-2", **ALONE)
            for _ in range(3):
                self.deliver(target)
                targets.make_due(target)
        finally:
            hubspot.PROPERTIES["companies"] = known
        target.refresh_from_db()
        assert target.status == "paused"
        assert "golden_status" in target.status_reason

    def test_the_vendors_own_client_agrees(self, vendor: HubSpot, target: Subscription) -> None:
        """hubspot-api-client, unmodified: addresses, verbs, headers and paging are the vendor's."""
        python = environment.python(SDK)
        golden = self.say("client", "C-1", **CLIENT_1)
        contract = self.say("contract", "CT-1", **CONTRACT)
        self.say("rate_card", "RC-1", **RATE_CARD)
        self.deliver(target)
        told = environment.run(python, _SCRIPT, vendor.url, SECRET, golden.code, contract.code)
        assert told["ours"] == CLIENT_1["legal_name"]
        assert told["upserted"] == [True, False]
        assert told["listed"] == 4
        assert told["found"] == 4
        assert told["joined"] == 1
        assert told["order"] == [CONTRACT["title"], ["Advice"]]
        assert told["products"] == ["CONS", "PART"]


_SCRIPT = """
import json, sys
import hubspot
from hubspot.crm import companies
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest

url, secret, code, contract = sys.argv[1:]
client = hubspot.Client.create(access_token=secret)
client.config["host"] = url
for api in (client.crm.companies.batch_api, client.crm.companies.basic_api,
            client.crm.companies.search_api, client.crm.associations.v4.batch_api,
            client.crm.objects.batch_api, client.crm.line_items.batch_api,
            client.crm.products.basic_api):
    api.api_client.configuration.host = url
told = {}
batch = client.crm.companies.batch_api
read = companies.BatchReadInputSimplePublicObjectId(
    id_property="golden_id", inputs=[{"id": code}], properties=["name"],
    properties_with_history=[])
ours = batch.read(batch_read_input_simple_public_object_id=read).results[0]
told["ours"] = ours.properties["name"]
told["upserted"] = []
for _ in range(2):
    row = companies.SimplePublicObjectBatchInputUpsert(
        id="SDK-1", id_property="golden_id", properties={"name": "By the client"})
    body = companies.BatchInputSimplePublicObjectBatchInputUpsert(inputs=[row])
    done = batch.upsert(batch_input_simple_public_object_batch_input_upsert=body)
    told["upserted"].append(done.results[0].new)
for number in range(2):
    row = companies.SimplePublicObjectBatchInputUpsert(
        id=f"SDK-P{number}", id_property="golden_id", properties={"name": "Page"})
    body = companies.BatchInputSimplePublicObjectBatchInputUpsert(inputs=[row])
    batch.upsert(batch_input_simple_public_object_batch_input_upsert=body)
told["listed"] = len(client.crm.companies.get_all())
search = {"filterGroups": [{"filters": [{"propertyName": "hs_lastmodifieddate", "operator": "GTE",
          "value": "0"}]}], "sorts": [], "properties": ["name"], "limit": 2, "after": 0}
told["found"] = client.crm.companies.search_api.do_search(
    public_object_search_request=search).total
links = client.crm.associations.v4.batch_api.get_page(
    "companies", "contacts", batch_input_public_fetch_associations_batch_request=
    BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": ours.id}]))
told["joined"] = len(links.results[0].to)
many = hubspot.crm.objects.BatchReadInputSimplePublicObjectId
[order] = client.crm.objects.batch_api.read(
    "orders", batch_read_input_simple_public_object_id=many(
        id_property="golden_id", inputs=[{"id": contract}], properties=["hs_order_name"],
        properties_with_history=[])).results
lines = client.crm.associations.v4.batch_api.get_page(
    "orders", "line_items", batch_input_public_fetch_associations_batch_request=
    BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": order.id}])).results[0].to
read = hubspot.crm.line_items.BatchReadInputSimplePublicObjectId(
    inputs=[{"id": str(line.to_object_id)} for line in lines], properties=["name"],
    properties_with_history=[])
items = client.crm.line_items.batch_api.read(batch_read_input_simple_public_object_id=read).results
told["order"] = [order.properties["hs_order_name"], [i.properties["name"] for i in items]]
products = client.crm.products.get_all(properties=["hs_sku"])
told["products"] = sorted(product.properties["hs_sku"] for product in products)
print(json.dumps(told))
"""
