"""Names and dates of birth of people made alike."""

from __future__ import annotations

import re
from functools import lru_cache

from matching.engine.compare.base import PART
from matching.engine.fields.document import Cell, Values, text, unique
from matching.engine.text import digits, fold, is_placeholder

_TITLES = frozenset(
    (
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "prof",
        "sir",
        "dame",
        "herr",
        "frau",
        "phd",
        "md",
        "jr",
        "sr",
    )
)
_UNBORN = frozenset(("19000101", "18000101", "19010101", "11111111", "00010101", "99991231"))
_WRITTEN = re.compile(r"^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$")


def people(values: Values) -> Cell:
    """Given and family name, from their own attributes or out of the display name."""
    given, family = _plain(text(values, "given_name")), _plain(text(values, "family_name"))
    if not given and not family:
        given, family = _split(text(values, "display_name"))
    preferred = _plain(text(values, "preferred_name"))
    found = [given] if not preferred or preferred == given else [given, preferred]
    return unique(f"{name}{PART}{family}" for name in found if name or family)


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    folded = fold(name)
    if is_placeholder(folded):
        return ""
    words = [w for w in folded.split() if w not in _TITLES]
    return "".join(words)


def _split(display: str) -> tuple[str, str]:
    """Read "Family, Given" and "Given Family"."""
    before, comma, after = display.partition(",")
    if comma:
        return _plain(after), _plain(before)
    words = display.rsplit(None, 1)
    return (_plain(words[0]), _plain(words[1])) if len(words) == 2 else ("", _plain(display))


def birthdays(values: Values) -> Cell:
    """The day of birth as YYYYMMDD, also when it is no day of the calendar."""
    return unique(iter((day_digits(text(values, "date_of_birth")),)))


@lru_cache(maxsize=4096)
def day_digits(written: str) -> str:
    """Eight digits, year first; a bare 31/12/1999 is read day first."""
    local = _WRITTEN.match(written.strip())
    if local:
        day, month, year = local.groups()
        day, month = (month, day) if int(month) > 12 else (day, month)
        found = f"{year}{int(month):02}{int(day):02}"
    else:
        found = digits(written)[:8]
    return "" if len(found) != 8 or found in _UNBORN or len(set(found)) == 1 else found
