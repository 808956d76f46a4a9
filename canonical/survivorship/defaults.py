"""The policy that ships: who leads for what, by the kind of system.

Systems are named by their usual codes; one that is not named has trust 50 everywhere.
"""

from __future__ import annotations

from typing import Any

CRM = {"crm": 80, "hubspot": 75}
LEADS_ERP = {"erp": 90}


def _led(trust: dict[str, int], *names: str, strategy: str = "trust") -> dict[str, Any]:
    return {name: {"strategy": strategy, "trust": trust} for name in names}


DEFAULT_POLICIES: dict[str, dict[str, Any]] = {
    "client": {
        "trust": {**CRM, "erp": 60, "billing": 50, "psa": 40, "hr": 30},
        "attributes": {
            **_led(
                LEADS_ERP,
                "tax_ids",
                "payment_terms",
                "bank_accounts",
                "credit_limit",
                "tax_exempt",
                "tax_jurisdiction",
                "responsible_entity",
            ),
            **_led({}, "website", "phone", "email", strategy="recency"),
        },
    },
    "engagement": {
        "trust": {"psa": 80, "crm": 60, "hubspot": 55, "erp": 50, "billing": 40},
        "attributes": {
            **_led({"crm": 90}, "opportunity_ref", "probability", "expected_close"),
            **_led(LEADS_ERP, "cost_center", "profit_center", "wbs_code"),
        },
    },
    "contract": {
        "trust": {"crm": 80, "hubspot": 70, "erp": 60, "psa": 50, "billing": 50},
        "attributes": _led(LEADS_ERP, "tax_category", "payment_terms"),
    },
    "resource": {
        "trust": {"hr": 90, "psa": 60, "erp": 50, "crm": 40},
        "attributes": {
            **_led({"psa": 95}, "skills", "billing_role", "role_billing_type"),
            **_led({"erp": 95}, "cost_rate"),
        },
    },
    "rate_card": {"trust": {"crm": 80, "psa": 75, "erp": 50}, "attributes": {}},
    "billing_schedule": {
        "trust": {"billing": 80, "crm": 70, "erp": 60, "psa": 50},
        "attributes": {
            **_led({"erp": 95}, "items.invoice_ref", "items.invoiced_on"),
            **_led({"psa": 95}, "items.completed_on"),
        },
    },
}
