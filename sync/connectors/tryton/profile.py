"""Tryton as data: which field of a Tryton record, flattened, carries which canonical path.

The names on the left are those of the flat records that `parties`, `employees`, `projects`,
`sales` and `subscriptions` make of Tryton's own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from sync.connectors import forms
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
    TEXT,
    URI,
    Form,
    Surroundings,
    looked_up,
    money,
)
from sync.connectors.profile import Child, Field, Object, Profile, back, out

#: The first term of each word is what a record born in Tryton is taken to mean.
STAGES: Final = looked_up(
    dict.fromkeys(("in_progress", "lead", "proposal", "won", "planned", "on_hold"), "open")
    | dict.fromkeys(("completed", "closed", "lost", "cancelled"), "done")
)
METHODS: Final = looked_up(
    {
        "time_and_materials": "timesheet",
        "time_and_materials_capped": "timesheet",
        "progress": "progress",
        "unit_of_delivery": "effort",
    }
    | dict.fromkeys(
        ("fixed_price_milestone", "fixed_price_interval", "cost_plus", "retainer", "success_fee",
         "charge_based", "non_billable"),
        "manual",
    )
)  # fmt: skip
CONTRACTS: Final = looked_up(
    {"draft": "draft", "in_review": "draft"}
    | dict.fromkeys(("signed", "active", "on_hold", "completed", "expired"), "agreed")
    | dict.fromkeys(("terminated", "lost", "abandoned"), "cancelled")
)
SCHEDULES: Final = looked_up(
    {"draft": "draft", "active": "running", "completed": "running", "on_hold": "held",
     "cancelled": "cancelled"}
)  # fmt: skip
FREQUENCIES: Final = looked_up(
    {
        "one_time": "Daily",
        "custom": "Daily",
        "daily": "Daily",
        "weekly": "Weekly",
        "biweekly": "Biweekly",
        "monthly": "Monthly",
        "bimonthly": "Bimonthly",
        "quarterly": "Quarterly",
        "semiannual": "Semiannual",
        "annual": "Yearly",
    }
)
#: How often what is due is invoiced where the schedule says nothing: on its day.
DAILY: Final = "Daily"


def _language(value: Any, place: str, around: Surroundings) -> Any:
    """Tryton knows languages, not their regions."""
    return str(value).split("-")[0] if value else None


def _compact(value: Any) -> Any:
    return "".join(c for c in str(value) if c.isalnum()).upper() if value else None


LANGUAGE: Final = Form("language", _language, ({"name": "language"},))
TAX_NUMBER: Final = replace(TEXT, same=_compact)


def _address(role: str) -> tuple[Field, ...]:
    place = f"addresses[role={role}]"
    return (
        Field(f"{role}.street", f"{place}.lines", LINES),
        Field(f"{role}.city", f"{place}.locality"),
        Field(f"{role}.postal_code", f"{place}.postal_code"),
        Field(f"{role}.country", f"{place}.country", COUNTRY),
    )


TAX_IDS: Final = Child(
    "tax_ids",
    "tax_ids",
    "value",
    (Field("type", "type"), Field("country", "country"), Field("value", "value", TAX_NUMBER)),
    embedded="tax_ids",
)
CONTACTS: Final = Child(
    "contacts",
    "contacts",
    "email",
    (Field("name", "name"), Field("email", "email", EMAIL), Field("phone", "phone", PHONE)),
    embedded="contacts",
)
CLIENT: Final = Object(
    "client",
    "party.party",
    (
        Field("name", "legal_name", required=True),
        Field("language", "language", LANGUAGE),
        Field("currency", "currency", CURRENCY),
        Field("payment_term", "payment_terms.code", CODE),
        Field("email", "email", EMAIL),
        Field("phone", "phone", PHONE),
        Field("website", "website", URI),
        *_address("registered"),
        *_address("billing"),
        *_address("shipping"),
    ),
    key="golden",
    modified="modified",
    deleted="inactive",
    children=(TAX_IDS, CONTACTS),
    rules=({"to": "party_type", "constant": "organization"},),
)
RESOURCE: Final = Object(
    "resource",
    "company.employee",
    (
        Field("name", "display_name", required=True),
        Field("worker_id", "worker_id"),
        Field("email", "email", EMAIL),
        Field("phone", "phone", PHONE),
        Field("company", "employing_entity", CODE),
        Field("start_date", "hired_on", DATE),
        Field("end_date", "terminated_on", DATE),
        Field("supervisor", "manager", REFERENCE),
        Field("cost_price", "cost_rate.amount", NUMBER),
        Field("cost_currency", "cost_rate.currency", CURRENCY),
        Field("cost_unit", "cost_rate.unit"),
        back("employment", "employment_status"),
    ),
    key="golden",
    modified="modified",
    rules=({"to": "resource_type", "constant": "employee"},),
)
ENGAGEMENT: Final = Object(
    "engagement",
    "project.work",
    (
        Field("name", "name", required=True),
        Field("company", "delivering_entity", CODE),
        Field("client", "client", REFERENCE),
        Field("parent", "parent", REFERENCE),
        Field("stage", "engagement_stage", STAGES, default="open"),
        Field("currency", "currency", CURRENCY),
        Field("fee", "fee_budget", money("currency")),
        Field("hours", "hours_budget", NUMBER),
        Field("progress", "percent_complete", NUMBER),
        Field("time_entry", "time_entry_allowed", forms.BOOLEAN, default=True),
        Field("start", "planned_start", DATE),
        Field("end", "planned_end", DATE),
        out("invoice_method", "billing_method", METHODS, default="manual"),
    ),
    key="golden",
    modified="modified",
)
LINES_OF_CONTRACT: Final = Child(
    "lines",
    "lines",
    "line_no",
    (
        Field("line_no", "line_no"),
        Field("description", "description"),
        Field("quantity", "quantity", NUMBER),
        Field("unit_price", "unit_price", NUMBER),
        Field("amount", "amount", NUMBER),
    ),
    embedded="lines",
)
CONTRACT: Final = Object(
    "contract",
    "sale.sale",
    (
        Field("contract_number", "contract_number"),
        Field("description", "title"),
        Field("company", "contracting_entity", CODE),
        Field("client", "client", REFERENCE, required=True),
        Field("parent", "parent", REFERENCE),
        Field("currency", "currency", CURRENCY, required=True),
        Field("start", "effective_from", DATE),
        Field("end", "effective_to", DATE),
        Field("payment_term", "payment_terms.code", CODE),
        Field("reference", "po_number"),
        out("standing", "contract_status", CONTRACTS, default="draft"),
        back("status", "contract_status", looked_up(
            {"draft": "draft", "in_review": "quotation", "signed": "confirmed",
             "active": "processing", "completed": "done", "terminated": "cancelled"})),
        back("total", "total_value", money("currency")),
    ),
    key="golden",
    modified="modified",
    children=(LINES_OF_CONTRACT,),
)  # fmt: skip
ITEMS: Final = Child(
    "items",
    "items",
    "item_no",
    (
        Field("item_no", "item_no"),
        Field("description", "description"),
        Field("bill_date", "bill_date", DATE),
        Field("amount", "amount", NUMBER),
        out("percent", "percent", NUMBER),
        out("trigger", "trigger"),
        out("milestone", "milestone_name"),
        out("status", "item_status"),
        out("completed", "completed_on", DATE),
        back("invoiced", "item_status"),
        back("invoice", "invoice_ref"),
        back("invoice_date", "invoiced_on", DATE),
    ),
    embedded="items",
)
BILLING_SCHEDULE: Final = Object(
    "billing_schedule",
    "sale.subscription",
    (
        Field("description", "name"),
        out("contract", "contract", REFERENCE, required=True),
        Field("client", "bill_to_client", REFERENCE, required=True),
        Field("currency", "currency", CURRENCY, required=True),
        Field("start", "starts_on", DATE, required=True),
        Field("end", "ends_on", DATE),
        Field("payment_term", "payment_terms.code", CODE),
        Field("reference", "po_number"),
        Field("recurrence", "recurrence.frequency", FREQUENCIES, default=DAILY),
        out("standing", "schedule_status", SCHEDULES, default="draft"),
        out("occurrences", "recurrence.occurrences", NUMBER),
        out("trigger", "billing_trigger"),
        out("total", "total_amount", money("currency")),
        back("status", "schedule_status", looked_up(
            {"draft": "draft", "on_hold": "quotation", "active": "running", "completed": "closed",
             "cancelled": "cancelled"})),
    ),
    key="golden",
    modified="modified",
    children=(ITEMS,),
)  # fmt: skip
TRYTON: Final = Profile(
    "tryton",
    "Tryton",
    {each.entity: each for each in (CLIENT, RESOURCE, CONTRACT, ENGAGEMENT, BILLING_SCHEDULE)},
    settings={
        # Names of what an administrator sets up there.
        "open_status": "Open",
        "done_status": "Done",
        "service": "Professional services",
        # The company of records that name no legal entity; without it they cannot be written.
        "company": "",
        # Whether an agreed contract is confirmed, so that Tryton processes it, or only quoted.
        "confirm_contracts": False,
        # Seconds that a transaction there may last: what changed shortly before is read again.
        "overlap": 60,
    },
)
