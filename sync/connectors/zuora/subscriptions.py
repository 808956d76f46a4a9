"""Contracts as subscriptions, by their numbers: each version of a subscription has another id.

One that we make holds a product rate plan that costs nothing; what is sold under the contract is
added there. A contract that changes its client is given over by an order (`OwnerTransfer`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from sync.connectors.faults import poison
from sync.connectors.forms import plain
from sync.connectors.profile import Rendered
from sync.connectors.zuora.accounts import number_of
from sync.connectors.zuora.records import Record, Records
from sync.outbound.content.envelope import Message

BEGINS, ENDS = "contractEffectiveDate", "termEndDate"
TRIGGERS: Final = ("ContractEffective", "ServiceActivation", "CustomerAcceptance")


class Subscriptions(Records):
    """Subscriptions in their latest version."""

    path, table, column = "/v1/subscriptions", "Subscription", "Name"

    def create(self, rendered: Rendered, message: Message) -> str:
        """Subscribe the account to the plan that contracts have."""
        plan = self.settings["rate_plan"]
        if not plan:
            raise poison("the setting rate_plan names no product rate plan for contracts")
        values = dict(rendered.filled)
        account = values.pop("accountId")
        body = {"accountKey": account, "subscriptionNumber": message.key, "renewalTerm": 0,
                "subscribeToRatePlans": [{"productRatePlanId": plan}], "runBilling": False,
                **_term(values, "initialTerm"), **values, **self.ours(message)}  # fmt: skip
        return str(self.tenant.make(self.path, body, message)["subscriptionNumber"])

    def update(self, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write what differs: another term is another version. When it began stays."""
        held, wanted = self.known(source_id), {**rendered.values, **self.ours(message)}
        account = wanted.pop("accountId", None)
        if account and account != held["accountId"]:
            self._give_over(held, account, message)
        body = {name: "" if value is None else value for name, value in wanted.items()
                if plain(held.get(name)) != plain(value)}  # fmt: skip
        if ENDS in body:
            body |= _term({BEGINS: held["termStartDate"], ENDS: wanted[ENDS]}, "currentTerm")
        changed = {name: value for name, value in body.items() if name not in (BEGINS, ENDS)}
        if changed:
            self.tenant.write(self.place(source_id), changed)

    def inward(self, answer: Mapping[str, Any]) -> Record:
        """A subscription is flat as it is; without a term it has no end."""
        termed = answer.get("termType") == "TERMED"
        kept = {n: v for n, v in answer.items() if n not in ("success", "ratePlans", "id")}
        return {**kept, ENDS: answer.get(ENDS) if termed else None}

    def known_as(self, identity: str) -> str:
        """The number of the subscription that has, or had, this id."""
        found = self.tenant.found(self.place(identity)) if identity.isalnum() else None
        return str(found["subscriptionNumber"]) if found else identity

    def _give_over(self, held: Record, account: str, message: Message) -> None:
        today = datetime.now(UTC).date().isoformat()
        action = {
            "type": "OwnerTransfer",
            "triggerDates": [{"name": name, "triggerDate": today} for name in TRIGGERS],
            "ownerTransfer": {"destinationAccountNumber": number_of(self.tenant, account)},
        }
        given = {"subscriptionNumber": held["subscriptionNumber"], "orderActions": [action]}
        owner = number_of(self.tenant, held["accountId"])
        order = {"orderDate": today, "existingAccountNumber": owner, "subscriptions": [given]}
        self.tenant.make("/v1/orders", order, message)


def _term(values: dict[str, Any], name: str) -> dict[str, Any]:
    """A term in days, from the day it begins to the day it ends; without an end none."""
    begins, ends = values.get(BEGINS), values.pop(ENDS, None)
    if not ends:
        return {"termType": "EVERGREEN"}
    days = (date.fromisoformat(str(ends)[:10]) - date.fromisoformat(str(begins)[:10])).days
    return {"termType": "TERMED", name: days, f"{name}PeriodType": "Day"}
