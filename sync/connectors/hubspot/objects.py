"""What our entities are in HubSpot: every value is text, and nothing is empty text.

Each object needs two properties of its own: `golden_id` (unique values) for our code, and
companies `golden_status` for the client's status; a lifecycle stage only moves forward there.
"""

from __future__ import annotations

from typing import Final

from sync.connectors.forms import (
    CODE,
    COUNTRY_NAME,
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
    as_text,
    money,
)
from sync.connectors.profile import Child, Field, Object, Profile, back, out

KEY: Final = "golden_id"
BILLING: Final = "addresses[role=billing]"
MERGED: Final = "hs_merged_object_ids"


def _p(name: str) -> str:
    return f"properties.{name}"


def _both(name: str, path: str, form: Form = TEXT, **given: object) -> Field:
    return Field(_p(name), path, as_text(form), **given)  # type: ignore[arg-type]


COMPANY: Final = Object(
    "client",
    "companies",
    (
        _both("name", "legal_name", required=True, otherwise=("trading_name",)),
        out(_p("golden_status"), "client_status", as_text(TEXT)),
        back(_p("lifecyclestage"), "client_status", CODE),
        _both("website", "website", URI),
        _both("phone", "phone", PHONE),
        _both("industry", "industry.code"),
        _both("address", f"{BILLING}.lines", LINES),
        _both("city", f"{BILLING}.locality"),
        _both("state", f"{BILLING}.region"),
        _both("zip", f"{BILLING}.postal_code"),
        _both("country", f"{BILLING}.country", COUNTRY_NAME),
        _both("hubspot_owner_id", "account_owner", REFERENCE),
        back(_p("hs_parent_company_id"), "parent", REFERENCE),
    ),
    key=_p(KEY),
    modified="updatedAt",
    deleted="archived",
    inactive={_p("golden_status"): "inactive"},
    rules=({"to": "party_type", "constant": "organization"},),
    children=(
        Child(
            "contacts",
            "contacts",
            "email",
            (
                _both("email", "email", EMAIL),
                out(_p("lastname"), "name", as_text(Form("text", lambda v, p, a: v and
                                                         v.split()[-1]))),
                out(_p("firstname"), "name", as_text(Form("text", lambda v, p, a: v and
                                                          " ".join(v.split()[:-1])))),
                _both("phone", "phone", PHONE),
                back("full_name", "name"),
            ),
            parent="companies",
            embedded="contacts",
        ),
    ),
)  # fmt: skip
DEAL: Final = Object(
    "engagement",
    "deals",
    (
        _both("dealname", "name", required=True),
        Field("associations.companies", "client", REFERENCE),
        _both("dealstage", "engagement_stage", CODE),
        _both("amount", "fee_budget", money(_p("deal_currency_code"))),
        out(_p("deal_currency_code"), "currency", as_text(CURRENCY),
            otherwise=("fee_budget.currency",)),
        back(_p("deal_currency_code"), "currency", CURRENCY),
        back(_p("hs_deal_stage_probability"), "probability", NUMBER),
        _both("closedate", "expected_close", DATE, otherwise=("planned_start",)),
        _both("hubspot_owner_id", "partner", REFERENCE),
    ),
    key=_p(KEY),
    modified="updatedAt",
    deleted="archived",
    inactive={_p("dealstage"): "closedlost"},
)  # fmt: skip
OWNER: Final = Object(
    "resource",
    "owners",
    (
        back("firstName", "given_name"),
        back("lastName", "family_name"),
        back("email", "email", EMAIL),
    ),
    modified="updatedAt",
    deleted="archived",
    creates=False,
    rules=(
        {"to": "display_name", "from": "[firstName, lastName]", "transforms": [{"name": "join"}]},
        {"to": "resource_type", "constant": "employee"},
    ),
)
HUBSPOT: Final = Profile(
    "hubspot",
    "HubSpot",
    {thing.entity: thing for thing in (COMPANY, OWNER, DEAL)},
    {"key_property": KEY, "pipeline": "default"},
    {
        "client_status": {
            "lead": "lead", "prospect": "opportunity", "active": "customer",
            "former": "other",
        },
        "engagement_stage": {
            "lead": "appointmentscheduled", "proposal": "contractsent", "won": "closedwon",
            "planned": "closedwon", "in_progress": "closedwon", "on_hold": "closedwon",
            "completed": "closedwon", "closed": "closedwon", "lost": "closedlost",
            "cancelled": "closedlost",
        },
    },
)  # fmt: skip
