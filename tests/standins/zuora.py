"""A tenant of Zuora with accounts and subscriptions.

A subscription keeps its number and gets another id with each version; another term or owner is
another version. An order gives one over to another account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from tests.standins.server import Call, Reply, route
from tests.standins.zuora_accounts import LACKING, NOT_FOUND, RULE, no
from tests.standins.zuora_orders import Orders

SUBSCRIPTIONS: Final = "/v1/subscriptions"
CUSTOM: Final = {"golden_id__c", "golden_status__c", "contract_number__c", "po_number__c"}
NEW: Final = CUSTOM | {"accountKey", "subscriptionNumber", "contractEffectiveDate", "termType",
                       "initialTerm", "initialTermPeriodType", "renewalTerm", "runBilling",
                       "subscribeToRatePlans", "notes"}  # fmt: skip
CHANGED: Final = CUSTOM | {"notes", "termType", "currentTerm", "currentTermPeriodType"}
NEEDED: Final = ("accountKey", "contractEffectiveDate", "termType", "subscribeToRatePlans")
TERM: Final = ("termType", "currentTerm")
RATE_PLAN: Final = "8ad08d2986bd0a4c0186bdcd1a2b0001"  # of the catalog: costs nothing
TRIGGERS: Final = ["ContractEffective", "ServiceActivation", "CustomerAcceptance"]
Row = dict[str, Any]


class Zuora(Orders):
    """One tenant."""

    # What its users do

    def sign(self, account: str, number: str) -> None:
        """A user subscribes an account without end."""
        self._subscribe({"accountKey": account, "subscriptionNumber": number,
                         "contractEffectiveDate": "2026-01-01", "termType": "EVERGREEN",
                         "subscribeToRatePlans": [{"productRatePlanId": RATE_PLAN}]})  # fmt: skip

    # The interface

    @route("POST", SUBSCRIPTIONS)
    def subscribe(self, call: Call) -> Reply:
        self.bearer(call)
        self.strict(call, NEW)
        return self.once(call, self._subscribe)

    @route("GET", f"{SUBSCRIPTIONS}/(?P<which>[^/]+)")
    def subscription(self, call: Call) -> Reply:
        """The latest version by number; by id that version."""
        self.bearer(call)
        row = self.latest(call.parts["which"])
        return Reply(200, {**{n: v for n, v in row.items() if n != "UpdatedDate"}, "success": True})

    @route("PUT", f"{SUBSCRIPTIONS}/(?P<which>[^/]+)")
    def change_subscription(self, call: Call) -> Reply:
        self.bearer(call)
        self.strict(call, CHANGED)
        row, body = self.latest(call.parts["which"]), call.json
        if any(name in body for name in TERM):
            row = self._version(row)
            self._set_term(row, body, "currentTerm")
        row |= {n: v for n, v in body.items() if n in CUSTOM | {"notes"}}
        row["UpdatedDate"] = self.stamp()
        return Reply(200, {"success": True, "subscriptionId": row["id"]})

    @route("POST", "/v1/orders")
    def order(self, call: Call) -> Reply:
        self.bearer(call)
        return self.once(call, self._order)

    # The rules

    def latest(self, which: str) -> Row:
        """A subscription by number, in its last version, or by the id of one."""
        rows = self.table("subscriptions").values()
        for row in reversed(rows):
            if which in (row["subscriptionNumber"], row["id"]):
                return row
        raise no(NOT_FOUND, f"Cannot find entity by key: {which}")

    def _subscribe(self, body: Mapping[str, Any]) -> Reply:
        for name in NEEDED:
            if not body.get(name):
                raise no(LACKING, f"Missing required value for {name}")
        account = self.account(body["accountKey"])
        plans = [plan["productRatePlanId"] for plan in body["subscribeToRatePlans"]]
        if plans != [RATE_PLAN]:
            raise no(NOT_FOUND, f"Cannot find entity by key: {plans}")
        rows = self.table("subscriptions")
        if any(r["subscriptionNumber"] == body["subscriptionNumber"] for r in rows.values()):
            raise no(RULE, "The subscription number already exists.")
        begins = body["contractEffectiveDate"]
        row: Row = {
            "accountId": account["id"], "subscriptionNumber": body["subscriptionNumber"],
            "contractEffectiveDate": begins, "termStartDate": begins, "status": "Active",
            "currency": account["currency"], "totalContractedValue": 0, "ratePlans": [],
            **{n: v for n, v in body.items() if n in CUSTOM | {"notes"}},
        }  # fmt: skip
        self._set_term(row, body, "initialTerm")
        self._version(row)
        return Reply(200, {"success": True, "subscriptionNumber": row["subscriptionNumber"]})

    def _order(self, body: Mapping[str, Any]) -> Reply:
        owner = self.account(body["existingAccountNumber"])
        if "subscriptions" in body:
            assert set(body) == {"orderDate", "existingAccountNumber", "subscriptions"}
            for given in body["subscriptions"]:
                self._give_over(given, owner)
        else:
            self._sell(body, owner)
        return Reply(200, {"success": True, "orderNumber": body.get("orderNumber", "O-1")})

    def _give_over(self, given: Mapping[str, Any], owner: Row) -> None:
        row = self.latest(given["subscriptionNumber"])
        if row["accountId"] != owner["id"]:
            raise no(RULE, "The subscription belongs to another account.")
        [action] = given["orderActions"]
        assert action["type"] == "OwnerTransfer"
        assert [trigger["name"] for trigger in action["triggerDates"]] == TRIGGERS
        number = action["ownerTransfer"]["destinationAccountNumber"]
        account = self.account(number)
        if account["accountNumber"] != number:
            raise no(NOT_FOUND, f"Cannot find entity by key: {number}")
        self._version(row)["accountId"] = account["id"]

    def _version(self, row: Mapping[str, Any]) -> Row:
        rows = self.table("subscriptions")
        identity = f"{len(rows) + 1:032x}"
        rows[identity] = {**row, "id": identity, "UpdatedDate": self.stamp()}
        return rows[identity]

    @staticmethod
    def _set_term(row: Row, body: Mapping[str, Any], name: str) -> None:
        row["termType"] = body["termType"]
        if body["termType"] == "EVERGREEN":
            row["termEndDate"] = None
            return
        if not body.get(name) or body[f"{name}PeriodType"] != "Day":
            raise no(LACKING, f"Missing required value for {name}")
        ends = date.fromisoformat(row["termStartDate"]) + timedelta(days=int(body[name]))
        row["termEndDate"] = ends.isoformat()
