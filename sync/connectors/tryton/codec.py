"""Tryton's JSON: decimals, dates and durations are objects with a `__class__`. Pure.

Numbers without one (Tryton's floats) are read as Decimal; a Decimal goes out as Tryton's numeric,
a float as a plain number.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any


def encode(value: Any) -> bytes:
    """The bytes of a request."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_marked)
    return text.encode()


def decode(body: bytes) -> Any:
    """What an answer says; ValueError where it is no JSON or an object is not what it claims."""
    try:
        return json.loads(body, object_hook=_unmarked, parse_float=Decimal)
    except (KeyError, TypeError, ArithmeticError) as error:
        raise ValueError(f"not Tryton's JSON: {error}") from None


def _marked(value: Any) -> dict[str, Any]:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": format(value, "f")}
    if isinstance(value, datetime):
        return {
            "__class__": "datetime",
            **{name: getattr(value, name) for name in (*_DAY, *_TIME)},
        }
    if isinstance(value, date):
        return {"__class__": "date", **{name: getattr(value, name) for name in _DAY}}
    if isinstance(value, timedelta):
        return {"__class__": "timedelta", "seconds": value.total_seconds()}
    raise TypeError(f"{type(value).__name__} is not sent")


_DAY = ("year", "month", "day")
_TIME = ("hour", "minute", "second", "microsecond")


def _unmarked(found: dict[str, Any]) -> Any:
    kind = found.get("__class__")
    if kind == "Decimal":
        return Decimal(found["decimal"])
    if kind == "date":
        return _day(found)
    if kind == "datetime":
        hour, minute, second, fraction = (int(found[name]) for name in _TIME)
        clock = time(hour, minute, second, fraction)
        return datetime.combine(_day(found), clock)  # UTC, as all of Tryton's
    if kind == "timedelta":
        return timedelta(seconds=float(found["seconds"]))
    return found


def _day(found: dict[str, Any]) -> date:
    year, month, day = (int(found[name]) for name in _DAY)
    return date(year, month, day)
