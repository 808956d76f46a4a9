"""Checks data in canonical attributes and brings it to canonical form.

The validator of an entity is built once from its declarations: plain functions, no framework,
because nested serializers cost fifty times as much per record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

import pycountry

from canonical.attributes import Attribute, EntitySchema, Kind

NUMBER = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,6})?", re.ASCII)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries)
CURRENCIES = frozenset(currency.alpha_3 for currency in pycountry.currencies)
IDENTIFIER_PARTS = frozenset({"lei", "duns", "value", "iban", "bic", "national_id", "worker_id"})
NAMESPACED = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)
MAX_TEXT = 10_000
MAX_EXPONENT = 40
SIGNIFICANT_DIGITS = 15  # what SQLite's numbers give back exactly
MAX_DIGITS = 19  # of numeric(19, places), before and after the point


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: where (a JSON pointer), what (a stable code) and why (in words)."""

    pointer: str
    code: str
    detail: str


class _Invalid(Exception):
    """Carries one fault out of a nested check."""

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.fault = Fault(pointer, code, detail)


Check = Callable[[Any, str], Any]


def validate(schema: EntitySchema, data: Any) -> tuple[dict[str, Any], list[Fault]]:
    """The values in canonical form and everything that is wrong with the rest.

    Absent, null, empty text and empty lists all mean "says nothing" and are left out. Decimals
    become text with two places at least, references one of `{"source_id"}`,
    `{"system", "source_id"}` and `{"golden_id"}`. Terms of vocabularies are not looked up here.
    """
    if not isinstance(data, Mapping):
        return {}, [Fault("", "not_an_object", "The record's data must be an object.")]
    checks = _checks_of(schema)
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in data.items():
        check = checks.get(name)
        if check is None:
            faults.append(_unknown(f"/{escape(name)}", schema.entity))
            continue
        if says_nothing(value):
            continue
        try:
            checked = check(value, f"/{name}")
        except _Invalid as error:
            faults.append(error.fault)
        else:
            if not says_nothing(checked):
                values[name] = checked
    return values, faults


def validate_value(attribute: Attribute, value: Any) -> tuple[Any, list[Fault]]:
    """One attribute's value in canonical form, or what is wrong with it."""
    try:
        return _check(attribute)(value, ""), []
    except _Invalid as error:
        return None, [error.fault]


