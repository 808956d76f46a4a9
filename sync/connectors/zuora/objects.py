"""What our entities are in Zuora: customer accounts, subscriptions, orders of line items."""

from __future__ import annotations

from typing import Final

from sync.connectors.forms import (
    CODE,
    COUNTRY,
    CURRENCY,
    DATE,
    EMAIL,
    LINES,
    NUMBER,
    PHONE,
    REFERENCE,
    looked_up,
    money,
)
from sync.connectors.profile import Child, Field, Object, Profile, back, out

ADDRESS: Final = "addresses[role=billing]"
BILL_TO: Final = "billToContact"
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
SUBSCRIPTION: Final = Object(
    "contract",
    "subscription",
    (
        Field("accountId", "client", REFERENCE, required=True),
        Field("contractEffectiveDate", "effective_from", DATE, required=True),
        Field("termEndDate", "effective_to", DATE),
        Field("notes", "title"),
        Field("contract_number__c", "contract_number"),
        Field("po_number__c", "po_number"),
        back("status", "contract_status", looked_up(
            {"draft": "Draft", "signed": "PendingActivation", "active": "Active",
             "on_hold": "Suspended", "terminated": "Cancelled", "expired": "Expired"})),
        back("currency", "currency", CURRENCY),
        back("totalContractedValue", "total_value", money("currency")),
    ),
    id="subscriptionNumber",
    modified="modified",
)  # fmt: skip
ITEMS: Final = Child(
    "items",
    "items",
    "item_no",
    (
        Field("item_no", "item_no"),
        Field("itemName", "description", otherwise=("milestone_name",)),
        Field("billTargetDate", "bill_date", DATE),
        Field("amountPerUnit", "amount", NUMBER),
        out("percent", "percent", NUMBER),
        out("status", "item_status"),
        back("itemState", "item_status", looked_up(
            {"ready_to_invoice": "SentToBilling", "invoiced": "Complete"})),
    ),
    embedded="items",
)  # fmt: skip
ORDER: Final = Object(
    "billing_schedule",
    "order",
    (
        Field("accountId", "bill_to_client", REFERENCE, required=True),
        Field("relatedSubscriptionNumber", "contract", REFERENCE, required=True),
        Field("currency", "currency", CURRENCY, required=True),
        Field("orderDate", "starts_on", DATE, required=True),
        Field("golden_name__c", "name"),
        out("total", "total_amount", money("currency")),
        out("status", "schedule_status"),
    ),
    id="key",
    modified="modified",
    children=(ITEMS,),
)
ZUORA: Final = Profile(
    "zuora",
    "Zuora",
    {thing.entity: thing for thing in (ACCOUNT, SUBSCRIPTION, ORDER)},
    {
        "rate_plan": "",  # the id of the product rate plan, without a price, that contracts have
        "currency": "",  # of accounts whose client has none: Zuora makes none without
        "key_field": "golden_id__c",  # custom fields: our code,
        "status_field": "golden_status__c",  # and whether we still use the record
    },
)
