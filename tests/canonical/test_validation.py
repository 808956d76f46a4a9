"""What may enter: hostile, odd and ordinary values, each with its place and reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from canonical.entities import schema_of
from canonical.validation import decimal_text, instant, says_nothing, validate, validate_value


def only_fault(entity: str, data: Any) -> tuple[str, str]:
    values, faults = validate(schema_of(entity), data)
    assert len(faults) == 1, (values, faults)
    assert faults[0].detail
    return faults[0].pointer, faults[0].code


def value(entity: str, name: str, said: Any) -> Any:
    values, faults = validate(schema_of(entity), {name: said})
    assert faults == []
    return values.get(name)


NUMBERS: list[Any] = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "1E5",
    "１２",
    "1_000",
    "1,000",
    "0x10",
    "+1",
    "1.",
    ".5",
    "--1",
    "1 2",
    "1\u0000",
    "٣",
    "1" * 15,
    "1.0000000",
    True,
    {"a": 1},
    1.5,
    float("nan"),
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
    Decimal("1E+999999999"),
    Decimal("1E-999999999"),
    10**4000,
]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda n: repr(n)[:24])
def test_what_is_no_number_is_refused(number: Any) -> None:
    assert only_fault("engagement", {"hours_budget": number}) == ("/hours_budget", "not_a_number")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("1234.5", "1234.50"),
        (" 7 ", "7.00"),
        ("-0", "0.00"),
        ("-0.000", "0.00"),
        ("-12.3400", "-12.34"),
        ("00012", "12.00"),
        ("0.1234", "0.1234"),
        (12, "12.00"),
        (Decimal("1E+2"), "100.00"),
        (Decimal("1.10"), "1.10"),
        ("9" * 14, "9" * 14 + ".00"),
    ],
)
def test_numbers_have_one_spelling(said: Any, kept: str) -> None:
    assert value("engagement", "hours_budget", said) == kept


def test_a_number_must_fit_its_column() -> None:
    lines = [{"line_no": "1", "unit_price": "1" * 14}]
    assert only_fault("contract", {"lines": lines}) == ("/lines/0/unit_price", "too_large")
    assert only_fault("engagement", {"hours_budget": "1.23456"})[1] == "too_precise"
    assert value("contract", "lines", [{"unit_price": "9" * 9 + ".123456"}])
    assert only_fault("engagement", {"hours_budget": "123456789012.3456"})[1] == "too_precise"


NO_DAYS: list[Any] = [
    "0000-01-01",
    "2026-02-30",
    "2025-02-29",
    "2026-13-01",
    "2026-1-1",
    "20260101",
    "1/2/2026",
    "2026-W01-1",
    "２026-01-01",
    "2026-01-01T00:00:00Z",
    "yesterday",
    20260101,
    True,
    ["2026"],
]


@pytest.mark.parametrize("day", NO_DAYS)
def test_what_is_no_day_is_refused(day: Any) -> None:
    assert only_fault("contract", {"effective_from": day}) == ("/effective_from", "not_a_date")


def test_days_at_the_edges_are_days() -> None:
    for day in ("0001-01-01", "2024-02-29", "9999-12-31"):
        assert value("contract", "effective_from", day) == day


NO_INSTANTS: list[Any] = [
    "2026-01-01",
    "2026-01-01T00:00:00",
    "2026-01-01 00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "2026-02-30T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "x" * 30,
    5,
    None,
]


@pytest.mark.parametrize("moment", NO_INSTANTS)
def test_what_is_no_instant_is_none(moment: Any) -> None:
    assert instant(moment) is None


def test_instants_are_kept_in_utc() -> None:
    said = {"conflict_cleared_at": "2026-01-01t02:00:00.5+02:00"}
    assert value("client", "acceptance", said) == {
        "conflict_cleared_at": "2026-01-01T00:00:00.500000Z"
    }


@pytest.mark.parametrize(
    ("entity", "data", "pointer", "code"),
    [
        ("client", [], "", "not_an_object"),
        ("client", None, "", "not_an_object"),
        ("client", {"no/such~name": 1}, "/no~1such~0name", "unknown_attribute"),
        ("client", {"version": 3}, "/version", "unknown_attribute"),
        ("client", {"legal_name": 5}, "/legal_name", "not_text"),
        ("client", {"legal_name": ["x"]}, "/legal_name", "not_text"),
        ("client", {"legal_name": "x" * 256}, "/legal_name", "too_long"),
        ("client", {"legal_name": "a\x00b"}, "/legal_name", "invalid_character"),
        ("client", {"legal_name": "a\ud800b"}, "/legal_name", "invalid_character"),
        ("client", {"lei": "5493\u202e001"}, "/lei", "direction_control"),
        ("client", {"tags": "gold"}, "/tags", "not_a_list"),
        ("client", {"tags": ["gold", 5]}, "/tags/1", "not_text"),
        ("client", {"addresses": [{"role": "billing"}, 7]}, "/addresses/1", "not_an_object"),
        ("client", {"addresses": [{"town": "x"}]}, "/addresses/0/town", "unknown_attribute"),
        ("client", {"addresses": [{"country": "XX"}]}, "/addresses/0/country", "unknown_country"),
        ("client", {"addresses": [{"country": "DEU"}]}, "/addresses/0/country", "unknown_country"),
        ("client", {"bank_accounts": [{"iban": "DE\u200f1"}]}, "/bank_accounts/0/iban",
         "direction_control"),
        ("client", {"currency": "ZZZ"}, "/currency", "unknown_currency"),
        ("client", {"currency": 7}, "/currency", "unknown_currency"),
        ("client", {"language": "en GB"}, "/language", "not_a_language"),
        ("client", {"language": "en" + "-abcdefgh" * 5}, "/language", "not_a_language"),
        ("client", {"tax_exempt": "yes"}, "/tax_exempt", "not_a_boolean"),
        ("client", {"tax_exempt": 1}, "/tax_exempt", "not_a_boolean"),
        ("client", {"credit_limit": "5"}, "/credit_limit", "not_money"),
        ("client", {"credit_limit": {"amount": "5"}}, "/credit_limit", "not_money"),
        ("client", {"credit_limit": {"amount": "x", "currency": "EUR"}}, "/credit_limit/amount",
         "not_a_number"),
        ("client", {"credit_limit": {"amount": "5", "currency": "€"}}, "/credit_limit/currency",
         "unknown_currency"),
        ("client", {"payment_terms": {"net_days": True}}, "/payment_terms/net_days",
         "not_an_integer"),
        ("client", {"payment_terms": {"net_days": 2**31}}, "/payment_terms/net_days",
         "not_an_integer"),
        ("client", {"payment_terms": {"net_days": 3.0}}, "/payment_terms/net_days",
         "not_an_integer"),
        ("client", {"parent": "CL-000001"}, "/parent", "not_a_reference"),
        ("client", {"parent": {"source_id": 5}}, "/parent", "not_a_reference"),
        ("client", {"parent": {"source_id": "a\x00"}}, "/parent", "not_a_reference"),
        ("client", {"parent": {"source_id": "x" * 256}}, "/parent", "not_a_reference"),
        ("client", {"parent": {"source_id": "1", "golden_id": "2"}}, "/parent", "not_a_reference"),
        ("client", {"parent": {"system": "crm"}}, "/parent", "not_a_reference"),
        ("client", {"extensions": {"plain": 1}}, "/extensions/plain", "not_namespaced"),
        ("client", {"extensions": {"a.b": float("nan")}}, "/extensions/a.b", "not_a_number"),
        ("client", {"extensions": {"a.b": {"c": Decimal("1E+999999")}}}, "/extensions/a.b/c",
         "not_a_number"),
        ("client", {"extensions": {"a.b": ["\x00"]}}, "/extensions/a.b/0", "invalid_character"),
    ],
)  # fmt: skip
def test_the_fault_names_place_and_reason(entity: str, data: Any, pointer: str, code: str) -> None:
    assert only_fault(entity, data) == (pointer, code)


def test_every_fault_is_told_and_the_rest_is_kept() -> None:
    data = {"legal_name": "Acme", "currency": "ZZZ", "duns": 5, "email": " a@b.example "}
    values, faults = validate(schema_of("client"), data)
    assert values == {"legal_name": "Acme", "email": "a@b.example"}
    assert [fault.pointer for fault in faults] == ["/currency", "/duns"]


@pytest.mark.parametrize("silence", [None, "", "  ", "\u00a0", [], {}])
def test_four_ways_to_say_nothing(silence: Any) -> None:
    assert says_nothing(silence)
    assert validate(schema_of("client"), {"legal_name": silence, "tags": silence}) == ({}, [])


def test_parts_that_say_nothing_leave_no_trace() -> None:
    data = {"addresses": [{"role": "", "lines": ["", None]}, None], "payment_terms": {"code": " "}}
    assert validate(schema_of("client"), data) == ({}, [])


def test_no_and_zero_are_said() -> None:
    assert value("client", "tax_exempt", False) is False
    assert value("client", "payment_terms", {"net_days": 0}) == {"net_days": 0}


@pytest.mark.parametrize(
    "name", ["Ωμέγα", "株式会社", "שלום", "مرحبا", "Zoë 🎉", "İstanbul", "Straße"]
)
def test_names_in_any_script_are_kept_as_they_are(name: str) -> None:
    assert value("client", "legal_name", name) == name


def test_direction_controls_may_stand_in_names_but_not_in_identifiers() -> None:
    assert value("client", "legal_name", "שלום\u200f Ltd") == "שלום\u200f Ltd"
    _, faults = validate_value(schema_of("resource")["national_id"], "12\u202e34")
    assert [fault.code for fault in faults] == ["direction_control"]


def test_codes_of_places_and_money_are_upper_case() -> None:
    assert value("client", "addresses", [{"country": "de"}]) == [{"country": "DE"}]
    assert value("client", "currency", "eur") == "EUR"


def test_fractions_in_custom_fields_are_exact_text() -> None:
    said = {"tax.rates": [Decimal("0.10"), 0.2, 3, {"x": Decimal("7")}]}
    assert value("client", "extensions", said) == {"tax.rates": ["0.10", "0.20", 3, {"x": "7.00"}]}


@pytest.mark.parametrize(("number", "text"), [("-0.0", "0.00"), ("1.005", "1.005"), ("5", "5.00")])
def test_decimal_text(number: str, text: str) -> None:
    assert decimal_text(Decimal(number)) == text
