"""What a client is in Zuora: a customer account, our code its account number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sync.connectors import paths
from sync.connectors.forms import CODE, COUNTRY, CURRENCY, EMAIL, LINES, PHONE, REFERENCE
from sync.connectors.profile import Field, Object, Profile, out

ADDRESS: Final = "addresses[role=billing]"
BILL_TO: Final = "billToContact"
LONGEST: Final = 100  # characters of a contact's names
ACCOUNT: Final = Object(
    "client",
    "account",
    (
        Field("name", "legal_name", required=True, otherwise=("trading_name",)),
        Field("currency", "currency", CURRENCY),
        Field("paymentTerm", "payment_terms.code", CODE),
        Field("parentId", "parent", REFERENCE),
        out("contact", "contacts[role=billing].name", otherwise=("legal_name",)),
        Field(f"{BILL_TO}.workEmail", "email", EMAIL),
        Field(f"{BILL_TO}.workPhone", "phone", PHONE),
        Field(f"{BILL_TO}.lines", f"{ADDRESS}.lines", LINES),
        Field(f"{BILL_TO}.city", f"{ADDRESS}.locality"),
        Field(f"{BILL_TO}.state", f"{ADDRESS}.region"),
        Field(f"{BILL_TO}.zipCode", f"{ADDRESS}.postal_code"),
        Field(f"{BILL_TO}.country", f"{ADDRESS}.country", COUNTRY),
    ),
    modified="modified",
    rules=({"to": "party_type", "constant": "organization"},),
)
ZUORA: Final = Profile(
    "zuora",
    "Zuora",
    {ACCOUNT.entity: ACCOUNT},
    {
        "currency": "",  # of accounts whose client has none: Zuora makes none without
        "key_field": "golden_id__c",  # custom fields of an account: our code,
        "status_field": "golden_status__c",  # and whether we still use it
    },
)


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


def inward(answer: Mapping[str, Any], modified: str = "") -> dict[str, Any]:
    """An account as Zuora groups it, seen as it is written."""
    billing = answer.get("billingAndPayment") or {}
    contact = dict(answer.get(BILL_TO) or {})
    lines = [contact.get("address1"), contact.get("address2")]
    contact["lines"] = "\n".join(filter(None, lines)) or None
    names = (contact.get("firstName"), contact.get("lastName"))
    seen = {**(answer.get("basicInfo") or {}), BILL_TO: contact, "modified": modified or None}
    seen["contact"] = " ".join(name for name in names if name and name != "-") or None
    return {**seen, "currency": billing.get("currency"), "paymentTerm": billing.get("paymentTerm")}
