"""An environment of Dynamics 365 Finance: records of several companies, and workers of none.

Bodies are checked against OpenAPI documents, derived from its metadata or, for contracts, written
by the public definition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from tests.standins import openapi
from tests.standins.odata import ODataService
from tests.standins.server import Call, Refusal, Reply

FINANCE: Final = "dynamics365/finance.openapi.json"
SCHEMAS: Final = {
    "CustomersV3": (FINANCE, "CustomerV3"),
    "ProjectsV2": (FINANCE, "ProjectV2"),
    "EssWorkers": (FINANCE, "EssWorker"),
    "CDSProjectContracts": ("dynamics365/contracts.openapi.json", "CDSProjectContract"),
}
GROUPS: Final = {"CustomersV3": ("CustomerGroupId", "30"), "ProjectsV2": ("ProjectGroupId", "TM")}
CURRENCIES: Final = ("EUR", "GBP", "USD")
OURS: Final = "dat"  # the company of the user that the hub logs in as


class Dynamics(ODataService):
    """One environment."""

    sets = {
        "CustomersV3": ("dataAreaId", "CustomerAccount"),
        "ProjectsV2": ("dataAreaId", "ProjectId"),
        "CDSProjectContracts": ("dataAreaId", "ProjectContractID"),
        "EssWorkers": ("PersonnelNumber",),
    }
    throttled: ClassVar[Reply] = Reply(
        429, {"error": {"code": "", "message": "Too many requests"}}, {"Retry-After": "7"}
    )

    def change(self, name: str, key: str, **values: Any) -> None:
        """A user changes a record; its key is `company|number`."""
        self.check(name, values, new=False)
        self.table(name)[key] |= values

    def check(self, name: str, body: Mapping[str, Any], *, new: bool) -> None:
        keys = {} if new else dict.fromkeys(self.sets[name], "x")
        if not new and set(keys) & set(body):
            raise self.refused("A key cannot be changed.")
        spec, schema = SCHEMAS[name]
        known = openapi.document(spec)["components"]["schemas"][schema]["properties"]
        for field in body:
            if field not in known:
                raise self.refused(f"The property '{field}' does not exist on type '{name}'.")
        if found := openapi.faults(spec, schema, {**keys, **body}):
            raise self.refused(found[0])
        field, group = GROUPS.get(name, ("", None))
        if new and body.get(field) != group:
            raise self.refused(f"Field '{field}' must be filled in.")
        if body.get("SalesCurrencyCode", body.get("CurrencyCode", "EUR")) not in CURRENCIES:
            raise self.refused("The value in field 'Currency' is not found in the related table.")

    def numbered(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """A new record with what Dynamics fills in by itself."""
        if name == "CustomersV3":
            return {"SalesCurrencyCode": "EUR", "OnHoldStatus": "No", "CreditLimit": 0} | body
        account = body.get("CustomerAccountNumber") or body.get("CustomerAccount")
        if f"{body['dataAreaId']}|{account}" not in self.table("CustomersV3"):
            raise self.refused(f"Customer account {account} does not exist.")
        if name == "CDSProjectContracts":
            return {"ExchangeRate": 0, **body}
        never = "1900-01-01T12:00:00Z"
        days = dict.fromkeys(("ActualStartDate", "ActualEndDate"), never)
        return days | {"ProjectStage": "Created", "TotalPlannedEffortInHours": 0} | body

    def holds(self, row: Mapping[str, Any], call: Call) -> bool:
        """Other companies are only shown to who asks for them."""
        return _seen(row, call) and super().holds(row, call)

    def row(self, call: Call) -> dict[str, Any]:
        """The same for one record."""
        row = super().row(call)
        if not _seen(row, call):
            raise self.error(404, "", "No HTTP resource was found")
        return row

    def refused(self, message: str) -> Refusal:
        """What Dynamics says stands behind a general error."""
        behind = {"message": message}
        error = {"code": "", "message": "An error has occurred.", "innererror": behind}
        return Refusal(Reply(400, {"error": error}))


def _seen(row: Mapping[str, Any], call: Call) -> bool:
    return call.query.get("cross-company") == "true" or row.get("dataAreaId", OURS) == OURS
