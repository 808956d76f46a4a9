"""The items of a billing schedule: external charges, each on a draft invoice of its own.

A draft is Kill Bill's to-do: whoever bills there commits it when it is due. Until then it follows
the schedule: what changed is voided and made anew, since a charge cannot be changed. One that was
committed, or to whose invoice somebody added, stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from canonical import exact_json
from sync.connectors.forms import number
from sync.connectors.killbill import accounts
from sync.connectors.killbill.tenant import AUDITED, Tenant
from sync.connectors.profile import Element

DRAFT, COMMITTED = "DRAFT", "COMMITTED"
Charge = dict[str, Any]


class Charges:
    """The charges of schedules; which item one is for stands in its `itemDetails`."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def of(self, account: str) -> list[Charge]:
        """Those on the account's invoices, of whatever schedule."""
        query = {"includeInvoiceComponents": "true", **AUDITED}
        invoices = self._tenant.found(f"{accounts.place(account)}/invoices", query) or ()
        found = []
        for invoice in invoices:
            items = invoice.get("items") or ()
            for item in items:
                if about := _about(item):
                    found.append(_charge(item, invoice, about, alone=len(items) == 1))
        return found

    def settle(
        self, schedule: str, chain: Sequence[Mapping[str, Any]], items: Iterable[Element]
    ) -> None:
        """Let the drafts be those of the items, on the account of its newest subscription."""
        wanted = {item.key: item.values for item in items}
        places = {str(subscription["accountId"]): None for subscription in chain}
        charges = [c for a in places for c in self.of(a) if c["schedule"] == schedule]
        kept = {charge["item_no"] for charge in charges if not charge["open"]}
        for charge in (c for c in charges if c["open"]):
            values = wanted.get(charge["item_no"])
            if values and charge["item_no"] not in kept and _same(charge, values, chain[-1]):
                kept.add(charge["item_no"])
            else:
                self._tenant.asked("PUT", f"/invoices/{charge['invoiceId']}/voidInvoice")
        for item_no, values in wanted.items():
            if item_no not in kept:
                self._make({"schedule": schedule, "item_no": item_no}, values, chain[-1])

    def _make(
        self, about: Mapping[str, str], values: Mapping[str, Any], subscription: Mapping[str, Any]
    ) -> None:
        """One item a call: the charges of one call share an invoice."""
        details = exact_json.dumps(about)
        charge = {"accountId": subscription["accountId"], "bundleId": subscription["bundleId"],
                  "subscriptionId": subscription["subscriptionId"], "itemDetails": details,
                  "description": values["description"], "startDate": values["startDate"],
                  "amount": values["amount"]}  # fmt: skip
        body = [{name: value for name, value in charge.items() if value is not None}]
        query = {"requestedDate": charge["startDate"], "autoCommit": "false"}
        self._tenant.asked("POST", f"/invoices/charges/{subscription['accountId']}", body, query)


def _about(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Which item of which schedule a charge is for; nothing where it is no charge of ours."""
    try:
        details = exact_json.loads(item.get("itemDetails") or "{}")
    except ValueError:
        return {}
    ours = isinstance(details, Mapping) and {"schedule", "item_no"} <= set(details)
    return details if ours else {}


def _charge(
    item: Mapping[str, Any], invoice: Mapping[str, Any], about: Mapping[str, Any], *, alone: bool
) -> Charge:
    billed = invoice["status"] == COMMITTED
    return {
        **{name: about[name] for name in ("schedule", "item_no")},
        **{n: item.get(n) for n in ("description", "amount", "accountId", "subscriptionId")},
        "startDate": str(item["startDate"])[:10],
        "invoiceId": invoice["invoiceId"],
        "open": invoice["status"] == DRAFT and alone,
        "standing": "invoiced" if billed else None,
        "invoiceNumber": invoice.get("invoiceNumber") if billed else None,
        "invoiceDate": invoice.get("invoiceDate") if billed else None,
        "auditLogs": invoice.get("auditLogs"),
    }


def _same(charge: Charge, values: Mapping[str, Any], subscription: Mapping[str, Any]) -> bool:
    return (
        charge["subscriptionId"] == subscription["subscriptionId"]
        and (charge["description"] or None) == (values["description"] or None)
        and charge["startDate"] == values["startDate"]
        and number(charge["amount"]) == number(values["amount"])
    )
