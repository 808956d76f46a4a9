"""Phones, e-mail addresses and domains made alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
import tldextract

from matching.engine.compare.base import PART
from matching.engine.fields.document import Cell, Values, items, text, unique
from matching.engine.lexicon import FREE_MAIL
from matching.engine.text import digits, runs_or_repeats

_CALLING_CODES = frozenset(str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
_EXTENSION = re.compile(r"(?:ext|extension|x|#|durchwahl)\.?\s*\d+\s*$", re.IGNORECASE)
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+$")
_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*://)?(?:[^/@]*@)?([^/:?#\s]+\.[^/:?#\s]+)")
_DOMAINS = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
_ROLES = frozenset(
    """info contact office accounts admin sales support hello mail billing enquiries inquiries
    service team post kontakt finance marketing hr jobs invoice invoices ap ar""".split()  # noqa: SIM905
)


def phones(values: Values) -> Cell:
    """National significant digits of each number; calling code and trunk zero dropped."""
    given = [text(values, "phone"), *(text(c, "phone") for c in items(values, "contacts"))]
    return unique(phone(number) for number in given)


@lru_cache(maxsize=4096)
def phone(number: str) -> str:
    """The significant digits of one number, or "" for a placeholder."""
    written = _EXTENSION.sub("", number.strip())
    found = digits(written)
    if written.startswith("+") or found.startswith("00"):
        found = _without_calling_code(found.lstrip("0"))
    elif len(found) == 11 and found[0] == "1":
        found = found[1:]
    found = found.lstrip("0")
    return "" if len(found) < 6 or runs_or_repeats(found) else found


def _without_calling_code(number: str) -> str:
    for length in (1, 2, 3):
        if number[:length] in _CALLING_CODES:
            return number[length:]
    return number


def emails(values: Values) -> Cell:
    """Whole e-mail addresses, lower case."""
    return unique(email(address) for address in _addresses(values))


def email(address: str) -> str:
    """One address, or "" where it is none or a made-up one."""
    found = address.strip().lower()
    local, _, domain = found.rpartition("@")
    if not local or not domain or domain.startswith("example."):
        return ""
    return "" if local in ("test", "noreply", "none", "na", "x", "no-reply") else found


def web(values: Values) -> Cell:
    """Domains of the web site and of the mail, with the mailbox where it is a person's."""
    return unique(_web(values))


def _web(values: Values) -> Iterator[str]:
    if site := domain(text(values, "website")):
        yield site + PART
    for address in map(email, _addresses(values)):
        local, _, host = address.rpartition("@")
        if host in FREE_MAIL:
            yield address.replace("@", " ") + PART + address
        elif found := domain(host):
            yield found + PART + ("" if local in _ROLES else address)


def _addresses(values: Values) -> Iterator[str]:
    yield text(values, "email")
    for contact in items(values, "contacts"):
        yield text(contact, "email")


@lru_cache(maxsize=4096)
def domain(address: str) -> str:
    """The registrable domain of a site or host; "" for shared ones and what is no address."""
    found = _HOST.match(address.strip().lower())
    if not found:
        return ""
    parts = _DOMAINS.extract_str(found.group(1))
    name = f"{parts.domain}.{parts.suffix}" if parts.suffix and parts.domain else ""
    return "" if name in FREE_MAIL else name
