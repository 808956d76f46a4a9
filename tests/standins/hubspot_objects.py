"""The objects of a HubSpot account: their properties, ours among them, and what may join them."""

from __future__ import annotations

from typing import Final

OURS: Final = {"golden_id", "golden_status", "hs_lastmodifieddate", "hs_merged_object_ids"}
PROPERTIES: Final = {
    "companies": {
        "name", "domain", "website", "phone", "industry", "address", "city", "state", "zip",
        "country", "lifecyclestage", "hubspot_owner_id", "hs_parent_company_id", *OURS,
    },
    "contacts": {"email", "firstname", "lastname", "phone", "lastmodifieddate"},
    "deals": {
        "dealname", "pipeline", "dealstage", "amount", "deal_currency_code", "closedate",
        "hubspot_owner_id", "hs_deal_stage_probability", *OURS,
    },
    "products": {
        "name", "description", "price", "hs_price_gbp", "hs_sku", "hs_product_type",
        "golden_list", "golden_currency", *OURS,
    },
    "line_items": {
        "name", "quantity", "price", "amount", "hs_line_item_currency_code",
        "hs_recurring_billing_start_date", *OURS,
    },
    "orders": {
        "hs_order_name", "hs_external_order_id", "hs_external_order_status", "hs_currency_code",
        "hs_total_price", "golden_effective_from", "golden_effective_to", *OURS,
    },
    "subscriptions": {
        "hs_name", "hs_currency_code", "hs_recurring_billing_start_date",
        "hs_recurring_billing_frequency", "hs_invoice_creation", "hs_collection_process", *OURS,
    },
}  # fmt: skip
UNIQUE: Final = {name: "email" if name == "contacts" else "golden_id" for name in PROPERTIES}
#: What HubSpot reckons itself.
READ_ONLY: Final = {
    "companies": {"hs_parent_company_id"},
    "line_items": {"amount"},
    "deals": {"hs_deal_stage_probability"},
}
#: HubSpot's documents; orders and subscriptions have none here, but the same interface as deals.
SPECS: Final = {
    name: f"hubspot/hubspot.crm.{document}.openapi.yaml"
    for name, document in {
        "companies": "company", "contacts": "contact", "deals": "deal", "products": "product",
        "line_items": "lineitem", "orders": "deal", "subscriptions": "deal",
    }.items()
}  # fmt: skip
STAGES: Final = {"appointmentscheduled": "0.2", "contractsent": "0.6", "closedwon": "1.0",
                 "closedlost": "0.0"}  # fmt: skip
FREQUENCIES: Final = {"weekly", "biweekly", "monthly", "quarterly", "per_six_months", "annually"}
NUMBERS: Final = {"amount", "price", "hs_price_gbp", "quantity", "hs_total_price"}
#: Pairs of objects that may be joined, in this direction, and the type of a primary one.
PAIRS: Final = {
    ("contacts", "companies"), ("deals", "companies"), ("deals", "orders"),
    ("orders", "companies"), ("subscriptions", "companies"), ("subscriptions", "orders"),
    ("subscriptions", "deals"), ("line_items", "orders"), ("line_items", "subscriptions"),
    ("line_items", "deals"),
}  # fmt: skip
DEAL_TO_PRIMARY_COMPANY: Final = 5
