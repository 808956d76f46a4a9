"""Billing schedules as orders of line items, by their numbers.

An item waits in the state `Executing` until whoever bills there sends it to billing. Until then it
follows the schedule; afterwards it stays what it is. An order takes no further items, and keeps
its account: what is new goes into the next order, and a schedule is all that have followed each
other (`successors`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sync.connectors import milestones
from sync.connectors.base import Missing
from sync.connectors.faults import poison
from sync.connectors.forms import number
from sync.connectors.profile import Rendered
from sync.connectors.successors import numbered, parted
from sync.connectors.zuora.accounts import number_of
from sync.connectors.zuora.records import INACTIVE, Record, Records
from sync.outbound.answers.retry import Answer
from sync.outbound.content.envelope import Message

NAMES: Final = milestones.Names("itemName", "billTargetDate", "amountPerUnit")
ITEMS: Final = "/v1/order-line-items"
WAITING, GIVEN_UP = "Executing", "Canceled"
NAME, CONTRACT = "golden_name__c", "relatedSubscriptionNumber"
AT_ONCE: Final = 40  # orders of a page: Zuora's most
Order = Mapping[str, Any]
Item = Mapping[str, Any]


class Orders(Records):
    """Orders whose line items are a billing schedule's."""

    path = "/v1/orders"

    def settle(self, rendered: Rendered) -> Rendered:
        """What is to be billed of it."""
        return milestones.settle(rendered, NAMES)

    def create(self, rendered: Rendered, message: Message) -> str:
        """Order what is to be billed."""
        wanted = {element.key: element.values for element in rendered.elements}
        if not wanted:
            raise poison("Zuora holds what is billed by item, and there is no item to bill")
        self._order(message.key, wanted, rendered, message)
        return message.key

    def update(self, source_id: str, rendered: Rendered, message: Message) -> None:
        """Change the items that wait, give up those that are gone, order those that are new."""
        chain = self._known(source_id)
        if rendered.values["itemised"] or not rendered.values["in_force"]:
            wanted = {element.key: element.values for element in rendered.elements}
            account = number_of(self.tenant, rendered.values["accountId"])
            kept = self._kept(chain, wanted, account, rendered.values[CONTRACT])
            if new := {key: values for key, values in wanted.items() if key not in kept}:
                self._order(numbered(source_id, len(chain) + 1), new, rendered, message)
                return
        self._mark(chain[-1], self._fields(rendered, message))

    def end(self, source_id: str, message: Message) -> None:
        """Give up what waits, and say so."""
        chain = self._known(source_id)
        self._kept(chain, {}, "", "")
        self._mark(chain[-1], {self.settings["status_field"]: INACTIVE})

    def _order(
        self, key: str, items: Mapping[str, Item], rendered: Rendered, message: Message
    ) -> None:
        values = rendered.values
        lines = [
            {"itemNumber": f"{key}.{item_no}", "itemState": WAITING, "itemType": "Fee",
             "quantity": 1, CONTRACT: values[CONTRACT], "currency": values["currency"],
             **{name: value for name, value in item.items() if value is not None}}
            for item_no, item in items.items()
        ]  # fmt: skip
        fields = {n: v for n, v in self._fields(rendered, message).items() if v is not None}
        body = {
            "orderNumber": key,
            "orderDate": str(values["orderDate"])[:10],
            "existingAccountNumber": number_of(self.tenant, values["accountId"]),
            "customFields": fields,
            "orderLineItems": lines,
        }
        self.tenant.make(self.path, body, message)

    def _fields(self, rendered: Rendered, message: Message) -> dict[str, Any]:
        own = {NAME: rendered.values[NAME]} if NAME in rendered.values else {}
        return {**own, **self.ours(message)}

    def _kept(
        self, chain: Iterable[Order], wanted: Mapping[str, Item], account: str, contract: str
    ) -> set[str]:
        """Bring what waits to what is wanted; returns the items that need no further order."""
        kept: set[str] = set()
        for order, item_no, item in _live(chain):
            if item["itemState"] != WAITING:
                kept.add(item_no)
                continue
            values = wanted.get(item_no)
            right = (order["existingAccountNumber"], item.get(CONTRACT)) == (account, contract)
            if values is None or not right:
                self._change(item, {"itemState": GIVEN_UP})
                continue
            kept.add(item_no)
            changed = {n: v for n, v in values.items() if _plain(item.get(n)) != _plain(v)}
            if changed:
                self._change(item, changed)
        return kept

    def _change(self, item: Item, values: Mapping[str, Any]) -> None:
        self.tenant.write(f"{ITEMS}/{item['id']}", values)

    def _mark(self, order: Order, wanted: Mapping[str, Any]) -> None:
        held = order.get("customFields") or {}
        changed = {
            n: "" if v is None else v for n, v in wanted.items() if (held.get(n) or None) != v
        }
        if changed:
            self.tenant.write(f"{self.place(order['orderNumber'])}/customFields",
                              {"customFields": changed})  # fmt: skip

    def _chain(self, key: str) -> list[Order]:
        """All orders of a schedule, in their sequence."""
        found: list[Order] = []
        while answer := self.tenant.found(self.place(numbered(key, len(found) + 1))):
            found.append(answer["order"])
        return found

    def _known(self, source_id: str) -> list[Order]:
        chain = self._chain(source_id)
        if not chain:
            raise Missing(Answer(reason="there is no such order"))
        return chain

    # Reading

    def record(self, which: str) -> Record | None:
        """A schedule by its key; nothing where the order has no line items."""
        chain = self._chain(which)
        return self.inward({"chain": chain}) if chain and chain[0].get("orderLineItems") else None

    def inward(self, answer: Mapping[str, Any]) -> Record:
        """All orders of a schedule as one."""
        last = answer["chain"][-1]
        account = self.tenant.found(f"/v1/accounts/{last['existingAccountNumber']}") or {}
        live = list(_live(answer["chain"]))
        lines = [item for _, _, item in live] or list(last["orderLineItems"])
        return {
            **(last.get("customFields") or {}),
            "key": parted(last["orderNumber"])[0],
            "accountId": (account.get("basicInfo") or {}).get("id"),
            "currency": last.get("currency"),
            "orderDate": answer["chain"][0]["orderDate"],
            CONTRACT: lines[-1].get(CONTRACT),
            "items": [{**{n: item.get(n) for n in ("itemName", "billTargetDate", "amountPerUnit")},
                       "item_no": item_no, "itemState": _told(item)}
                      for _, item_no, item in live],
            "modified": max(map(_changed_at, answer["chain"])),
        }  # fmt: skip

    def stamps(self, since: datetime | None = None) -> dict[str, str]:
        """Orders by the day of their last change: Zuora tells no finer."""
        query = f"?pageSize={AT_ONCE}"
        if since:
            query += f"&dateFilterOption=updatedDate&startDate={since.date().isoformat()}"
        return self._newest(order for page in self._pages(query) for order in page)

    def stamps_of(self, source_ids: Iterable[str]) -> dict[str, str]:
        """When these last changed."""
        return self._newest(order for each in source_ids for order in self._chain(each))

    @staticmethod
    def _newest(orders: Iterable[Order]) -> dict[str, str]:
        found: dict[str, str] = {}
        for order in orders:
            key = parted(order["orderNumber"])[0]
            if order.get("orderLineItems"):
                found[key] = max(found.get(key, ""), _changed_at(order))
        return found

    def _pages(self, query: str) -> Iterator[Collection[Order]]:
        path = f"{self.path}{query}"
        while path:
            answer = self.tenant.found(path) or {}
            yield answer.get("orders") or ()
            path = str(answer.get("nextPage") or "")


def _live(chain: Iterable[Order]) -> Iterator[tuple[Order, str, Item]]:
    """The items of orders that were not given up, each with its number in the schedule."""
    for order in chain:
        for item in order.get("orderLineItems") or ():
            if item["itemState"] != GIVEN_UP:
                yield order, str(item["itemNumber"]).removeprefix(f"{order['orderNumber']}."), item


def _changed_at(order: Order) -> str:
    """When an order last changed; Zuora tells no zone, and is taken to mean UTC."""
    stamp = datetime.fromisoformat(str(order["updatedDate"]))
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).isoformat()


def _told(item: Item) -> str | None:
    """A state that says something of an item: to wait says nothing."""
    return item["itemState"] if item["itemState"] in {"SentToBilling", "Complete"} else None


def _plain(value: Any) -> Any:
    return number(value) if not isinstance(value, str) else value or None
