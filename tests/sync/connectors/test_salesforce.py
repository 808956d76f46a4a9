"""Salesforce against an organisation that stands in: the contract, and its own traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.standins.salesforce import Salesforce
from tests.standins.server import Standin
from tests.sync.connectors.bench import Bench
from tests.sync.connectors.kit import ConnectorContract


class SalesforceBench(Bench):
    """An organisation with two products."""

    connector = "salesforce"
    vendor_class = Salesforce
    writes: ClassVar[tuple[str, ...]] = ("client", "rate_card", "contract", "engagement")
    reads: ClassVar[tuple[str, ...]] = ("client", "resource", "rate_card", "contract", "engagement")
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


class TestContract(SalesforceBench, ConnectorContract):
    """The contract."""
