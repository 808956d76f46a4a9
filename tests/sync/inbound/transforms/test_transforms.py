"""Every named transform: what it makes of a value, and what it refuses."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from sync.inbound.transforms import make

GOOD: list[tuple[str, dict[str, Any], Any, Any]] = [
    ("trim", {}, "  Acme \t Holdings\n", "Acme Holdings"),
    ("trim", {}, 42, "42"),
    ("code", {}, " 3-Won ", "3-Won"),
    ("upper", {}, "gb", "GB"),
    ("lower", {}, "A@B.EU", "a@b.eu"),
    ("split", {"separator": ";"}, "a; b;;c", ["a", "b", "c"]),
    ("join", {}, ["Ada", None, " ", "Lovelace"], "Ada Lovelace"),
    ("lines", {}, "1 Main St,\n\nFloor 2", ["1 Main St", "Floor 2"]),
    ("lines", {}, ["1 Main St", None, "Floor 2"], ["1 Main St", "Floor 2"]),
    ("extract", {"pattern": r"\((\d+)\)"}, "Acme (42)", "42"),
    ("extract", {"pattern": r"\d+"}, "none", None),
    ("lookup", {"table": {"1": "GBP"}}, 1, "GBP"),
    ("lookup", {"table": {"true": "person"}, "default": "organization"}, False, "organization"),
    ("boolean", {}, "T", True),
    ("boolean", {}, 0, False),
    ("boolean", {"true": ["Ja"]}, "ja", True),
    ("reference", {}, "0015", {"source_id": "0015"}),
    ("reference", {"system": "hr"}, 7, {"system": "hr", "source_id": "7"}),
    ("reference", {}, ["a", "b"], [{"source_id": "a"}, {"source_id": "b"}]),
    ("decimal", {}, "120000.00", "120000.00"),
    ("decimal", {}, Decimal("0.1"), "0.1"),
    ("decimal", {}, 12.5, "12.5"),
    ("decimal", {"scale": -2}, 20, "0.2"),
    ("decimal", {"scale": -2}, "100", "1"),
    ("decimal", {"grouping": ".", "point": ","}, "1.234,56", "1234.56"),
    ("integer", {}, "12.0", 12),
    ("money", {}, ["10.5", "EUR"], {"amount": "10.5", "currency": "EUR"}),
    ("money", {"currency": "GBP"}, 120000, {"amount": "120000", "currency": "GBP"}),
    ("money", {"currency": "GBP", "scale": -2}, 1999, {"amount": "19.99", "currency": "GBP"}),
    ("money", {}, [None, "EUR"], None),
    ("date", {}, "2026-01-31", "2026-01-31"),
    ("date", {}, "2026-01-31T10:00:00Z", "2026-01-31"),
    ("date", {"format": "%d.%m.%Y"}, "31.01.2026", "2026-01-31"),
    ("date", {"format": "epoch_ms"}, "1769817600000", "2026-01-31"),
    ("date", {}, "9999-12-31", None),
    ("datetime", {}, "2013-05-20T20:49:32.000+0000", "2013-05-20T20:49:32Z"),
    ("datetime", {}, "2026-01-31T10:00:00.250+02:00", "2026-01-31T08:00:00.250000Z"),
    ("datetime", {"format": "epoch_ms"}, 1795198620970, "2026-11-20T18:17:00.970000Z"),
    ("datetime", {"format": "epoch_s"}, 1795198620, "2026-11-20T18:17:00Z"),
    ("datetime", {"format": "sap"}, "/Date(1577836800000)/", "2020-01-01T00:00:00Z"),
    ("datetime", {"format": "sap"}, "/Date(1577836800000+0060)/", "2020-01-01T00:00:00Z"),
    ("datetime", {"offset": "+01:00"}, "2026-01-31T10:00:00", "2026-01-31T09:00:00Z"),
    ("country", {}, "United Kingdom", "GB"),
    ("country", {}, "deu", "DE"),
    ("country", {}, "uk", "GB"),
    ("country", {}, "Deutschland", "DE"),
    ("language", {}, "en_GB", "en-GB"),
    ("language", {}, "German", "de"),
    ("currency", {}, "eur", "EUR"),
    ("currency", {}, "826", "GBP"),
    ("phone", {"country": "GB"}, "020 7946 0958", "+442079460958"),
    ("phone", {}, ["(212) 555-0123", "USA"], "+12125550123"),
    ("phone", {}, "+49 30 901820", "+4930901820"),
    ("phone", {}, [None, "US"], None),
]

BAD: list[tuple[str, dict[str, Any], Any, str]] = [
    ("trim", {}, {"a": 1}, "is not text"),
    ("trim", {}, True, "is not text"),
    ("lookup", {"table": {"1": "GBP"}}, "9", "is not in the table"),
    ("boolean", {}, "perhaps", "neither true nor false"),
    *[
        ("decimal", {}, odd, "is not a number")
        for odd in ["NaN", "1e400", "1E+999999999", "１２", "1_000", "+1", ".5", "", "1" * 15]
    ],
    ("decimal", {}, True, "is not text"),
    ("decimal", {}, float("nan"), "is not a number"),
    ("decimal", {}, 0.1 + 0.2, "more digits than a binary number keeps"),
    ("integer", {}, "1.5", "not a whole number"),
    ("money", {}, ["10", None], "no currency code"),
    ("money", {}, ["10"], "expected two values"),
    ("money", {"currency": "€"}, "10", "no currency code"),
    *[
        ("date", {}, odd, "is not a date in the form iso")
        for odd in ["2026-02-30", "0000-00-00", "２０２６-01-31", "31.01.2026", "20260131", "now"]
    ],
    ("date", {}, "1066-10-14", "not between the years"),
    ("date", {"format": "epoch_ms"}, "9" * 14, "not between the years"),
    ("datetime", {}, "2026-01-31T10:00:00", "does not say its offset"),
    ("datetime", {"format": "sap"}, "/Date(9)", "in the form sap"),
    ("datetime", {}, "0001-01-01T00:00:00+14:00", "not between the years"),
    ("country", {}, "Atlantis", "is not a country"),
    ("language", {}, "Klingonish", "is not a language"),
    ("currency", {}, "Taler", "is not a currency"),
    ("phone", {"country": "GB"}, "see website", "is not a telephone number"),
    ("phone", {"country": "GB"}, "123", "has not the length"),
    ("phone", {}, "020 7946 0958", "is not a telephone number"),
]

UNUSABLE: list[tuple[str, dict[str, Any], str]] = [
    ("shout", {}, "no transform is called 'shout'"),
    ("trim", {"much": "yes"}, "trim has no parameter 'much'"),
    ("split", {}, "missing a required argument"),
    ("split", {"separator": ""}, "must not be empty"),
    ("split", {"separator": 7}, "separator must be text"),
    ("decimal", {"places": 9}, "places must be 1 to 6"),
    ("decimal", {"places": True}, "places must be a whole number"),
    ("extract", {"pattern": "(?<=a)b"}, "not an RE2 pattern"),
    ("date", {"format": "%Y%Y"}, "is none of"),
    ("date", {"format": "DD.MM.YYYY"}, "is none of"),
    ("date", {"format": "%d.%m"}, "is none of"),
    ("datetime", {"offset": "CET"}, "must look like"),
    ("phone", {"country": "Atlantis"}, "is not a country"),
]


@pytest.mark.parametrize(("name", "parameters", "value", "expected"), GOOD)
def test_transforms_make(name: str, parameters: dict[str, Any], value: Any, expected: Any) -> None:
    assert make(name, parameters)(value) == expected


@pytest.mark.parametrize(("name", "parameters", "value", "reason"), BAD)
def test_transforms_refuse(name: str, parameters: dict[str, Any], value: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        make(name, parameters)(value)


@pytest.mark.parametrize(("name", "parameters", "reason"), UNUSABLE)
def test_wrong_parameters_are_refused(name: str, parameters: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        make(name, parameters)


def test_a_pattern_that_backtracks_elsewhere_is_harmless() -> None:
    assert make("extract", {"pattern": "(a+)+$"})("a" * 100_000 + "!") is None