def says_nothing(value: Any) -> bool:
    """Whether a value is one of the four ways to say nothing."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == [] or value == {}


def escape(name: str) -> str:
    """A member name as a JSON pointer token (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def decimal_text(number: Decimal) -> str:
    """A decimal as canonical text: no exponent, no negative zero, two places at least."""
    plain = f"{number:f}"
    whole, _, fraction = plain.partition(".")
    fraction = fraction.rstrip("0").ljust(2, "0")
    text = f"{whole}.{fraction}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


@cache
def _checks_of(schema: EntitySchema) -> dict[str, Check]:
    return {attribute.name: _check(attribute) for attribute in schema}


def _unknown(pointer: str, entity: str) -> Fault:
    return Fault(pointer, "unknown_attribute", f"{entity} has no attribute of this name.")


def _check(attribute: Attribute) -> Check:
    if attribute.kind is Kind.LIST:
        return _list_check(attribute)
    if attribute.kind is Kind.OBJECT:
        return _object_check(attribute.fields, attribute.name)
    if attribute.kind in _BY_KIND:
        return _BY_KIND[attribute.kind](attribute)
    return _text_check(attribute)


def _list_check(attribute: Attribute) -> Check:
    element = _check(attribute.element)

    def check(value: Any, pointer: str) -> list[Any]:
        if not isinstance(value, list):
            raise _Invalid(pointer, "not_a_list", "A list is expected.")
        checked = [
            element(item, f"{pointer}/{place}")
            for place, item in enumerate(value)
            if not says_nothing(item)
        ]
        return [item for item in checked if not says_nothing(item)]

    return check


def _object_check(fields: tuple[Attribute, ...], owner: str) -> Check:
    checks = {part.name: _check(part) for part in fields}

    def check(value: Any, pointer: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _Invalid(pointer, "not_an_object", "An object is expected.")
        result = {}
        for name, item in value.items():
            inner = f"{pointer}/{escape(name)}"
            if name not in checks:
                raise _Invalid(inner, "unknown_attribute", f"{owner} has no part of this name.")
            if not says_nothing(item):
                result[name] = checks[name](item, inner)
        return {name: item for name, item in result.items() if not says_nothing(item)}

    return check


def _check_storable(text: str, pointer: str) -> None:
    if found := UNSTORABLE.search(text):
        name = "NUL" if found[0] == "\x00" else "a lone surrogate"
        raise _Invalid(pointer, "invalid_character", f"Contains {name}.")


def _text_check(attribute: Attribute) -> Check:
    limit = attribute.max_length or MAX_TEXT
    strict = attribute.name in IDENTIFIER_PARTS

    def check(value: Any, pointer: str) -> str:
        if not isinstance(value, str):
            raise _Invalid(pointer, "not_text", "Text is expected.")
        text = value.strip()
        _check_storable(text, pointer)
        if len(text) > limit:
            raise _Invalid(pointer, "too_long", f"At most {limit} characters.")
        if strict and BIDI.search(text):
            raise _Invalid(
                pointer, "direction_control", "Identifiers hold no text direction controls."
            )
        return text

    return check


def _pattern_check(
    pattern: re.Pattern[str] | None,
    allowed: frozenset[str] | None,
    code: str,
    detail: str,
    upper: bool,
) -> Callable[[Attribute], Check]:
    def build(attribute: Attribute) -> Check:
        limit = attribute.max_length or MAX_TEXT

        def check(value: Any, pointer: str) -> str:
            text = value.strip() if isinstance(value, str) else ""
            text = text.upper() if upper else text
            known = (text in allowed if allowed is not None else True) and len(text) <= limit
            if not known or (pattern is not None and not pattern.fullmatch(text)):
                raise _Invalid(pointer, code, detail)
            return text

        return check

    return build


def _number_text(value: Any) -> str:
    """A number as it would be written out, "" for what is none or too long to write."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() and abs(value.adjusted()) < MAX_DIGITS else ""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _decimal(attribute: Attribute) -> Check:
    places = attribute.places or 4

    def check(value: Any, pointer: str) -> str:
        text = _number_text(value).strip()
        if not NUMBER.fullmatch(text):
            raise _Invalid(pointer, "not_a_number", "A decimal number such as 1234.50 is expected.")
        number = Decimal(text)
        if number.adjusted() >= MAX_DIGITS - places:
            detail = f"At most {MAX_DIGITS - places} digits before the point."
            raise _Invalid(pointer, "too_large", detail)
        _, digits, exponent = number.normalize().as_tuple()
        if isinstance(exponent, int) and -exponent > places:
            raise _Invalid(pointer, "too_precise", f"At most {places} decimal places.")
        if len(digits) > SIGNIFICANT_DIGITS:
            raise _Invalid(pointer, "too_precise", f"At most {SIGNIFICANT_DIGITS} digits.")
        return decimal_text(number)

    return check


def _money(attribute: Attribute) -> Check:
    amount = _decimal(attribute)
    currency = _BY_KIND[Kind.CURRENCY](attribute)

    def check(value: Any, pointer: str) -> dict[str, str]:
        if not isinstance(value, Mapping) or set(value) != {"amount", "currency"}:
            raise _Invalid(
                pointer, "not_money", 'Money is {"amount": "1234.50", "currency": "EUR"}.'
            )
        return {
            "amount": amount(value["amount"], f"{pointer}/amount"),
            "currency": currency(value["currency"], f"{pointer}/currency"),
        }

    return check


def _integer(_: Attribute) -> Check:
    def check(value: Any, pointer: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31 - 1:
            raise _Invalid(pointer, "not_an_integer", "A whole number is expected.")
        return value

    return check


def _boolean(_: Attribute) -> Check:
    def check(value: Any, pointer: str) -> bool:
        if not isinstance(value, bool):
            raise _Invalid(pointer, "not_a_boolean", "true or false is expected.")
        return value

    return check


def _date(_: Attribute) -> Check:
    def check(value: Any, pointer: str) -> str:
        text = value.strip() if isinstance(value, str) else ""
        try:
            if not DATE.fullmatch(text):
                raise ValueError(text)
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise _Invalid(
                pointer, "not_a_date", "A calendar day such as 2026-01-31 is expected."
            ) from None

    return check


def instant(value: Any) -> datetime | None:
    """An RFC 3339 instant in UTC, or None when the text is not one."""
    if not isinstance(value, str) or len(value) < 20 or value[10] not in "Tt":
        return None
    try:
        moment = datetime.fromisoformat(value.upper())
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=4096)
def instant_text(moment: datetime) -> str:
    """An instant as canonical text; sorts as it reads."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _datetime(_: Attribute) -> Check:
    def check(value: Any, pointer: str) -> str:
        moment = instant(value)
        if moment is None:
            raise _Invalid(
                pointer, "not_an_instant", "An instant such as 2026-01-31T09:30:00Z is expected."
            )
        return instant_text(moment)

    return check


def _reference(_: Attribute) -> Check:
    def check(value: Any, pointer: str) -> dict[str, str]:
        members = dict(value) if isinstance(value, Mapping) else {}
        shapes = ({"source_id"}, {"system", "source_id"}, {"golden_id"})
        texts = all(isinstance(v, str) and 0 < len(v.strip()) <= 255 for v in members.values())
        texts = texts and not any(UNSTORABLE.search(v) for v in members.values())
        if set(members) not in shapes or not texts:
            raise _Invalid(
                pointer,
                "not_a_reference",
                'A reference is {"source_id"}, {"system", "source_id"} or {"golden_id"}.',
            )
        return members

    return check


def _json(_: Attribute) -> Check:
    def check(value: Any, pointer: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _Invalid(pointer, "not_an_object", "An object is expected.")
        for name in value:
            if not NAMESPACED.fullmatch(name):
                raise _Invalid(
                    f"{pointer}/{escape(name)}",
                    "not_namespaced",
                    "A custom field is named within a namespace, such as tax.local_office.",
                )
        return _exact(value, pointer)  # type: ignore[no-any-return]

    return check


def _exact(value: Any, pointer: str) -> Any:
    """The same JSON with decimals as text, so that no amount is ever a float."""
    if isinstance(value, Mapping):
        return {
            _exact(name, pointer): _exact(item, f"{pointer}/{escape(name)}")
            for name, item in value.items()
            if not says_nothing(item)
        }
    if isinstance(value, list):
        return [_exact(item, f"{pointer}/{place}") for place, item in enumerate(value)]
    if isinstance(value, str):
        _check_storable(value, pointer)
    if isinstance(value, Decimal | float):
        return _exact_number(Decimal(str(value)), pointer)
    return value


def _exact_number(number: Decimal, pointer: str) -> str:
    if not number.is_finite() or abs(number.adjusted()) > MAX_EXPONENT:
        raise _Invalid(pointer, "not_a_number", "A finite number of ordinary size is expected.")
    return decimal_text(number)


_BY_KIND: dict[Kind, Callable[[Attribute], Check]] = {
    Kind.DECIMAL: _decimal,
    Kind.MONEY: _money,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
    Kind.REFERENCE: _reference,
    Kind.JSON: _json,
    Kind.COUNTRY: _pattern_check(
        None, COUNTRIES, "unknown_country", "An ISO 3166-1 alpha-2 code is expected.", True
    ),
    Kind.CURRENCY: _pattern_check(
        None, CURRENCIES, "unknown_currency", "An ISO 4217 code is expected.", True
    ),
    Kind.LANGUAGE: _pattern_check(
        LANGUAGE, None, "not_a_language", "A BCP 47 tag such as en-GB is expected.", False
    ),
}
