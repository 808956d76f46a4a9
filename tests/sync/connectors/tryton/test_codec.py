"""Tryton's JSON, both ways."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.connectors.tryton import codec

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text()
    | st.decimals(places=4, min_value=-(10**9), max_value=10**9)
    | st.dates()
    | st.datetimes()
    | st.timedeltas(timedelta(0), timedelta(days=4000)).map(lambda d: timedelta(d.days, d.seconds)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(VALUES)
def test_what_is_written_is_read(value: Any) -> None:
    if not _is_marked(value):
        assert codec.decode(codec.encode(value)) == value


def _is_marked(value: Any) -> bool:
    """Nobody sends a field named __class__."""
    if isinstance(value, dict):
        return "__class__" in value or any(map(_is_marked, value.values()))
    return isinstance(value, list) and any(map(_is_marked, value))


def test_a_numeric_goes_out_as_tryton_takes_it() -> None:
    told = json.loads(codec.encode({"price": Decimal("1E+3"), "day": date(2026, 2, 1)}))
    assert told["price"] == {"__class__": "Decimal", "decimal": "1000"}
    assert told["day"] == {"__class__": "date", "year": 2026, "month": 2, "day": 1}


def test_moments_and_floats_come_in_exactly() -> None:
    said = {"__class__": "datetime", "year": 2026, "month": 2, "day": 1, "hour": 3, "minute": 4,
            "second": 5, "microsecond": 6}  # fmt: skip
    told = codec.decode(json.dumps({"at": said, "quantity": 0.1}).encode())
    moment = datetime.fromisoformat("2026-02-01T03:04:05.000006")
    assert told == {"at": moment, "quantity": Decimal("0.1")}


@pytest.mark.parametrize(
    "body",
    [b"<html>", b'{"__class__": "date", "year": 2026}', b'{"__class__": "Decimal"}', b"\xff"],
)
def test_what_is_not_trytons_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        codec.decode(body)
