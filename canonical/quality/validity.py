"""What is wrong by itself: check digits, shares out of bounds, dates in the wrong order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from stdnum import get_cc_module, iban, lei
from stdnum.exceptions import ValidationError

from canonical.attributes import EntitySchema
from canonical.quality.rules import Content, Issue, elements, invalid

DUNS_DIGITS = 9
SHARES = ("probability", "percent_complete", "fte", "target_utilization")
PERCENTAGES = ("discount_pct", "retainage_pct", "cap_alert_pct")
ORDERED = (
    ("effective_from", "effective_to"),
    ("valid_from", "valid_to"),
    ("starts_on", "ends_on"),
    ("planned_start", "planned_end"),
    ("actual_start", "actual_end"),
    ("service_from", "service_to"),
    ("hired_on", "terminated_on"),
)
ALSO = {"CH": ("uid",)}
LISTS = ("identifiers", "lines", "items")


def check_digits(schema: EntitySchema, content: Content) -> Iterator[Issue]:
    """LEI (ISO 17442), D-U-N-S, VAT numbers by country, IBAN (ISO 13616)."""
    if (code := content.get("lei")) and not _passes(lei, str(code)):
        yield invalid("lei", "lei", "The check digits of this LEI do not hold.")
    if (duns := content.get("duns")) and not (
        str(duns).isdigit() and len(str(duns)) == DUNS_DIGITS
    ):
        yield invalid("duns", "duns", "A D-U-N-S number has nine digits.")
    for place, tax in elements(content, "tax_ids"):
        checkers = _tax_checkers(str(tax.get("country") or ""), str(tax.get("type") or ""))
        value = str(tax.get("value") or "")
        if checkers and value and not any(_passes(checker, value) for checker in checkers):
            where = f"tax_ids[{place}].value"
            yield invalid("tax_id", where, f"This is no valid {tax['country']} tax id.")
    for place, account in elements(content, "bank_accounts"):
        if account.get("iban") and not _passes(iban, str(account["iban"])):
            yield invalid("iban", f"bank_accounts[{place}].iban", "This IBAN does not hold.")


def _tax_checkers(country: str, kind: str) -> list[Any]:
    """What knows the country's VAT numbers, or the numbers they are made of."""
    if not country or (kind and kind.lower() not in ("vat", "tax")):
        return []
    names = ("vat", *ALSO.get(country, ()))
    return [m for name in names if (m := get_cc_module(country.lower(), name)) is not None]


def _passes(checker: Any, value: str) -> bool:
    try:
        checker.validate(value)
    except ValidationError:
        return False
    return True


def shares(schema: EntitySchema, content: Content) -> Iterator[Issue]:
    """Shares lie between 0 and 1, percentages between 0 and 100."""
    for names, most in ((SHARES, 1), (PERCENTAGES, 100)):
        for name in names:
            value = content.get(name)
            if value is not None and not 0 <= Decimal(str(value)) <= most:
                yield invalid("share", name, f"It lies between 0 and {most}.")


def date_order(schema: EntitySchema, content: Content) -> Iterator[Issue]:
    """What begins does so before it ends; validity is half-open."""
    yield from _ordered(content, "")
    for name in LISTS:
        for place, element in elements(content, name):
            yield from _ordered(element, f"{name}[{place}].")


def _ordered(content: Content, prefix: str) -> Iterable[Issue]:
    for first, last in ORDERED:
        start, end = content.get(first), content.get(last)
        if start and end and str(end) < str(start):
            words = first.replace("_", " ")
            yield invalid("date_order", f"{prefix}{last}", f"It lies before {words}, {start}.")
