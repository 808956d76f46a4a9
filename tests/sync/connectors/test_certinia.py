"""Certinia PSA against an organisation that stands in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from sync.models import Subscription
from tests.factories import targets
from tests.standins.certinia import Certinia
from tests.standins.server import Standin
from tests.sync.connectors.kit import ConnectorContract
from tests.sync.connectors.samples import CLIENT_1, ENGAGEMENT, SCHEDULE
from tests.sync.connectors.test_salesforce import SalesforceBench

ELEMENTS = {"rate_card": "pse__Rate_Card__c", "billing_schedule": "pse__Milestone__c"}
TABLES = {
    "client": "Account", "resource": "Contact", "contract": "Contract",
    "engagement": "pse__Proj__c", **ELEMENTS,
}  # fmt: skip


class CertiniaBench(SalesforceBench):
    """An organisation with Certinia PSA."""

    connector = "certinia"
    vendor_class = Certinia
    writes: ClassVar[tuple[str, ...]] = (
        "client",
        "resource",
        "rate_card",
        "contract",
        "engagement",
        "billing_schedule",
    )
    reads: ClassVar[tuple[str, ...]] = ("client", "resource", "contract", "engagement")

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        rows = [r for r in vendor.table(TABLES[entity]).values() if r["Golden_Id__c"]]
        if entity in ELEMENTS:  # they stand for the record
            mine = [row for row in rows if row["Golden_Id__c"].startswith(f"{key}-")]
            return mine[:1]
        return [row for row in rows if row["Golden_Id__c"] == key]

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        if entity in ELEMENTS:  # the list's name has no field there
            return "Renamed"
        return record["LastName"] if entity == "resource" else record["Name"]


class TestContract(CertiniaBench, ConnectorContract):
    """The contract."""


@pytest.mark.django_db
class TestElements(CertiniaBench):
    """Records that are their elements."""

    def test_an_item_that_vanished_is_cancelled_and_the_others_stay(
        self, vendor: Certinia, target: Subscription
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        self.say("engagement", "E-1", **ENGAGEMENT)
        self.say("billing_schedule", "BS-1", **SCHEDULE)
        self.deliver(target)
        self.say("billing_schedule", "BS-1", **{**SCHEDULE, "items": SCHEDULE["items"][1:]})
        self.deliver(target)
        milestones = vendor.table("pse__Milestone__c").values()
        assert {m["Name"]: m["pse__Status__c"] for m in milestones} == {
            "Kick-off": "Cancelled",
            "Report": "Planned",
        }
        assert targets.at_rest(target)
