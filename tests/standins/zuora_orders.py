"""Orders of line items in a tenant of Zuora.

An item is changed only while it waits (`Executing`); an order takes no further items and keeps its
account; numbers of orders and of their items are used once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.standins.server import Call, Reply, route
from tests.standins.zuora_accounts import LACKING, NOT_FOUND, RULE, Accounts, no

ORDERS: Final = "/v1/orders"
LINE: Final = {"itemNumber", "itemName", "itemState", "itemType", "quantity", "amountPerUnit",
               "billTargetDate", "currency", "relatedSubscriptionNumber"}  # fmt: skip
CUSTOM: Final = {"golden_id__c", "golden_status__c", "golden_name__c"}
PAGE: Final = 2
Row = dict[str, Any]


class Orders(Accounts):
    """A tenant that takes orders."""

    # What its users do

    def send_to_billing(self, item_number: str, state: str = "SentToBilling") -> None:
        """Whoever bills has an item billed."""
        order, item = next(f for f in self._items() if f[1]["itemNumber"] == item_number)
        item["itemState"] = state
        order["updatedDate"] = self._minute()

    # The interface

    @route("GET", ORDERS)
    def orders(self, call: Call) -> Reply:
        self.bearer(call)
        rows = list(self.table("orders").values())
        if since := call.query.get("startDate"):
            assert call.query["dateFilterOption"] == "updatedDate"
            rows = [row for row in rows if row["updatedDate"][:10] >= since]
        start = int(call.query.get("page", 1)) * PAGE - PAGE
        answer: Row = {"orders": rows[start : start + PAGE], "success": True}
        if start + PAGE < len(rows):
            kept = "&".join(f"{n}={v}" for n, v in call.query.items() if n != "page")
            answer["nextPage"] = f"{self.url}{ORDERS}?{kept}&page={start // PAGE + 2}"
        return Reply(200, answer)

    @route("GET", f"{ORDERS}/(?P<number>[^/]+)")
    def get_order(self, call: Call) -> Reply:
        self.bearer(call)
        return Reply(200, {"order": self._order_of(call), "success": True})

    @route("PUT", f"{ORDERS}/(?P<number>[^/]+)/customFields")
    def mark_order(self, call: Call) -> Reply:
        self.bearer(call)
        assert set(call.json["customFields"]) <= CUSTOM
        row = self._order_of(call)
        row["customFields"] |= call.json["customFields"]
        row["updatedDate"] = self._minute()
        return Reply(200, {"success": True})

    @route("PUT", "/v1/order-line-items/(?P<id>[^/]+)")
    def change_item(self, call: Call) -> Reply:
        self.bearer(call)
        self.strict(call, LINE - {"itemNumber", "currency"})
        for order, item in self._items():
            if item["id"] == call.parts["id"]:
                if item["itemState"] != "Executing":
                    raise no(RULE, "Only an item that is executing can be changed.")
                item |= call.json
                order["updatedDate"] = self._minute()
                return Reply(200, {"success": True})
        raise no(NOT_FOUND, "Cannot find the order line item")

    # The rules

    def _sell(self, body: Mapping[str, Any], owner: Row) -> None:
        rows, number = self.table("orders"), body["orderNumber"]
        taken = {item["itemNumber"] for _, item in self._items()}
        if number in rows or taken & {line["itemNumber"] for line in body["orderLineItems"]}:
            raise no(RULE, "The order number already exists.")
        if owner["accountNumber"] != body["existingAccountNumber"]:
            raise no(NOT_FOUND, "Cannot find the account by its number")
        assert set(body["customFields"]) <= CUSTOM
        lines = []
        for place, line in enumerate(body["orderLineItems"], 1):
            assert set(line) <= LINE, line
            if not line.get("amountPerUnit") or not line.get("billTargetDate"):
                raise no(LACKING, "Missing required value for an order line item")
            if line["currency"] != owner["currency"]:
                raise no(RULE, "The currency is not that of the account.")
            lines.append({**line, "id": f"{len(rows) + 1:030x}{place:02x}"})
        rows[number] = {
            "orderNumber": number, "orderDate": body["orderDate"], "currency": owner["currency"],
            "existingAccountNumber": owner["accountNumber"], "orderLineItems": lines,
            "customFields": dict(body["customFields"]), "updatedDate": self._minute(),
        }  # fmt: skip

    def _items(self) -> Iterator[tuple[Row, Row]]:
        for order in self.table("orders").values():
            for item in order["orderLineItems"]:
                yield order, item

    def _order_of(self, call: Call) -> Row:
        row = self.table("orders").get(call.parts["number"])
        if row is None:
            raise no(NOT_FOUND, f"Cannot find entity by key: {call.parts['number']}")
        return row

    def _minute(self) -> str:
        """The time as orders tell it."""
        return self.stamp()[:19].replace("T", " ")
