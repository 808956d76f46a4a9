"""What our entities are in NetSuite's own records.

References and list values are `{"id": ...}`: their words are NetSuite's internal ids, by the
crosswalk. Currencies too, but by the setting `currencies`: {"EUR": "2"}.
"""

from __future__ import annotations

from typing import Final

from sync.connectors.forms import (
    BOOLEAN,
    CODE,
    COUNTRY,
    CURRENCY,
    DATE,
    EMAIL,
    INTEGER,
    LINES,
    NUMBER,
    PHONE,
    REFERENCE,
    URI,
    money,
)
from sync.connectors.profile import Child, Field, Object, Profile, back, out

STAMP: Final = "lastModifiedDate"
#: The addresses of an entity record, by the role that a flag of the address book gives them.
ADDRESSES: Final = {"billingAddress": "defaultBilling", "shippingAddress": "defaultShipping"}
#: Where a list of ours has no number field of its own, the number leads this text: `1: Kick-off`.
NUMBERED: Final = {"milestone": "comments"}
#: Lists whose elements have no number at all: what names one is a value of it.
NAMED_BY: Final = {"price": "billing_role"}


def _address(name: str, role: str) -> tuple[Field, ...]:
    base = f"addresses[role={role}]"
    return (
        Field(f"{name}.lines", f"{base}.lines", LINES),
        Field(f"{name}.city", f"{base}.locality"),
        Field(f"{name}.state", f"{base}.region"),
        Field(f"{name}.zip", f"{base}.postal_code"),
        Field(f"{name}.country.id", f"{base}.country", COUNTRY),
    )


