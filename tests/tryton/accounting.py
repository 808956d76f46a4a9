"""What an accountant does in Tryton: open the books of a year, and post what was billed."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from tests.tryton import Erp

CHART: Final = "wizard.account.create_chart"
INVOICES: Final = "wizard.sale.subscription.create_invoice"
SEQUENCES: Final = ("in_invoice", "in_credit_note", "out_invoice", "out_credit_note")


def books_of(erp: Erp, company: str) -> dict[str, Any]:
    """The context in which one keeps the books of a company."""
    firm = erp.one("company.company", [["party.name", "=", company]], "id")["id"]
    return {**erp.admin.server.context, "company": firm}


def open_books(erp: Erp, company: str, year: int) -> None:
    """A chart of accounts, a year and its sequences."""
    context = books_of(erp, company)
    firm = context["company"]
    _chart(erp, firm, context)
    _year(erp, firm, year, context)
    revenue = _account(erp, firm, "type.revenue")
    category = erp.call(
        "product.category", "create",
        [{"name": "Services", "accounting": True, "account_revenue": revenue}], **context,
    )[0]  # fmt: skip
    templates = [each["id"] for each in erp.find("product.template", [], "id")]
    erp.call("product.template", "write", templates, {"account_category": category}, **context)


def _chart(erp: Erp, firm: int, context: dict[str, Any]) -> None:
    template = erp.find("account.account.template", [["parent", "=", None]], "id")[0]["id"]
    session, *_ = erp.admin.server.raw(f"{CHART}.create", context)
    said: dict[str, Any] = {"account": {"company": firm, "account_template": template}}
    erp.admin.server.raw(f"{CHART}.execute", session, said, "create_account", context)
    said["properties"] = {
        "company": firm,
        "account_receivable": _account(erp, firm, "type.receivable", party_required=True),
        "account_payable": _account(erp, firm, "type.payable", party_required=True),
    }
    erp.admin.server.raw(f"{CHART}.execute", session, said, "create_properties", context)


def _account(erp: Erp, firm: int, kind: str, **more: Any) -> int:
    named = [[name, "=", value] for name, value in more.items()]
    domain = [["company", "=", firm], [kind, "=", True], ["closed", "!=", True], *named]
    return int(erp.find("account.account", domain, "id")[0]["id"])


def _year(erp: Erp, firm: int, year: int, context: dict[str, Any]) -> None:
    sequences = {
        f"{name}_sequence": _sequence(erp, "ir.sequence.strict", "Invoice", firm, context)
        for name in SEQUENCES
    }
    moves = _sequence(erp, "ir.sequence.strict", "Account Move", firm, context)
    made = erp.call(
        "account.fiscalyear", "create",
        [{"name": str(year), "company": firm, "start_date": date(year, 1, 1),
          "end_date": date(year, 12, 31), "move_sequence": moves,
          "invoice_sequences": [["create", [{"company": firm, **sequences}]]]}], **context,
    )  # fmt: skip
    erp.call("account.fiscalyear", "create_period", made, **context)


def _sequence(erp: Erp, model: str, kind: str, firm: int, context: dict[str, Any]) -> int:
    [found] = erp.find("ir.sequence.type", [["name", "=", kind]], "id")
    values = {"name": kind, "sequence_type": found["id"], "company": firm}
    return int(erp.call(model, "create", [values], **context)[0])


def invoice(erp: Erp, context: dict[str, Any], day: str) -> list[int]:
    """Make the invoices of what was consumed by that day; their ids."""
    session, *_ = erp.admin.server.raw(f"{INVOICES}.create", context)
    said = {"start": {"date": date.fromisoformat(day)}}
    erp.admin.server.raw(f"{INVOICES}.execute", session, said, "create_", context)
    return [each["id"] for each in erp.find("account.invoice", [["state", "=", "draft"]], "id")]


def post(erp: Erp, invoices: list[int], day: str, context: dict[str, Any]) -> None:
    """Validate and post them, dated that day."""
    dated = {"invoice_date": date.fromisoformat(day)}
    erp.call("account.invoice", "write", invoices, dated, **context)
    erp.call("account.invoice", "validate_invoice", invoices, **context)
    erp.call("account.invoice", "post", invoices, **context)
