"""A client with a contract and a billing schedule, as the CRM sends them."""

from __future__ import annotations

from typing import Any

from canonical.models import Golden
from tests.tryton.linked import Linked

CLIENT: dict[str, Any] = {
    "legal_name": "Nordlicht Beratung GmbH",
    "client_status": "active",
    "currency": "EUR",
    "language": "de",
    "email": "post@nordlicht.example",
    "tax_ids": [{"type": "vat", "country": "DE", "value": "DE136695976"}],
    "addresses": [
        {"role": "billing", "lines": ["Lange Straße 1", "Hof 2"], "locality": "Berlin",
         "postal_code": "10115", "country": "DE"},
        {"role": "shipping", "lines": ["Hafen 3"], "locality": "Hamburg", "country": "DE"},
    ],
    "contacts": [{"name": "Ada Kern", "email": "ada@nordlicht.example", "phone": "+49301234567"}],
}  # fmt: skip
CONTRACT: dict[str, Any] = {
    "contract_number": "NL-2026-7",
    "title": "Group audit",
    "contract_type": "sow",
    "contract_status": "active",
    "client": {"source_id": "C-1"},
    "effective_from": "2026-01-01",
    "effective_to": "2026-12-31",
    "currency": "EUR",
    "po_number": "PO-77",
    "lines": [{"line_no": "1", "description": "Audit", "quantity": "1", "unit_price": "90000"}],
}
SCHEDULE: dict[str, Any] = {
    "name": "Group audit milestones",
    "contract": {"source_id": "CT-1"},
    "bill_to_client": {"source_id": "C-1"},
    "currency": "EUR",
    "schedule_type": "fixed_price_milestone",
    "schedule_status": "active",
    "billing_trigger": "milestone_completed",
    "starts_on": "2026-01-01",
    "items": [
        {"item_no": "1", "milestone_name": "Kick-off", "bill_date": "2026-02-15",
         "amount": "30000", "item_status": "ready_to_invoice"},
        {"item_no": "2", "milestone_name": "Report", "bill_date": "2026-03-15",
         "amount": "60000", "item_status": "not_ready"},
    ],
}  # fmt: skip


def engaged(linked: Linked) -> tuple[Golden, Golden, Golden]:
    """A client with a contract and its billing schedule, delivered."""
    made = (
        linked.say("client", "C-1", **CLIENT),
        linked.say("contract", "CT-1", **CONTRACT),
        linked.say("billing_schedule", "BS-1", **SCHEDULE),
    )
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    return made
