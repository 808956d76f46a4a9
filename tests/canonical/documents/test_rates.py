"""Which rate holds: the choice among lines and cards."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from canonical.documents.rates import Asked, best_line, rate_of, usable

DAY = "2026-03-12"
KEYS = {
    "resource": frozenset({"erika"}),
    "billing_role": frozenset({"manager"}),
    "grade": frozenset({"G7"}),
    "location": frozenset({"BER", "DE"}),
}
ASKED = Asked(KEYS, DAY)


def line(no: str, rate: str = "100", unit: str = "HUR", **parts: Any) -> dict[str, Any]:
    return {"line_no": no, "bill_rate": rate, "rate_unit": unit, **parts}


def card(*lines: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"state": "active", "lines": list(lines), **parts}


@pytest.mark.parametrize(
    ("lines", "chosen"),
    [
        ([line("all"), line("role", billing_role="manager")], "role"),
        ([line("role", billing_role="manager"), line("me", resource="erika")], "me"),
        ([line("grade", grade="G7"), line("place", location="DE")], "grade"),
        ([line("role", billing_role="manager"),
          line("both", billing_role="manager", location="BER")], "both"),
        ([line("partner", billing_role="partner"), line("all")], "all"),
        ([line("old", effective_from="2025-01-01"), line("new", effective_from="2026-01-01")],
         "new"),
        ([line("ended", effective_to=DAY), line("begins", effective_from=DAY)], "begins"),
        ([line("later", effective_from="2026-03-13")], None),
        ([line("partner", billing_role="partner")], None),
        ([line("service", service_code="audit")], None),
        ([], None),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_the_most_specific_line_that_holds_wins(
    lines: list[dict[str, Any]], chosen: str | None
) -> None:
    found = best_line(lines, ASKED)
    assert (found and found[0]["line_no"]) == chosen


def test_a_unit_can_be_asked_for() -> None:
    lines = [line("hour"), line("day", unit="DAY")]
    found = best_line(lines, Asked(KEYS, DAY, unit="DAY"))
    assert found is not None
    assert found[0]["line_no"] == "day"


@pytest.mark.parametrize(
    "parts",
    [{"state": "retired"}, {"rate_card_status": "draft"}, {"purpose": "cost"},
     {"rate_card_type": "cost"}, {"effective_from": "2026-03-13"}, {"effective_to": DAY}],
    ids=str,
)  # fmt: skip
def test_a_card_that_does_not_sell_today_is_left_out(parts: dict[str, Any]) -> None:
    assert usable(card(), DAY)
    assert not usable(card(**parts), DAY)


def test_a_card_without_the_line_passes_on_less_its_discount() -> None:
    cards = {
        "special": card(base_rate_card="client", discount_pct="10.00"),
        "client": card(line("p", billing_role="partner"), base_rate_card="std", discount_pct="5"),
        "std": card(line("all", "200.00")),
    }
    rate = rate_of("special", cards.get, ASKED)
    assert rate is not None
    assert rate.amount == Decimal("171.000000")
    assert rate.cards == ("special", "client", "std")


def test_a_discount_stops_at_the_minimum() -> None:
    cards = {
        "a": card(base_rate_card="b", discount_pct="50"),
        "b": card(line("all", "200", min_rate="150")),
    }
    rate = rate_of("a", cards.get, ASKED)
    assert rate is not None
    assert rate.amount == 150


def test_cards_based_on_each_other_end() -> None:
    cards = {"a": card(base_rate_card="b"), "b": card(base_rate_card="a")}
    assert rate_of("a", cards.get, ASKED) is None


def test_a_line_at_cost_has_no_amount() -> None:
    at_cost = {"line_no": "1", "rate_unit": "HUR", "price_calculation": "at_cost"}
    rate = rate_of("a", {"a": card(at_cost)}.get, ASKED)
    assert rate is not None
    assert rate.amount is None
