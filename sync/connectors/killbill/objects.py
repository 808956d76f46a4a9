"""What our entities are in Kill Bill.

Kill Bill never changes an account's external key, currency, time zone or bill cycle day once they
are set. The last two are for those who bill there to choose. What a bundle has no field for is in
its custom fields. Plans are the tenant's own: settings name them.
"""

from __future__ import annotations

from typing import Final

from sync.connectors.forms import (
    COUNTRY,
    CURRENCY,
    DATE,
    EMAIL,
    INTEGER,
    LINES,
    NUMBER,
    PHONE,
    REFERENCE,
    looked_up,
    money,
)
from sync.connectors.profile import Child, Field, Object, Profile, back, out

ADDRESS: Final = "addresses[role=billing]"
FIELDS: Final = "customFields"
#: What Kill Bill adds to an account that is read, and takes in none that is written.
ITS_OWN: Final = ("auditLogs", "accountBalance", "accountCBA")
ACCOUNT: Final = Object(
    "client",
    "account",
    (
        Field("name", "legal_name", required=True, otherwise=("trading_name",)),
        Field("company", "trading_name"),
        Field("currency", "currency", CURRENCY),
        Field("email", "email", EMAIL),
        Field("phone", "phone", PHONE),
        Field("parentAccountId", "parent", REFERENCE),
        Field("lines", f"{ADDRESS}.lines", LINES),
        Field("city", f"{ADDRESS}.locality"),
        Field("state", f"{ADDRESS}.region"),
        Field("postalCode", f"{ADDRESS}.postal_code"),
        Field("country", f"{ADDRESS}.country", COUNTRY),
    ),
    id="accountId",
    modified="modified",
    rules=({"to": "party_type", "constant": "organization"},),
)
BUNDLE: Final = Object(
    "contract",
    "bundle",
    (
        Field("accountId", "client", REFERENCE, required=True),
        Field(f"{FIELDS}.effective_from", "effective_from", DATE),
        Field(f"{FIELDS}.title", "title"),
        Field(f"{FIELDS}.contract_number", "contract_number"),
        Field(f"{FIELDS}.effective_to", "effective_to", DATE),
        Field(f"{FIELDS}.po_number", "po_number"),
        out(f"{FIELDS}.contract_status", "contract_status"),
        back("standing", "contract_status"),
    ),
    id="externalKey",
    modified="modified",
)
#: Recurrences that a plan can have.
PERIODS: Final = {
    "daily": "DAILY", "weekly": "WEEKLY", "biweekly": "BIWEEKLY", "monthly": "MONTHLY",
    "bimonthly": "BIMESTRIAL", "quarterly": "QUARTERLY", "semiannual": "BIANNUAL",
    "annual": "ANNUAL",
}  # fmt: skip
CHARGES: Final = Child(
    "items",
    "charges",
    "item_no",
    (
        Field("item_no", "item_no"),
        Field("description", "description", otherwise=("milestone_name",)),
        Field("startDate", "bill_date", DATE),
        Field("amount", "amount", NUMBER),
        out("percent", "percent", NUMBER),
        out("status", "item_status"),
        back("standing", "item_status"),
        back("invoiceNumber", "invoice_ref"),
        back("invoiceDate", "invoiced_on", DATE),
    ),
    embedded="charges",
)
SUBSCRIPTION: Final = Object(
    "billing_schedule",
    "subscription",
    (
        Field("bundleKey", "contract", REFERENCE, required=True),
        Field("accountId", "bill_to_client", REFERENCE, required=True),
        Field("currency", "currency", CURRENCY, required=True),
        Field("startDate", "starts_on", DATE, required=True),
        Field("endDate", "ends_on", DATE),
        Field("billingPeriod", "recurrence.frequency", looked_up(PERIODS)),
        Field(f"{FIELDS}.name", "name"),
        out("occurrences", "recurrence.occurrences", INTEGER),
        out("total", "total_amount", money("currency")),
        out("status", "schedule_status"),
        back("standing", "schedule_status"),
    ),
    id="key",
    modified="modified",
    children=(CHARGES,),
)
KILLBILL: Final = Profile(
    "killbill",
    "Kill Bill",
    {thing.entity: thing for thing in (ACCOUNT, BUNDLE, SUBSCRIPTION)},
    {
        "api_key": "",  # the tenant's; its secret stands behind the password
        "key_field": "golden_id",  # custom fields: our code,
        "status_field": "golden_status",  # and whether we still use the record
        # Plans of the tenant's catalog: a base plan for contracts; add-ons of it for schedules,
        # one without a price and one a billing period (`schedule-monthly`, ...).
        "contract_plan": "contract",
        "items_plan": "schedule-items",
        "recurring_plan": "schedule-{period}",
    },
)
