"""Addresses: number, street, town, postal code and country made alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import pycountry

from matching.engine.compare.base import PART
from matching.engine.fields.document import Cell, Values, items, text, unique
from matching.engine.lexicon import STREET_WORDS
from matching.engine.text import fold, is_placeholder, word

_NUMBER = re.compile(r"^(?:no )?(\d+[a-z]?)\b")
_NUMBER_LAST = re.compile(r"\b(\d+[a-z]?)$")
_NOISE = re.compile(r"\b(?:ste|apt|unit|fl|rm|bldg)\b.*$")


def addresses(values: Values) -> Cell:
    """Each address as number, street, town, postal code."""
    return unique(_atom(address) for address in _addresses(values))


def countries(values: Values) -> Cell:
    """ISO 3166-1 alpha-2 codes of the addresses; the folded text where it is no country."""
    return unique(country(text(address, "country")) for address in _addresses(values))


def _addresses(values: Values) -> Iterator[Values]:
    for name in ("addresses", "home_address", "location"):
        for address in items(values, name):
            lines = address.get("lines")
            first = [str(line) for line in lines] if isinstance(lines, list) else []
            yield {"address_line": " ".join(first), **address}
    if any(text(values, name) for name in ("address_line", "locality", "postal_code", "country")):
        yield values


def _atom(address: Values) -> str:
    lines = (text(address, "address_line"), text(address, "address_line_2"))
    number, street = _street(" ".join(filter(None, lines)))
    town, postal = _town(text(address, "locality")), _postal(text(address, "postal_code"))
    return PART.join((number, street, town, postal)) if street or town or postal else ""


@lru_cache(maxsize=4096)
def _street(line: str) -> tuple[str, str]:
    """House number and street name: "Main Street 12a" and "12a Main St." agree."""
    folded = fold(line)
    if is_placeholder(folded):
        return "", ""
    found = _NUMBER.search(folded) or _NUMBER_LAST.search(folded)
    number = found.group(1) if found else ""
    rest = folded.replace(found.group(), "", 1) if found else folded
    words = " ".join(STREET_WORDS.get(w, w) for w in rest.split())
    return number, _NOISE.sub("", words).strip() or words


@lru_cache(maxsize=4096)
def _town(name: str) -> str:
    folded = fold(name)
    return "" if is_placeholder(folded) else folded


def _postal(code: str) -> str:
    found = word(code)
    return "" if len(set(found)) <= 1 else found


@lru_cache(maxsize=4096)
def country(name: str) -> str:
    """ISO code of a country given as code or by a name in English or its own language."""
    folded = fold(name)
    if is_placeholder(folded):
        return ""
    return _COUNTRIES.get(folded, folded)


def _country_names() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in pycountry.countries:
        for key in ("alpha_2", "alpha_3", "name", "official_name", "common_name"):
            if spelling := getattr(entry, key, None):
                found.setdefault(fold(spelling), entry.alpha_2.lower())
    return found | _OWN_NAMES


_OWN_NAMES = {
    name: code
    for code, spellings in {
        "at": "osterreich oesterreich",
        "be": "belgique belgie belgien",
        "br": "brasil",
        "ch": "schweiz suisse svizzera",
        "cz": "cesko",
        "de": "deutschland allemagne alemania",
        "dk": "danmark",
        "es": "espana espagne spanien",
        "fi": "suomi",
        "fr": "frankreich francia",
        "gb": "uk england scotland wales britain",
        "gr": "hellas",
        "hu": "magyarorszag",
        "it": "italia italie italien",
        "nl": "nederland holland",
        "no": "norge",
        "pl": "polska",
        "pt": "portuguesa",
        "ro": "romania",
        "ru": "russia rossiya",
        "se": "sverige",
        "tr": "turkiye turkey",
        "us": "usa america",
        "kr": "korea",
    }.items()
    for name in spellings.split()
} | {
    "great britain": "gb",
    "south korea": "kr",
    "the netherlands": "nl",
    "united states of america": "us",
}

_COUNTRIES = _country_names()
