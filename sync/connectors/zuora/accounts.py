"""Clients as customer accounts, by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sync.connectors import paths
from sync.connectors.faults import poison
from sync.connectors.profile import Rendered
from sync.connectors.rest import segment
from sync.connectors.zuora.objects import BILL_TO
from sync.connectors.zuora.records import Record, Records
from sync.connectors.zuora.tenant import Tenant
from sync.outbound.content.envelope import Message

LONGEST: Final = 100  # characters of a contact's names


class Accounts(Records):
    """Customer accounts with their bill-to contact."""

    path, table, column = "/v1/accounts", "Account", "Id"

    def create(self, rendered: Rendered, message: Message) -> str:
        """Make an account; there is none without a currency."""
        body = {**outward(rendered.filled), "accountNumber": message.key, **self.ours(message)}
        body.setdefault("currency", self.settings["currency"])
        if not body["currency"]:
            raise poison("Zuora makes no account without a currency")
        return str(self.tenant.make(self.path, body, message)["accountId"])

    def update(self, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write by id; the currency, set once and for all, is not sent again."""
        self.known(source_id)
        body = outward(rendered.values)
        body.pop("currency", None)
        self.tenant.write(self.place(source_id), {**body, **self.ours(message)})

    def inward(self, answer: Mapping[str, Any]) -> Record:
        """An account as Zuora groups it, seen as it is written."""
        return inward(answer)


def number_of(tenant: Tenant, account_id: str) -> str:
    """The number of an account, by which orders call it."""
    account = tenant.found(f"{Accounts.path}/{segment(account_id)}")
    if account is None:
        raise poison(f"there is no account {account_id}")
    return str(account["basicInfo"]["accountNumber"])


def outward(values: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a write: a contact must have two names, and nothing is sent as empty text."""
    flat = {name: value for name, value in values.items() if name != "contact"}
    body = paths.nested(flat)
    contact = dict(body.get(BILL_TO) or {})
    if values.get("contact"):
        first, _, last = str(values["contact"]).strip().rpartition(" ")
        contact |= {"firstName": first[:LONGEST] or "-", "lastName": last[:LONGEST]}
    if "lines" in contact:
        line, _, rest = str(contact.pop("lines") or "").partition("\n")
        contact |= {"address1": line, "address2": rest.replace("\n", ", ")}
    if contact:
        body[BILL_TO] = {name: "" if value is None else value for name, value in contact.items()}
    return body


def inward(answer: Mapping[str, Any]) -> Record:
    """An account as Zuora groups it, seen as it is written."""
    billing = answer.get("billingAndPayment") or {}
    contact = dict(answer.get(BILL_TO) or {})
    lines = [contact.get("address1"), contact.get("address2")]
    contact["lines"] = "\n".join(filter(None, lines)) or None
    names = (contact.get("firstName"), contact.get("lastName"))
    seen = {**(answer.get("basicInfo") or {}), BILL_TO: contact}
    seen["contact"] = " ".join(name for name in names if name and name != "-") or None
    return {**seen, "currency": billing.get("currency"), "paymentTerm": billing.get("paymentTerm")}
