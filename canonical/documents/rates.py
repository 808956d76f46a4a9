"""Which rate holds: a pure choice among rate cards and their lines.

The most specific line of a card wins: one for the resource before one for its role, its grade,
its location or a service; a line that names nothing is for everyone. Of equals the one that
begins last wins. A card without a fitting line passes the question to the card it is based on,
less its discount.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from canonical.documents.shape import VALIDITY, holds

Content = Mapping[str, Any]
KEYS = ("resource", "billing_role", "grade", "location", "service_code")
MAX_BASES = 10
_DATES = VALIDITY[1]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose rate is asked for: a value, or several, per key of a line; the day and the unit."""

    keys: Mapping[str, frozenset[str]]
    day: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """The rate that holds: its amount, the line, what it matched by, and the cards walked."""

    amount: Decimal | None
    line: Content
    matched_by: tuple[str, ...]
    cards: tuple[str, ...]
    discounts: tuple[Decimal, ...]


def usable(card: Content, day: str) -> bool:
    """Whether a card sells, is in force on the day and was neither withdrawn nor a draft."""
    if card.get("state") != "active" or not holds(card, _DATES, day):
        return False
    if card.get("rate_card_type") == "cost" or card.get("purpose") in {"cost", "purchase"}:
        return False
    return card.get("rate_card_status") not in {"draft", "retired"}


def best_line(lines: Sequence[Content], asked: Asked) -> tuple[Content, tuple[str, ...]] | None:
    """The most specific line that holds, and the keys it matched by."""
    fitting = [
        (matched, line)
        for line in lines
        if holds(line, _DATES, asked.day) and (matched := _matched(line, asked)) is not None
    ]
    if not fitting:
        return None
    matched, line = max(fitting, key=lambda found: (_rank(found[0]), *_newest(found[1])))
    return line, matched


def _matched(line: Content, asked: Asked) -> tuple[str, ...] | None:
    """The keys the line names, if every one of them is what is asked for."""
    if asked.unit is not None and line.get("rate_unit") != asked.unit:
        return None
    named = tuple(key for key in KEYS if line.get(key))
    return named if all(line[key] in asked.keys.get(key, ()) for key in named) else None


def _rank(matched: tuple[str, ...]) -> tuple[bool, ...]:
    return tuple(key in matched for key in KEYS)


def _newest(line: Content) -> tuple[str, str]:
    return str(line.get("effective_from") or ""), str(line.get("line_no") or "")


def rate_of(card_id: str, card_at: Callable[[str], Content | None], asked: Asked) -> Rate | None:
    """The rate of a card, or of the cards it is based on."""
    walked: list[str] = []
    discounts: list[Decimal] = []
    current: str | None = card_id
    while current is not None and current not in walked and len(walked) < MAX_BASES:
        card = card_at(current)
        if card is None or not usable(card, asked.day):
            return None
        walked.append(current)
        if found := best_line(card.get("lines") or (), asked):
            line, matched = found
            amount = _amount(line, discounts)
            return Rate(amount, line, matched, tuple(walked), tuple(discounts))
        discounts.append(Decimal(card.get("discount_pct") or 0))
        current = card.get("base_rate_card")
    return None


def _amount(line: Content, discounts: Sequence[Decimal]) -> Decimal | None:
    """The line's rate less each discount, never below its minimum; None where it has no rate."""
    if not line.get("bill_rate"):
        return None
    amount = Decimal(line["bill_rate"])
    for percent in discounts:
        amount *= 1 - percent / 100
    return max(amount, Decimal(line.get("min_rate") or 0)).quantize(Decimal("0.000001"))
