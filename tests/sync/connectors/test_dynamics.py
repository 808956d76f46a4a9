"""Dynamics 365 Finance against an environment that stands in: the contract, and its own traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from canonical.models import OrderBy, SourceRecord, System
from sync import egress
from sync.inbound.receive import retire
from sync.models import Subscription, TargetHealth
from tests.factories import hub, targets
from tests.standins.dynamics import Dynamics
from tests.standins.server import Fault, Standin
from tests.sync.connectors.bench import Bench, messages_of
from tests.sync.connectors.kit import ConnectorContract
from tests.sync.connectors.samples import CLIENT_1, CLIENT_2, CONTRACT, ENGAGEMENT

TABLES = {
    "client": "CustomersV3", "contract": "CDSProjectContracts", "engagement": "ProjectsV2",
}  # fmt: skip
NUMBERS = {
    "client": "CustomerAccount", "contract": "SourceDataID",
    "engagement": "IntegrationSourceDataId",
}  # fmt: skip
NAMES = {"client": "OrganizationName", "contract": "Name", "engagement": "ProjectName"}


class DynamicsBench(Bench):
    """An environment with two companies besides that of our user."""

    connector = "dynamics365-finance"
    vendor_class = Dynamics
    writes = ("client", "contract", "engagement")
    reads = ("client", "resource", "contract", "engagement")
    settings = {"company": "USMF", "customer_group": "30", "project_group": "TM"}
    write_call = "POST .*/CustomersV3"
    poison = {"currency": "JPY"}

    def prepare(self, vendor: Standin) -> None:
        System.objects.filter(code=self.system).update(order_by=OrderBy.RECEIVED)

    def login(self, vendor: Standin) -> dict[str, str]:
        scope = {"scope": f"{vendor.url}/.default"}
        return {**super().login(vendor), "token_url": f"{vendor.url}/tenant/token", **scope}

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        rows = vendor.table(TABLES[entity]).values()
        return [row for row in rows if row.get(NUMBERS[entity]) == key]

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        return record[NAMES[entity]]

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        return bool(record["OnHoldStatus"] != "All")

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        assert isinstance(vendor, Dynamics)
        vendor.change("CustomersV3", source_id.replace(":", "|"), OrganizationName=name)


class TestContract(DynamicsBench, ConnectorContract):
    """The contract."""


@pytest.mark.django_db
class TestTraps(DynamicsBench):
    """The traps."""

    def test_a_record_goes_by_company_and_number(
        self, vendor: Standin, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        project = self.say("engagement", "E-1", **ENGAGEMENT)
        self.deliver(target)
        self.rename("client", "C-1", "Renamed")
        self.deliver(target)
        assert list(vendor.table("CustomersV3")) == [f"usmf|{golden.code}"]
        assert list(vendor.table("ProjectsV2")) == [f"usmf|{project.code}"]
        [patch] = vendor.requests("PATCH", "CustomersV3")
        assert patch.headers["if-match"] == "*"
        assert patch.query["cross-company"] == "true"
        assert "dataAreaId" not in patch.json

    def test_a_number_used_in_two_companies_stands_for_two_records(
        self, vendor: Standin, target: Subscription
    ) -> None:
        for company in ("usmf", "demf"):
            vendor.table("CustomersV3")[f"{company}|1001"] = {
                "dataAreaId": company, "CustomerAccount": "1001", "__version": 1,
                "OrganizationName": f"Old of {company}", "SalesCurrencyCode": "EUR",
            }  # fmt: skip
        self.pull("client")
        ids = SourceRecord.objects.filter(system=self.system).values_list("source_id", flat=True)
        assert set(ids) == {"usmf:1001", "demf:1001"}

    def test_a_day_that_is_gone_is_never(self, vendor: Standin, target: Subscription) -> None:
        self.say("client", "C-1", **CLIENT_1)
        golden = self.say("engagement", "E-1", **ENGAGEMENT)
        self.deliver(target)
        row = self.one(vendor, "engagement", golden)
        assert row["ProjectedStartDate"] == "2026-02-01T12:00:00Z"
        self.say("engagement", "E-1", **{**ENGAGEMENT, "planned_start": None})
        self.deliver(target)
        row = self.one(vendor, "engagement", golden)
        assert row["ProjectedStartDate"] == "1900-01-01T12:00:00Z"
        with egress.Client() as client:
            [held] = self.speaker(client).read("engagement")
        assert held.values["planned_start"] is None
        assert held.values["client"] == row["dataAreaId"] + ":" + row["CustomerAccountNumber"]

    def test_a_currency_is_never_emptied(self, vendor: Standin, target: Subscription) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        self.say("client", "C-1", **{**CLIENT_1, "currency": None, "website": None})
        self.deliver(target)
        row = self.one(vendor, "client", golden)
        assert (row["SalesCurrencyCode"], row["PrimaryContactURL"]) == ("EUR", "")
        with egress.Client() as client:
            [message] = messages_of(target, [golden])
            projection = self.speaker(client).projection(message)
        assert "currency" not in projection
        assert projection["website"] is None
        assert targets.at_rest(target)

    def test_a_throttled_call_says_how_long(self, vendor: Standin, target: Subscription) -> None:
        self.say("client", "C-1", **CLIENT_1)
        vendor.next(Fault("throttled", vendor.throttled), on=self.write_call)
        self.deliver(target)
        assert TargetHealth.objects.get(subscription=target).not_before is not None

    def test_the_reason_behind_a_general_error_is_told(
        self, vendor: Standin, target: Subscription
    ) -> None:
        self.say("client", "C-2", **{**CLIENT_2, "parent": None, "currency": "JPY"})
        self.deliver(target)
        [error] = target.lanes.filter(parked="dead").values_list("last_error", flat=True)
        assert "not found in the related table" in error

    def test_a_project_names_its_contract_and_a_manager_of_no_company(
        self, vendor: Standin, target: Subscription
    ) -> None:
        vendor.table("EssWorkers")["000123"] = {
            "PersonnelNumber": "000123", "FirstName": "Grace", "LastName": "Okafor",
            "Name": "Grace Okafor", "__version": 1,
        }  # fmt: skip
        assert self.pull("resource") == {"created": 1}
        self.say("client", "C-1", **CLIENT_1)
        contract = self.say("contract", "CT-1", **CONTRACT)
        contracts = [{"source_id": "CT-1"}]
        golden = self.say("engagement", "E-1", **{**ENGAGEMENT, "contracts": contracts})
        self.deliver(target)
        row = self.one(vendor, "engagement", golden)
        assert row["ProjectContractId"] == contract.code
        assert isinstance(vendor, Dynamics)
        vendor.change("ProjectsV2", f"usmf|{golden.code}", ProjectManagerPersonnelNumber="000123")
        self.pull("engagement")
        held = SourceRecord.objects.get(system=self.system, entity="engagement")
        assert held.current is not None
        assert held.current.values["manager"] == {"source_id": "000123"}
        assert held.current.values["contracts"] == [{"source_id": f"usmf:{contract.code}"}]

    def test_nothing_says_that_a_contract_ended(
        self, vendor: Standin, target: Subscription
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        golden = self.say("contract", "CT-1", **CONTRACT)
        self.deliver(target)
        before = self.one(vendor, "contract", golden)
        retire(hub.SENDER, "erp", "contract", "CT-1")
        self.deliver(target)
        assert self.one(vendor, "contract", golden) == before
        assert targets.at_rest(target)
