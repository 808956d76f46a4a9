"""Transforms to numbers and money. Numbers leave as text, so that no digit is ever lost."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from sync.inbound.transforms.registry import Transform, as_text, named, pair, shown

_EXACT_FLOAT_DIGITS = 15  # an IEEE 754 double returns every decimal of this length unchanged


def digits(value: Any, places: int) -> str:
    """A number's own digits: ASCII, no exponent, at most 14 before the point and `places` after."""
    text = _float_text(value) if isinstance(value, float) else as_text(value).strip()
    if not re.fullmatch(rf"-?[0-9]{{1,14}}(\.[0-9]{{1,{places}}})?", text):
        raise ValueError(f"{shown(value)} is not a number of up to 14 digits and {places} decimals")
    return text


def _float_text(value: float) -> str:
    text = repr(value).removesuffix(".0")
    if len(text.replace(".", "").lstrip("-0")) > _EXACT_FLOAT_DIGITS:
        raise ValueError(f"{text} has more digits than a binary number keeps: send it as text")
    return text


@named
def decimal(places: int = 4, scale: int = 0, grouping: str = "", point: str = ".") -> Transform:
    """A number; `scale: -2` makes a share of a percentage.

    `grouping` and `point` are the signs of the payload's own notation (`1.234,56`).
    """
    if not (0 < places <= 6 and -6 <= scale <= 6):
        raise ValueError("decimal: places must be 1 to 6 and scale -6 to 6")

    def apply(value: Any) -> str:
        if isinstance(value, str):
            ungrouped = value.replace(grouping, "") if grouping else value
            value = ungrouped.replace(point, ".") if point else ungrouped
        number = digits(value, places)
        return format(Decimal(number).scaleb(scale).normalize(), "f") if scale else number

    return apply


@named
def integer() -> Transform:
    """A whole number."""

    def apply(value: Any) -> int:
        number = Decimal(digits(value, 4))
        if number != number.to_integral_value():
            raise ValueError(f"{shown(value)} is not a whole number")
        return int(number)

    return apply


@named
def money(currency: str = "", scale: int = 0, grouping: str = "", point: str = ".") -> Transform:
    """An amount with its currency: from `[amount, currency]`, or an amount and the one given."""
    to_amount = decimal(scale=scale, grouping=grouping, point=point)

    def apply(value: Any) -> dict[str, str] | None:
        amount, unit = pair(value, currency)
        if amount is None or amount == "":
            return None
        if not re.fullmatch("[A-Z]{3}", unit):
            raise ValueError(f"amount {shown(amount)} has no currency code")
        return {"amount": to_amount(amount), "currency": unit}

    return apply