CUSTOMER: Final = Object(
    "client",
    "customer",
    (
        Field("companyName", "legal_name", required=True, otherwise=("trading_name",)),
        Field("parent.id", "parent", REFERENCE),
        Field("entityStatus.id", "client_status", CODE),
        Field("email", "email", EMAIL),
        Field("phone", "phone", PHONE),
        Field("url", "website", URI),
        Field("currency.code", "currency", CURRENCY),
        Field("terms.id", "payment_terms.code", CODE),
        Field("creditLimit", "credit_limit", money("currency.code")),
        out("vatRegNumber", "tax_ids[0].value"),
        Field("salesRep.id", "account_owner", REFERENCE),
        *_address("billingAddress", "billing"),
        *_address("shippingAddress", "shipping"),
    ),
    modified=STAMP,
    constants={"isPerson": False, "isInactive": False},
    inactive={"isInactive": True},
    rules=({"to": "party_type", "constant": "organization"},),
)
EMPLOYEE: Final = Object(
    "resource",
    "employee",
    (
        Field("firstName", "given_name", required=True),
        Field("lastName", "family_name", required=True, otherwise=("display_name",)),
        out("entityId", "display_name", required=True),
        back("entityId", "display_name"),
        Field("email", "email", EMAIL),
        Field("title", "job_title"),
        Field("accountNumber", "worker_id"),
        Field("employeeStatus.id", "employment_status", CODE),
        Field("supervisor.id", "manager", REFERENCE),
        Field("hireDate", "hired_on", DATE),
        Field("releaseDate", "terminated_on", DATE),
        Field("phone", "phone", PHONE),
    ),
    modified=STAMP,
    constants={"isJobResource": True, "isInactive": False},
    inactive={"isInactive": True},
    rules=({"to": "resource_type", "constant": "employee"},),
)
RATE_CARD: Final = Object(
    "rate_card",
    "billingRateCard",
    (Field("name", "name", required=True), back("currency.code", "currency", CURRENCY)),
    constants={"isInactive": False},
    inactive={"isInactive": True},
    rules=({"to": "rate_card_type", "constant": "standard"},),
    children=(
        Child(
            "lines",
            "price",
            "line_no",
            (
                Field("billingClass.id", "billing_role", CODE, required=True,
                      otherwise=("service_code",)),
                Field("price", "bill_rate", NUMBER, required=True),
                out("currency.code", "record.currency", CURRENCY),
            ),
            embedded="price",
        ),
    ),
)  # fmt: skip
SALES_ORDER: Final = Object(
    "contract",
    "salesOrder",
    (
        Field("entity.id", "client", REFERENCE, required=True),
        Field("memo", "title"),
        back("tranId", "contract_number"),
        Field("otherRefNum", "po_number"),
        Field("orderStatus.id", "contract_status", CODE),
        Field("startDate", "effective_from", DATE),
        Field("endDate", "effective_to", DATE),
        Field("terms.id", "payment_terms.code", CODE),
        Field("subsidiary.id", "contracting_entity", CODE),
        Field("currency.code", "currency", CURRENCY),
    ),
    modified=STAMP,
    inactive={"orderStatus": {"id": "H"}},
    children=(
        Child(
            "lines",
            "item",
            "line_no",
            (
                Field("custcol_golden_line", "line_no"),
                Field("description", "description"),
                Field("quantity", "quantity", NUMBER),
                Field("rate", "unit_price", NUMBER),
                Field("amount", "amount", NUMBER),
            ),
            embedded="item",
        ),
    ),
)
JOB: Final = Object(
    "engagement",
    "job",
    (
        Field("companyName", "name", required=True),
        Field("parent.id", "client", REFERENCE, required=True),
        Field("entityStatus.id", "engagement_stage", CODE),
        Field("jobBillingType.id", "billing_method", CODE),
        Field("startDate", "planned_start", DATE),
        Field("projectedEndDate", "planned_end", DATE),
        Field("endDate", "actual_end", DATE),
        Field("jobPrice", "fee_budget", money("currency.code")),
        Field("estimatedCost", "cost_budget", money("currency.code")),
        Field("estimatedTime", "hours_budget", NUMBER),
        out("currency.code", "currency", CURRENCY, otherwise=("fee_budget.currency",)),
        back("currency.code", "currency", CURRENCY),
        Field("subsidiary.id", "delivering_entity", CODE),
        Field("billingRateCard.id", "rate_card", REFERENCE),
        Field("allowTime", "time_entry_allowed", BOOLEAN),
        Field("allowExpenses", "expenses_allowed", BOOLEAN),
    ),
    modified=STAMP,
    constants={"isInactive": False},
    inactive={"isInactive": True},
)
SCHEDULE: Final = Object(
    "billing_schedule",
    "billingSchedule",
    (
        Field("name", "name", required=True),
        Field("scheduleType.id", "schedule_type", CODE, required=True),
        Field("project.id", "engagement", REFERENCE),
        Field("transaction.id", "contract", REFERENCE),
        Field("frequency.id", "recurrence.frequency", CODE),
        Field("numberRemaining", "recurrence.occurrences", INTEGER),
        Field("seriesStartDate", "starts_on", DATE),
        Field("billForActuals", "bill_actuals_only", BOOLEAN),
    ),
    constants={"isInactive": False},
    inactive={"isInactive": True},
    children=(
        Child(
            "items",
            "milestone",
            "item_no",
            (
                back("item_no", "item_no"),
                Field("comments", "milestone_name", otherwise=("description",)),
                Field("milestoneDate", "bill_date", DATE),
                Field("milestoneAmount", "amount", NUMBER),
                Field("milestoneActualCompletionDate", "completed_on", DATE),
            ),
            embedded="milestone",
        ),
    ),
)
WORDS: Final = {
    "client_status": {
        "lead": "6", "prospect": "8", "active": "13", "on_hold": "13", "inactive": "16",
        "former": "16", "blocked": "16",
    },
    "engagement_stage": {
        "lead": "4", "proposal": "4", "won": "2", "planned": "2", "in_progress": "2",
        "on_hold": "2", "completed": "1", "closed": "1", "lost": "5", "cancelled": "5",
    },
    "billing_method": {
        "time_and_materials": "TM", "time_and_materials_capped": "TM",
        "fixed_price_milestone": "FBM", "fixed_price_interval": "FBI", "progress": "FBM",
        "charge_based": "CB", "retainer": "FBI",
    },
    "contract_status": {
        "draft": "A", "in_review": "A", "signed": "B", "active": "B", "on_hold": "B",
        "completed": "H", "expired": "H", "terminated": "H", "lost": "C", "abandoned": "C",
    },
    "frequency": {
        "one_time": "NEVER", "daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY",
        "quarterly": "QUARTERLY", "annual": "ANNUALLY",
    },
    "employment_status": {"active": "1", "on_leave": "1", "terminated": "2", "pre_hire": "1"},
}  # fmt: skip
SETTINGS: Final = {
    "key_field": "externalId",  # or a custom field of ours, where another program owns these
    "currencies": {"USD": "1", "GBP": "2", "CAD": "3", "EUR": "4"},
    "subsidiary": "",  # the internal id for records without one, where there are several
    "contract_item": "",  # the internal id of the item that contract lines sell
}
NETSUITE: Final = Profile(
    "netsuite",
    "NetSuite",
    {thing.entity: thing for thing in (CUSTOMER, EMPLOYEE, RATE_CARD, SALES_ORDER, JOB, SCHEDULE)},
    SETTINGS,
    WORDS,
)
