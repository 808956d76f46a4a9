"""What our entities are in Kantata OX.

`company_id`, `price` and `status_key` are how the connector shows what Kantata keeps elsewhere:
the group that a workspace is in, its price in cents, and the key inside its status.
"""

from __future__ import annotations

from typing import Final

from sync.connectors.forms import (
    CODE,
    CURRENCY,
    DATE,
    EMAIL,
    LINES,
    NUMBER,
    PERCENT,
    PHONE,
    REFERENCE,
    URI,
    money,
)
from sync.connectors.profile import Child, Field, Object, Profile, back, out

KEY: Final = "golden_id"
STAMP: Final = "updated_at"
GROUP: Final = Object(
    "client",
    "workspace_groups",
    (
        Field("name", "legal_name", required=True, otherwise=("trading_name",)),
        out("contact_name", "contacts[0].name"),
        Field("email", "email", EMAIL),
        Field("phone_number", "phone", PHONE),
        Field("website", "website", URI),
        Field("address", "addresses[role=billing].lines", LINES),
    ),
    key=KEY,
    modified=STAMP,
    constants={"company": True},
    rules=({"to": "party_type", "constant": "organization"},),
)
WORKSPACE: Final = Object(
    "engagement",
    "workspaces",
    (
        Field("title", "name", required=True),
        Field("company_id", "client", REFERENCE),
        Field("status_key", "engagement_stage", CODE),
        Field("start_date", "planned_start", DATE),
        Field("due_date", "planned_end", DATE),
        out("currency", "currency", CURRENCY, otherwise=("fee_budget.currency",)),
        back("currency", "currency", CURRENCY),
        Field("price", "fee_budget", money("currency")),
        back("percentage_complete", "percent_complete", PERCENT),
    ),
    key=KEY,
    modified=STAMP,
    constants={"archived": False},
    inactive={"archived": True},
)
USER: Final = Object(
    "resource",
    "users",
    (
        back("full_name", "display_name"),
        back("email_address", "email", EMAIL),
        back("headline", "job_title"),
    ),
    creates=False,
    rules=({"to": "resource_type", "constant": "employee"},),
)
SCHEDULE: Final = Object(
    "billing_schedule",
    "",
    (),
    children=(
        Child(
            "items",
            "billing_milestones",
            "item_no",
            (
                Field("title", "milestone_name", otherwise=("description", "record.name"),
                      required=True),
                out("workspace_id", "record.engagement", REFERENCE, required=True),
                Field("date_to_invoice", "bill_date", DATE),
                Field("amount", "amount", NUMBER, required=True),
            ),
        ),
    ),
)  # fmt: skip
#: The kind of record an external reference belongs to.
SUBJECTS: Final = {"workspace_groups": "WorkspaceGroup", "workspaces": "Workspace"}
#: Where a new record says whose it is, until its external reference does.
MARKS: Final = {"workspace_groups": "notes", "workspaces": "description"}
#: Units of a currency in its whole, where they are not a hundred (ISO 4217).
UNITS: Final = {
    "BIF": 1, "CLP": 1, "DJF": 1, "GNF": 1, "ISK": 1, "JPY": 1, "KMF": 1, "KRW": 1, "PYG": 1,
    "RWF": 1, "UGX": 1, "VND": 1, "VUV": 1, "XAF": 1, "XOF": 1, "XPF": 1,
    "BHD": 1000, "IQD": 1000, "JOD": 1000, "KWD": 1000, "LYD": 1000, "OMR": 1000, "TND": 1000,
}  # fmt: skip
SETTINGS: Final = {
    "service_name": "assay",  # whose external references are ours
    "events": False,  # whether subscribed events are asked for what was deleted
}
WORDS: Final = {
    "engagement_stage": {
        "lead": "100", "proposal": "100", "won": "200", "planned": "200", "in_progress": "300",
        "on_hold": "400", "completed": "500", "closed": "500", "lost": "600", "cancelled": "600",
    },
}  # fmt: skip
KANTATA: Final = Profile(
    "kantata",
    "Kantata OX",
    {thing.entity: thing for thing in (GROUP, USER, WORKSPACE, SCHEDULE)},
    SETTINGS,
    WORDS,
)
