"""Identifiers, numbers and references made alike; check digits verified."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from stdnum import lei as lei_number
from stdnum.util import get_cc_module

from matching.engine.compare.base import PART
from matching.engine.fields.document import Cell, Reader, Values, items, text, unique
from matching.engine.fields.place import country
from matching.engine.text import fold, is_placeholder, runs_or_repeats

_NOT_ALNUM = re.compile(r"[^0-9a-z]+")
_PREFIXED = re.compile(r"^([a-z]{2})[0-9a-z]*\d[0-9a-z]*$")
_OWN_SCHEMES = {"lei": "lei", "0199": "lei", "duns": "duns", "d-u-n-s": "duns", "0060": "duns"}


def tax_ids(values: Values) -> Cell:
    """Tax numbers as scheme "tax", value, verdict of the check digits."""
    given = [(text(t, "value"), text(t, "country")) for t in items(values, "tax_ids")]
    given.append((text(values, "tax_id"), text(values, "country")))
    return unique(tax_id(value, country(where)) for value, where in given)


@lru_cache(maxsize=4096)
def tax_id(value: str, where: str = "") -> str:
    """One tax number without its country prefix: "v" valid, "?" not to be told, "x" wrong."""
    found = clean(value)
    prefixed = _PREFIXED.match(found)
    if prefixed and not where:
        where = prefixed.group(1)
    bare = found[2:] if prefixed and prefixed.group(1) in (where, "eu") else found
    return PART.join(("tax", bare, _verdict(bare, where))) if bare else ""


def _verdict(number: str, where: str) -> str:
    modules = [m for m in (_module(where, "vat"), _module(where, "tin")) if m] if where else []
    if not modules:
        return "?"
    return "v" if any(module.is_valid(number) for module in modules) else "x"


@lru_cache(maxsize=1024)
def _module(where: str, kind: str) -> Any:
    return get_cc_module(where, kind)


def leis(values: Values) -> Cell:
    """ISO 17442 identifiers; mod-97 tells whether the check digits are right."""
    return unique(_lei(value) for value in _of_scheme(values, "lei"))


def _lei(value: str) -> str:
    found = clean(value)
    if len(found) != 20:
        return ""
    return PART.join(("lei", found, "v" if lei_number.is_valid(found.upper()) else "x"))


def duns(values: Values) -> Cell:
    """D-U-N-S numbers: nine digits, zero-padded."""
    found = (clean(value) for value in _of_scheme(values, "duns"))
    return unique(PART.join(("duns", n.zfill(9), "v")) for n in found if n.isdecimal())


def _of_scheme(values: Values, scheme: str) -> list[str]:
    listed = items(values, "identifiers")
    named = [text(i, "value") for i in listed if _scheme(i) == scheme]
    return [text(values, scheme), *named]


def _scheme(item: Values) -> str:
    scheme = text(item, "scheme").lower().strip()
    return _OWN_SCHEMES.get(scheme, scheme)


def identifiers(values: Values) -> Cell:
    """All other identifiers, each comparable within its scheme and country only."""
    return unique(
        PART.join((f"{_scheme(i)}:{country(text(i, 'country'))}", found, "?"))
        for i in items(values, "identifiers")
        if _scheme(i) not in ("lei", "duns") and (found := clean(text(i, "value")))
    )


def numbers(*attributes: str, scheme: str = "") -> Reader:
    """A reader of numbers, under one scheme or none: worker ids, contract and order numbers."""

    def read(values: Values, /) -> Cell:
        found = (clean(text(values, name)) for name in attributes)
        return unique(PART.join((scheme, n, "v")) if n and scheme else n for n in found)

    return read


def references(*attributes: str) -> Reader:
    """A reader of references, given as golden ids, alone or in a list."""

    def read(values: Values, /) -> Cell:
        found = (values.get(name) for name in attributes)
        return unique(atom for value in found for atom in _ids(value))

    return read


def _ids(value: object) -> list[str]:
    if isinstance(value, list | tuple):
        return [found for item in value for found in _ids(item)]
    if isinstance(value, dict):
        return _ids(value.get("golden_id") or value.get("id") or list(value.values()))
    return [str(value).lower().replace(PART, "")] if value else []


def categories(*attributes: str) -> Reader:
    """A reader of values out of few."""

    def read(values: Values, /) -> Cell:
        found = (fold(text(values, name)) for name in attributes)
        return unique(value for value in found if not is_placeholder(value))

    return read


@lru_cache(maxsize=4096)
def clean(value: str) -> str:
    """Letters and digits only, lower case; "" for placeholders and made-up numbers."""
    lowered = value.strip().lower()
    found = _NOT_ALNUM.sub("", lowered)
    made_up = is_placeholder(fold(lowered)) or runs_or_repeats(found)
    return "" if made_up or len(found) < 2 else found
