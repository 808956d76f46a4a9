"""Periods and amounts made alike."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from matching.engine.compare.base import PART
from matching.engine.fields.document import Cell, Reader, Values, text

_FOREVER = date(2090, 1, 1)
_NEVER = date(1901, 1, 2)


def period(first: tuple[str, ...], last: tuple[str, ...]) -> Reader:
    """A reader of one period out of a first and a last attribute, each with alternatives."""

    def read(values: Values, /) -> Cell:
        start, end = _first_day(values, first), _first_day(values, last)
        return (f"{start}{PART}{end}",) if start else ()

    return read


def _first_day(values: Values, names: tuple[str, ...]) -> str:
    return next((day for name in names if (day := _day(text(values, name)))), "")


def _day(written: str) -> str:
    """An ISO day; "" for placeholders such as 1900-01-01 and 9999-12-31, and for no day at all."""
    try:
        day = date.fromisoformat(written[:10])
    except ValueError:
        return ""
    return day.isoformat() if _NEVER < day < _FOREVER else ""


def amount(*attributes: str) -> Reader:
    """A reader of money: {amount, currency}, or a number beside the record's currency."""

    def read(values: Values, /) -> Cell:
        found = (_money(values.get(name), text(values, "currency")) for name in attributes)
        return next(((atom,) for atom in found if atom), ())

    return read


def _money(value: object, currency: str) -> str:
    given: object = value
    if isinstance(value, dict):
        given, currency = value.get("amount"), str(value.get("currency") or currency)
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        return ""
    if not number.is_finite() or not number:
        return ""
    return f"{number.normalize():f}{PART}{currency.lower()}"
