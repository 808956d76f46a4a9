"""What Tryton's own daily job does: consume what its subscriptions owe."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sync.connectors.tryton import subscriptions
from tests.tryton import Erp

WIZARD: Final = "wizard.sale.subscription.line.consumption.create"


def bill(erp: Erp, day: str) -> None:
    """Let it be that day, in every company, by the wizard a person would use."""
    for company in erp.find("company.company", [], "id"):
        context = {**erp.admin.server.context, "company": company["id"]}
        session, *_ = erp.admin.server.raw(f"{WIZARD}.create", context)
        said = {"start": {"date": date.fromisoformat(day)}}
        erp.admin.server.raw(f"{WIZARD}.execute", session, said, "create_", context)


def billed(erp: Erp) -> list[tuple[str, Decimal]]:
    """What was consumed of items, and for how much.

    On SQLite Tryton 8.0 compares no days here, so that the line which keeps a subscription open
    is consumed as well.
    """
    rows = erp.find("sale.subscription.line.consumption", [], "line.description", "line.unit_price")
    told = [(row["line."]["description"], row["line."]["unit_price"]) for row in rows]
    return [(text, price) for text, price in told if not text.startswith(subscriptions.KEEPER)]
