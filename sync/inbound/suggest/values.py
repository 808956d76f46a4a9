"""Evidence from values: which ways to read them there are, and whether they are such a thing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import sqrt
from typing import Any

from stdnum import iban, lei
from stdnum.eu import vat

from canonical.attributes import Attribute, Kind
from sync.inbound.transforms import make

Step = Mapping[str, Any]
Steps = tuple[Step, ...]

_DAYS = ("iso", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%d %b %Y", "%Y%m%d",
         "sap", "epoch_ms")  # fmt: skip
_INSTANTS = ("iso", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M",
             "sap", "epoch_ms", *_DAYS[1:8])  # fmt: skip
_NUMBERS: tuple[Mapping[str, str], ...] = (
    {}, {"grouping": ",", "point": "."}, {"grouping": ".", "point": ","},
    {"grouping": " ", "point": ","}, {"grouping": "'", "point": "."},
)  # fmt: skip
_CURRENCIES: tuple[Mapping[str, str], ...] = (
    {}, *({"currency": code} for code in ("EUR", "GBP", "USD", "CHF")),
)  # fmt: skip
_OFFSETS: tuple[Mapping[str, str], ...] = ({}, {"offset": "+00:00"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URI = re.compile(r"(https?://)?([\w-]+\.)+[a-z]{2,}(/\S*)?", re.IGNORECASE)
_PHONE = re.compile(r"[+(\d][\d\s()./-]{5,}")
_DUNS = re.compile(r"\d{2}-?\d{3}-?\d{4}")
TRIM: Steps = ({"name": "trim"},)

_SHAPES: dict[Kind, re.Pattern[str]] = {Kind.EMAIL: _EMAIL, Kind.URI: _URI}
# Attributes whose values prove themselves, by check digits or a form that nothing else has.
_PROOFS: dict[str, Callable[[str], bool]] = {
    "iban": iban.is_valid,
    "lei": lei.is_valid,
    "duns": lambda text: bool(_DUNS.fullmatch(text)),
}


def ways(attribute: Attribute) -> list[Steps]:
    """The chains of transforms that can read such an attribute, the plainest first."""
    plain: dict[Kind, list[Steps]] = {
        Kind.DATE: [({"name": "date", "format": form},) for form in _DAYS],
        Kind.DATETIME: [
            ({"name": "datetime", "format": form, **offset},)
            for offset in _OFFSETS
            for form in _INSTANTS
        ],
        Kind.DECIMAL: [({"name": "decimal", **signs},) for signs in _NUMBERS],
        Kind.MONEY: [
            ({"name": "money", **currency, **signs},)
            for currency in _CURRENCIES
            for signs in _NUMBERS
        ],
        Kind.INTEGER: [({"name": "integer"},)],
        Kind.BOOLEAN: [({"name": "boolean"},)],
        Kind.COUNTRY: [({"name": "country"},)],
        Kind.CURRENCY: [({"name": "currency"},)],
        Kind.LANGUAGE: [({"name": "language"},)],
        Kind.PHONE: [({"name": "phone"},)],
        Kind.EMAIL: [({"name": "trim"}, {"name": "lower"})],
        Kind.URI: [({"name": "trim"}, {"name": "lower"}), TRIM],
        Kind.CODE: [({"name": "code"},)],
        Kind.REFERENCE: [({"name": "reference"},)],
        Kind.LIST: [({"name": "lines"},), ({"name": "split", "separator": ";"},)],
    }
    return plain.get(attribute.kind, [TRIM, ({"name": "trim"}, {"name": "upper"})])


def read(attribute: Attribute, values: Sequence[Any]) -> tuple[float, Steps]:
    """The share of values that the best way reads, and that way; 0 for no values."""
    best: tuple[float, Steps] = (0.0, ways(attribute)[0])
    for steps in ways(attribute):
        share = _share(attribute, values, steps)
        if share > best[0]:
            best = (share, steps)
    return best


def _share(attribute: Attribute, values: Sequence[Any], steps: Steps) -> float:
    if not values:
        return 0.0
    chain = [_made(tuple(sorted(step.items()))) for step in steps]
    return sum(_reads(attribute, chain, value) for value in values) / len(values)


@cache
def _made(step: tuple[tuple[str, Any], ...]) -> Callable[[Any], Any]:
    given = dict(step)
    return make(given.pop("name"), given)


def _reads(attribute: Attribute, chain: Sequence[Callable[[Any], Any]], value: Any) -> bool:
    if attribute.kind is Kind.PHONE:  # without its country it can be read, not converted
        return bool(_PHONE.fullmatch(str(value).strip()))
    if attribute.kind is Kind.MONEY:  # its currency may stand in another field
        value = [value, "EUR"]
    try:
        for transform in chain:
            value = transform(value)
    except (ValueError, TypeError):
        return False
    form = _SHAPES.get(attribute.kind)
    if form is not None:
        return bool(form.fullmatch(str(value)))
    return not (attribute.max_length and len(str(value)) > attribute.max_length)


def instants(values: Sequence[Any]) -> Steps:
    """The way that reads points in time best."""
    return read(Attribute("", Kind.DATETIME), values)[1]


def proven(part: str, values: Sequence[Any]) -> float:
    """The share of values that prove to be such a number: IBAN, LEI, DUNS, VAT number."""
    proof = _PROOFS.get(part)
    texts = [str(value).strip() for value in values]
    return sum(map(proof, texts)) / len(texts) if proof and texts else 0.0


def tax_numbers(values: Sequence[Any]) -> float:
    """The share of values that are VAT numbers of a member state."""
    return sum(vat.is_valid(str(value)) for value in values) / len(values) if values else 0.0


def specific(values: Sequence[Any]) -> Kind | None:
    """What the values are beyond doubt, if they are more than text."""
    for kind in (Kind.BOOLEAN, Kind.EMAIL, Kind.DATE, Kind.DECIMAL, Kind.URI):
        if values and _share(Attribute("", kind), values, ways(Attribute("", kind))[0]) > 0.9:
            return kind
    return None


def is_instant(value: Any) -> bool:
    """Whether a value is a day or a point in time in one of the known forms."""
    for kind in (Kind.DATE, Kind.DATETIME):
        attribute = Attribute("", kind)
        if any(_share(attribute, [value], steps) for steps in ways(attribute)):
            return not str(value).isdigit() or len(str(value)) in (8, 13)
    return False


def shapes(values: Sequence[Any]) -> Counter[str]:
    """How often each shape occurs: letters as a, digits as 9, runs as one, other signs kept."""
    return Counter(_shape(str(value)) for value in values)


def _shape(text: str) -> str:
    signs = ["9" if c.isdigit() else "a" if c.isalpha() else c for c in text[:60]]
    return "".join(c for place, c in enumerate(signs) if not place or signs[place - 1] != c)


def resemblance(left: Counter[str], right: Counter[str]) -> float:
    """The cosine between two distributions of shapes, 0 to 1."""
    dot = sum(count * right[shape] for shape, count in left.items())
    lengths = sqrt(sum(n * n for n in left.values())) * sqrt(sum(n * n for n in right.values()))
    return dot / lengths if lengths else 0.0
