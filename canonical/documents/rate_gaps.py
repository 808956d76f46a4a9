"""Where two rate cards charge different prices for the same work: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from canonical.documents.rates import KEYS, MAX_BASES, Asked, Content, rate_of

DECIMALS: Final = 2  # at the least


@dataclass(frozen=True, slots=True)
class Card:
    """A rate card by its id, and how it and those it is based on are read."""

    id: str
    at: Callable[[str], Content | None]


@dataclass(frozen=True, slots=True)
class Gap:
    """Work that costs otherwise than agreed, from a day on; prices as they are written."""

    work: str
    unit: str
    day: str
    agreed: str
    charged: str


def gaps(agreed: Card, charged: Card, today: str) -> list[Gap]:
    """The differences from today on, each once, by the first day that shows it.

    Work that only one of the cards has a price for is no difference. A card without a currency
    charges in that of the other.
    """
    agreed, charged = Card(agreed.id, _clear(agreed)), Card(charged.id, _clear(charged))
    found: dict[tuple[str, str], Gap] = {}
    lines = [*_lines(agreed), *_lines(charged)]
    later = {str(line.get("effective_from") or "") for line in lines}
    for day in sorted({today, *(each for each in later if each > today)}):
        for line in lines:
            if gap := _gap(agreed, charged, line, day):
                found.setdefault((gap.work, gap.unit), gap)
    return sorted(found.values(), key=lambda gap: (gap.work, gap.unit))


def _gap(agreed: Card, charged: Card, line: Content, day: str) -> Gap | None:
    keys = {key: frozenset({str(line[key])}) for key in KEYS if line.get(key)}
    asked = Asked(keys, day, line.get("rate_unit"))
    one, other = (rate_of(card.id, card.at, asked) for card in (agreed, charged))
    if one is None or other is None or one.amount is None or other.amount is None:
        return None
    currency, theirs = (_currency(card) for card in (agreed, charged))
    theirs = theirs or currency
    if (one.amount, currency or theirs) == (other.amount, theirs):
        return None
    work = ", ".join(str(line[key]) for key in KEYS if line.get(key)) or "all work"
    return Gap(work, str(line.get("rate_unit") or ""), day, _price(one.amount, currency or theirs),
               _price(other.amount, theirs))  # fmt: skip


def _clear(card: Card) -> Callable[[str], Content | None]:
    """The cards without lines that name no work, where several do: what they named was lost."""

    def at(card_id: str) -> Content | None:
        content = card.at(card_id)
        if content is None:
            return None
        lines = content.get("lines") or ()
        named = [line for line in lines if any(line.get(key) for key in KEYS)]
        rest = Counter(_place(line) for line in lines if line not in named)
        alone = [line for line in lines if line not in named and rest[_place(line)] == 1]
        return {**content, "lines": [*named, *alone]}

    return at


def _place(line: Content) -> tuple[str, str]:
    return str(line.get("rate_unit")), str(line.get("effective_from"))


def _lines(card: Card) -> Iterator[Content]:
    """Those of the card and of the cards it is based on."""
    seen: set[str] = set()
    place: str | None = card.id
    while place is not None and place not in seen and len(seen) < MAX_BASES:
        seen.add(place)
        content = card.at(place) or {}
        yield from content.get("lines") or ()
        place = content.get("base_rate_card")


def _currency(card: Card) -> str:
    return str((card.at(card.id) or {}).get("currency") or "")


def _price(amount: Decimal, currency: str) -> str:
    shown = amount.normalize()
    exponent = shown.as_tuple().exponent
    places = max(DECIMALS, -exponent if isinstance(exponent, int) else DECIMALS)
    return f"{shown:.{places}f} {currency}".strip()
