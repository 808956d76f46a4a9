"""Salesforce against an organisation that stands in: the contract, and its own traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.standins.salesforce import Salesforce
from tests.standins.server import Standin
from tests.sync.connectors.kit import ConnectorContract


class TestSalesforce(ConnectorContract):
    """The contract."""

    connector = "salesforce"
    vendor_class = Salesforce
    writes = ("client", "rate_card", "contract", "engagement")
    reads = ("client", "resource", "rate_card", "contract", "engagement")
    write_call = "PATCH .*/composite/sobjects"
    poison = {"contacts": [{"name": "Ada", "email": "ada@nowhere"}]}

    def prepare(self, vendor: Standin) -> None:
        assert isinstance(vendor, Salesforce)
        vendor.insert("Product2", Name="Consultant", ProductCode="CONS")
        vendor.insert("Product2", Name="Partner", ProductCode="PART")

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        table = {"client": "Account", "rate_card": "Pricebook2", "contract": "Contract",
                 "engagement": "Opportunity"}[entity]  # fmt: skip
        return [r for r in vendor.table(table).values() if r["Golden_Id__c"] == key]

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        return record["Name"]

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        return bool(record["Type"] != "Former Customer")

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        assert isinstance(vendor, Salesforce)
        vendor.update("Account", source_id, Name=name)
