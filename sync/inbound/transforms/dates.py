"""Transforms to days and instants.

A format is `iso` (Salesforce's `2013-05-20T20:49:32.000+0000` is one), `sap`
(`/Date(1577836800000)/`), `epoch_ms`, `epoch_s`, or a pattern such as `%d.%m.%Y`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sync.inbound.transforms.numbers import digits
from sync.inbound.transforms.registry import Transform, as_text, named, shown

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{5,15}(Z|[+-][0-9:]{4,6})?)?")
_SAP = re.compile(r"/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/")
_PATTERN = re.compile(r"(%[YmdHMSfzbBp]|[^%])+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = date(1900, 1, 1), date(2199, 12, 31)


def _instant(value: Any, form: str) -> datetime:
    """The point in time, aware only when the value says its offset."""
    try:
        return _read(value, form)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{shown(value)} is not a date in the form {form}") from error


def _read(value: Any, form: str) -> datetime:
    if form == "epoch_ms":
        return _EPOCH + timedelta(milliseconds=int(digits(value, 1).split(".")[0]))
    if form == "epoch_s":
        return _EPOCH + timedelta(seconds=int(digits(value, 1).split(".")[0]))
    text = as_text(value).strip()
    if not text.isascii():
        raise ValueError("digits of another script")
    if form == "sap" and (match := _SAP.fullmatch(text)):
        return _EPOCH + timedelta(milliseconds=int(match[1]))
    if form == "iso" and _ISO.fullmatch(text):
        return datetime.fromisoformat(text)
    return datetime.strptime(text, form)  # noqa: DTZ007 the caller decides the zone


def _check_format(name: str, form: str) -> None:
    """Refuse a pattern that cannot read back what it writes."""
    if form in ("iso", "sap", "epoch_ms", "epoch_s"):
        return
    example = datetime(2026, 11, 21, 13, 45, tzinfo=UTC)
    try:
        if _PATTERN.fullmatch(form) and _read(example.strftime(form), form).year == example.year:
            return
    except (ValueError, re.error):
        pass
    raise ValueError(f"{name}: format {form!r} is none of iso, sap, epoch_ms, epoch_s, %d.%m.%Y")


def _check_year(value: Any, day: date) -> None:
    if not _FIRST <= day <= _LAST:
        raise ValueError(f"{shown(value)} is not between the years 1900 and 2199")


@named
def date_(format: str = "iso", open_end: str = "9999-12-31") -> Transform:
    """A day, from a date or from the day a timestamp names; the `open_end` day says nothing."""
    _check_format("date", format)

    def apply(value: Any) -> str | None:
        day = _instant(value, format).date()
        if day.isoformat() == open_end:
            return None
        _check_year(value, day)
        return day.isoformat()

    return apply


@named
def datetime_(format: str = "iso", offset: str = "") -> Transform:
    """An instant in UTC; `offset` (`+01:00`) is for values that do not say theirs."""
    _check_format("datetime", format)
    if offset and not re.fullmatch(r"[+-][01][0-9]:[0-5][0-9]", offset):
        raise ValueError("datetime: offset must look like +01:00")

    def apply(value: Any) -> str:
        instant = _instant(value, format)
        _check_year(value, instant.date())
        if instant.tzinfo is None and not offset:
            raise ValueError(f"{shown(value)} does not say its offset from UTC")
        if instant.tzinfo is None:
            instant = datetime.fromisoformat(instant.isoformat() + offset)
        return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")

    return apply
