"""What our entities are in HubSpot: every value is text, and nothing is empty text.

Objects need properties of ours, which an administrator makes: `golden_id` (unique values) for our
code, on line items and products too; `golden_status` on companies, since a lifecycle stage only
moves forward, on orders, subscriptions and products; `golden_list` and `golden_currency` on
products, the rate card's code and currency; `golden_effective_from` and `golden_effective_to`,
days, on orders.

HubSpot's own contracts and price books can only be read, and no custom object has line items: a
contract is an order, a billing schedule a subscription, which bills nobody until someone there
turns its invoices on, and a rate card its products.
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
LIST: Final = "golden_list"
BILLING: Final = "addresses[role=billing]"
MERGED: Final = "hs_merged_object_ids"
OWN: Final = "properties."
JOINED: Final = "associations."
#: The company above: a property that is read, and written as an association of this name.
PARENT: Final = "hs_parent_company_id"
CHILD_OF: Final = "child_to_parent_company"
#: Associations that name one record by their type; others have the object's only type.
PRIMARY: Final = {("deals", "companies"): 5}
#: Objects that belong to one record of each kind: another one's association is taken away.
SINGLE: Final = frozenset({"orders", "subscriptions"})
#: The unique property by which elements are upserted, where it is not our code.
UNIQUE: Final = {"contacts": "email"}
#: What vanished from a list is archived: HubSpot restores it for 90 days.
ARCHIVED: Final = {"archived": True}


def _p(name: str) -> str:
    return f"{OWN}{name}"


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
        Field(_p(PARENT), "parent", REFERENCE),
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
        Field("associations.orders", "contracts[0]", REFERENCE),
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
PRODUCTS: Final = Object(
    "rate_card",
    "",
    (),
    children=(
        Child(
            "lines",
            "products",
            "line_no",
            (
                _both("name", "service_code", otherwise=("billing_role", "record.name"),
                      required=True),
                _both("hs_sku", "billing_role", otherwise=("service_code",)),
                out(_p("description"), "record.name", as_text(TEXT)),
                _both("price", "bill_rate", NUMBER, required=True),
                out(_p("golden_currency"), "record.currency", as_text(CURRENCY), required=True),
            ),
            constants={_p("hs_product_type"): "service", _p("golden_status"): "active"},
            inactive={_p("golden_status"): "inactive"},
        ),
    ),
)  # fmt: skip
ORDER: Final = Object(
    "contract",
    "orders",
    (
        _both("hs_order_name", "title", required=True, otherwise=("contract_number",)),
        Field("associations.companies", "client", REFERENCE),
        _both("hs_external_order_id", "contract_number"),
        _both("hs_external_order_status", "contract_status", CODE),
        _both("hs_currency_code", "currency", CURRENCY),
        _both("hs_total_price", "total_value", money(_p("hs_currency_code"))),
        _both("golden_effective_from", "effective_from", DATE),
        _both("golden_effective_to", "effective_to", DATE),
    ),
    key=_p(KEY),
    modified="updatedAt",
    deleted="archived",
    constants={_p("golden_status"): "active"},
    inactive={_p("golden_status"): "inactive"},
    children=(
        Child(
            "lines",
            "line_items",
            "line_no",
            (
                back("line_no", "line_no"),
                _both("name", "description", otherwise=("record.title",), required=True),
                _both("quantity", "quantity", NUMBER, default="1"),
                _both("price", "unit_price", NUMBER),
                back(_p("amount"), "amount", NUMBER),
                out(_p("hs_line_item_currency_code"), "record.currency", as_text(CURRENCY)),
            ),
            parent="orders",
            embedded="line_items",
            inactive=ARCHIVED,
        ),
    ),
)
SUBSCRIPTION: Final = Object(
    "billing_schedule",
    "subscriptions",
    (
        _both("hs_name", "name", required=True),
        Field("associations.companies", "bill_to_client", REFERENCE),
        Field("associations.orders", "contract", REFERENCE),
        Field("associations.deals", "engagement", REFERENCE),
        _both("hs_currency_code", "currency", CURRENCY),
        _both("hs_recurring_billing_start_date", "starts_on", DATE),
        _both("hs_recurring_billing_frequency", "recurrence.frequency", CODE),
        out(_p("golden_status"), "schedule_status", as_text(TEXT), default="active"),
    ),
    key=_p(KEY),
    modified="updatedAt",
    deleted="archived",
    first={_p("hs_invoice_creation"): "off", _p("hs_collection_process"): "manual_payments"},
    inactive={_p("golden_status"): "inactive"},
    children=(
        Child(
            "items",
            "line_items",
            "item_no",
            (
                back("item_no", "item_no"),
                _both("name", "milestone_name", otherwise=("description", "record.name"),
                      required=True),
                _both("price", "amount", NUMBER),
                _both("hs_recurring_billing_start_date", "bill_date", DATE),
                out(_p("hs_line_item_currency_code"), "record.currency", as_text(CURRENCY)),
            ),
            parent="subscriptions",
            embedded="line_items",
            constants={_p("quantity"): "1"},
            inactive=ARCHIVED,
        ),
    ),
)  # fmt: skip
HUBSPOT: Final = Profile(
    "hubspot",
    "HubSpot",
    {thing.entity: thing for thing in (COMPANY, OWNER, PRODUCTS, ORDER, DEAL, SUBSCRIPTION)},
    {
        "key_property": KEY,
        "pipeline": "default",
        "currency": "",  # the account's own, in which a product's `price` is
        "currencies": "",  # others in which products have prices (`hs_price_gbp`): "GBP, EUR"
    },
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
        "frequency": {
            "weekly": "weekly", "biweekly": "biweekly", "monthly": "monthly",
            "quarterly": "quarterly", "semiannual": "per_six_months", "annual": "annually",
        },
    },
)  # fmt: skip
