"""A few records of every entity, as the ERP sends them."""

from __future__ import annotations

from typing import Any, Final

CLIENT_1: Final[dict[str, Any]] = {
    "legal_name": "Nordlicht Beratung GmbH",
    "party_type": "organization",
    "client_status": "active",
    "currency": "EUR",
    "duns": "315000001",
    "website": "https://nordlicht.example",
    "phone": "+49301234567",
    "addresses": [
        {"role": "billing", "lines": ["Lange Straße 1", "Hof 2"], "locality": "Berlin",
         "postal_code": "10115", "country": "DE"}
    ],
    "contacts": [{"name": "Ada Marie Kern", "email": "ada@nordlicht.example", "role": "billing"}],
}  # fmt: skip
CLIENT_2: Final[dict[str, Any]] = {
    "legal_name": "Southgate Textiles Ltd",
    "party_type": "organization",
    "client_status": "prospect",
    "currency": "GBP",
    "parent": {"source_id": "C-1"},
}
ENGAGEMENT: Final[dict[str, Any]] = {
    "name": "Group audit 2026",
    "client": {"source_id": "C-1"},
    "engagement_stage": "proposal",
    "currency": "EUR",
    "billing_method": "time_and_materials",
    "fee_budget": {"amount": "120000.50", "currency": "EUR"},
    "probability": "0.6",
    "planned_start": "2026-02-01",
    "planned_end": "2026-09-30",
    "expected_close": "2026-01-20",
}
CONTRACT: Final[dict[str, Any]] = {
    "contract_number": "NL-2026-7",
    "title": "Framework 2026",
    "contract_type": "msa",
    "contract_status": "active",
    "client": {"source_id": "C-1"},
    "effective_from": "2026-01-01",
    "effective_to": "2026-12-31",
    "term_months": 12,
    "currency": "EUR",
    "total_value": {"amount": "250000", "currency": "EUR"},
    "lines": [{"line_no": "1", "description": "Advice", "amount": "250000"}],
}
RESOURCE: Final[dict[str, Any]] = {
    "resource_type": "employee",
    "given_name": "Grace",
    "family_name": "Okafor",
    "display_name": "Grace Okafor",
    "email": "grace.okafor@firm.example",
    "user_name": "gokafor",
    "worker_id": "21001",
    "employment_status": "active",
    "job_title": "Senior consultant",
    "department": "Advisory",
}
RATE_CARD: Final[dict[str, Any]] = {
    "name": "Standard 2026",
    "rate_card_type": "standard",
    "currency": "EUR",
    "effective_from": "2026-01-01",
    "rate_card_status": "active",
    "lines": [
        {"line_no": "1", "service_code": "CONS", "rate_unit": "HUR", "bill_rate": "185.5",
         "cost_rate": "85"},
        {"line_no": "2", "service_code": "PART", "rate_unit": "HUR", "bill_rate": "320",
         "cost_rate": "140"},
    ],
}  # fmt: skip
SCHEDULE: Final[dict[str, Any]] = {
    "name": "Framework 2026 milestones",
    "contract": {"source_id": "CT-1"},
    "engagement": {"source_id": "E-1"},
    "bill_to_client": {"source_id": "C-1"},
    "currency": "EUR",
    "schedule_type": "fixed_price_milestone",
    "billing_trigger": "milestone_completed",
    "starts_on": "2026-01-01",
    "items": [
        {"item_no": "1", "milestone_name": "Kick-off", "bill_date": "2026-02-15",
         "amount": "50000"},
        {"item_no": "2", "milestone_name": "Report", "bill_date": "2026-09-15",
         "amount": "70000.25"},
    ],
}  # fmt: skip
SAMPLES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "client": {"C-1": CLIENT_1, "C-2": CLIENT_2},
    "resource": {"R-1": RESOURCE},
    "rate_card": {"RC-1": RATE_CARD},
    "contract": {"CT-1": CONTRACT},
    "engagement": {"E-1": ENGAGEMENT},
    "billing_schedule": {"BS-1": SCHEDULE},
}
#: What is renamed to see a change arrive, per entity.
NAMES: Final = {
    "client": "legal_name", "resource": "display_name", "rate_card": "name", "contract": "title",
    "engagement": "name", "billing_schedule": "name",
}  # fmt: skip
