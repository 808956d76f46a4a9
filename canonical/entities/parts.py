"""The parts that recur inside entities: declared elements of addresses, contacts, tax ids, ..."""

from __future__ import annotations

from typing import Any

from canonical.attributes import Attribute, Classification, Kind


def part(name: str, kind: Kind = Kind.TEXT, **declared: Any) -> Attribute:
    """One part of an object or of a list element."""
    return Attribute(name=name, kind=kind, **declared)


def term(name: str, vocabulary: str, **declared: Any) -> Attribute:
    """A part that holds a term of a controlled vocabulary."""
    return part(name, Kind.CODE, vocabulary=vocabulary, **declared)


ADDRESS = (
    term("role", "address_role"),
    part("lines", Kind.LIST, of=Kind.TEXT),
    part("locality"),
    part("region"),
    part("postal_code", max_length=40),
    part("country", Kind.COUNTRY, mandatory=True),
)

CONTACT = (
    part("name"),
    part("email", Kind.EMAIL),
    part("phone", Kind.PHONE),
    term("role", "contact_role"),
)

IDENTIFIER = (
    part("scheme", max_length=40, mandatory=True),
    part("value", max_length=120, mandatory=True),
    part("country", Kind.COUNTRY),
    part("valid_from", Kind.DATE),
    part("valid_to", Kind.DATE),
)

TAX_ID = (
    part("type", max_length=40),
    part("country", Kind.COUNTRY),
    part("value", max_length=60, mandatory=True),
)

BANK_ACCOUNT = (
    part("iban", max_length=34, mandatory=True, classification=Classification.RESTRICTED),
    part("bic", max_length=11),
)

INDUSTRY = (part("scheme", max_length=20), part("code", max_length=20))

PAYMENT_TERMS = (
    term("code", "payment_terms"),
    part("net_days", Kind.INTEGER),
    part("discount_pct", Kind.DECIMAL, places=4),
    part("discount_days", Kind.INTEGER),
)

ACCEPTANCE = (
    term("kyc_status", "kyc_status"),
    term("independence_status", "independence_status"),
    part("conflict_cleared_at", Kind.DATETIME),
)

DOCUMENT_REF = (
    part("uri", Kind.URI, mandatory=True),
    part("sha256", max_length=64),
    part("title"),
)

SKILL = (
    part("scheme", max_length=40),
    part("code", max_length=120, mandatory=True),
    part("level", max_length=40),
)

LOCATION = (term("office", "office"), part("country", Kind.COUNTRY), term("region", "region"))

COST_RATE = (
    part("amount", Kind.DECIMAL, places=6),
    part("currency", Kind.CURRENCY),
    term("unit", "rate_unit"),
)

RATE_SCOPE = (
    part("client", Kind.REFERENCE, reference="client"),
    part("contract", Kind.REFERENCE, reference="contract"),
    part("engagement", Kind.REFERENCE, reference="engagement"),
    term("entity", "legal_entity"),
    term("region", "region"),
    term("practice", "practice"),
)

RECURRENCE = (
    term("frequency", "frequency"),
    part("rrule", max_length=255),
    part("day_of_month", Kind.INTEGER),
    part("occurrences", Kind.INTEGER),
)
