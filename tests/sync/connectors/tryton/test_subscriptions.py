"""What is due of a schedule, which buttons lead where, and what an invoice tells."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sync.connectors.profile import Element, Rendered
from sync.connectors.tryton import sales, subscriptions
from sync.connectors.tryton.profile import ITEMS


@pytest.mark.parametrize(
    ("said", "trigger", "due"),
    [
        ({"status": "ready_to_invoice"}, "milestone_completed", True),
        ({"status": "not_ready"}, "milestone_completed", False),
        ({"status": "not_ready", "completed": "2026-02-01"}, "milestone_completed", True),
        ({"status": "on_hold", "completed": "2026-02-01"}, "milestone_completed", False),
        ({"status": "invoiced"}, "fixed_date", False),
        ({"status": "invoice_drafted"}, "fixed_date", False),
        ({}, "fixed_date", True),
        ({"trigger": "manual"}, "fixed_date", False),
        ({"status": "not_ready"}, "fixed_date", False),
        ({}, None, False),
    ],
)
def test_an_item_is_due_when_it_may_be_billed(
    said: dict[str, Any], trigger: str | None, due: bool
) -> None:
    item = Element(ITEMS, "1", {"bill_date": "2026-02-15", "amount": "10", **said})
    rendered = Rendered({"trigger": trigger}, {}, [], (item,))
    [settled] = subscriptions.settle(rendered).elements
    assert settled.values["due"] is due


def test_a_percentage_is_of_the_total() -> None:
    item = Element(ITEMS, "1", {"bill_date": "2026-02-15", "percent": Decimal(25)})
    [settled] = subscriptions.settle(Rendered({"total": Decimal(90_000)}, {}, [], (item,))).elements
    assert settled.values["amount"] == Decimal(22_500)


@pytest.mark.parametrize(
    ("said", "each"),
    [
        ({"recurrence": "Monthly", "occurrences": Decimal(12)}, Decimal(1000)),
        ({"recurrence": "Monthly"}, None),
        ({"recurrence": "Daily", "occurrences": Decimal(12)}, None),
        ({"recurrence": "Monthly", "occurrences": Decimal(0)}, None),
    ],
)
def test_a_schedule_without_items_is_billed_in_equal_parts(
    said: dict[str, Any], each: Decimal | None
) -> None:
    settled = subscriptions.settle(Rendered({"total": Decimal(12_000), **said}, {}, []))
    assert settled.values.get("each") == each


def test_what_is_cancelled_is_no_line() -> None:
    item = Element(ITEMS, "1", {"bill_date": "2026-02-15", "amount": "1", "status": "cancelled"})
    assert not subscriptions.settle(Rendered({}, {}, [], (item,))).elements


@pytest.mark.parametrize(
    ("state", "standing", "edits", "buttons"),
    [
        (None, "running", False, ([], ["quote", "run"])),
        ("running", "running", False, ([], [])),
        ("running", "running", True, (["draft"], ["quote", "run"])),
        ("running", "cancelled", False, ([], ["draft", "cancel"])),
        ("quotation", "held", True, (["draft"], ["quote"])),
        ("cancelled", "cancelled", False, ([], [])),
        ("cancelled", "running", True, (["draft"], ["quote", "run"])),
        ("cancelled", "running", False, ([], ["draft", "quote", "run"])),
        ("closed", "running", False, ([], [])),
        ("closed", "cancelled", False, ([], [])),
    ],
)
def test_the_way_of_a_subscription(
    state: str | None, standing: str, edits: bool, buttons: tuple[list[str], list[str]]
) -> None:
    assert subscriptions.path(state, standing, edits=edits) == buttons


@pytest.mark.parametrize(
    ("state", "standing", "edits", "confirm", "buttons"),
    [
        ("draft", "agreed", False, False, ([], ["quote"])),
        ("draft", "agreed", False, True, ([], ["quote", "confirm"])),
        ("quotation", "agreed", False, True, ([], ["confirm"])),
        ("quotation", "agreed", True, False, (["draft"], ["quote"])),
        ("processing", "agreed", True, True, ([], [])),
        ("done", "agreed", False, True, ([], [])),
        ("quotation", "draft", False, False, ([], ["draft"])),
        ("confirmed", "cancelled", False, False, ([], ["draft", "cancel"])),
        ("cancelled", "agreed", True, False, (["draft"], ["quote"])),
        ("cancelled", "agreed", False, False, ([], ["draft", "quote"])),
        ("cancelled", "cancelled", True, False, (["draft"], ["cancel"])),
    ],
)
def test_the_way_of_a_sale(
    state: str, standing: str, edits: bool, confirm: bool, buttons: tuple[list[str], list[str]]
) -> None:
    assert sales.path(state, standing, edits=edits, confirm=confirm) == buttons


def test_an_invoice_comes_back_with_the_item_it_bills() -> None:
    moment = datetime.fromisoformat("2026-03-01T00:00:00")
    line = {"id": 7, "description": "1: Kick-off", "quantity": Decimal("1.0"), "sequence": 1,
            "unit_price": Decimal("30000.0000"), "start_date": date(2026, 2, 15),
            "last_modified_at": moment}  # fmt: skip
    other = {**line, "id": 8, "description": "2: Report", "sequence": 2}
    bill = {"state": "posted", "number": "INV-7", "invoice_date": date(2026, 2, 16)}
    consumed = {"id": 1, "line": 7, "line.": {"id": 7}, "invoice_line.": {"invoice.": bill},
                "last_modified_at": moment}  # fmt: skip
    tree = {"id": 3, "number": "BS-000001", "create_uid": 2, "description": "Audit", "party": 5,
            "currency.": {"code": "EUR"}, "start_date": date(2026, 1, 1), "end_date": None,
            "reference": None, "state": "running", "lines.": [other, line]}  # fmt: skip
    first, second = subscriptions.flat(tree, 2, [consumed])["items"]
    assert first == {
        "item_no": "1", "description": "Kick-off", "bill_date": "2026-02-15",
        "amount": Decimal("30000.0000"), "invoiced": "invoiced", "invoice": "INV-7",
        "invoice_date": "2026-02-16",
    }  # fmt: skip
    assert "invoiced" not in second
    bill["state"] = "draft"
    drafted = subscriptions.flat(tree, 2, [consumed])["items"][0]
    assert (drafted["invoiced"], drafted["invoice_date"]) == ("invoice_drafted", None)
