"""The engine's knowledge of words: legal forms, abbreviations, nicknames, shared domains.

Each list is a text file in `data/` that a person can read and extend; its header says how.
A change of a list changes features: raise `normalise.NORMALISER_VERSION` with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources


def _lines(name: str) -> Iterator[str]:
    text = resources.files("matching.engine").joinpath("data", name).read_text("utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def _variants(name: str) -> dict[str, str]:
    """Read "canonical: variant, variant" lines into variant -> canonical."""
    found: dict[str, str] = {}
    for line in _lines(name):
        canonical, _, variants = line.partition(":")
        found.setdefault(canonical, canonical)
        for variant in variants.split(","):
            found.setdefault(variant.strip().replace(" ", ""), canonical)
    return found


def _legal_forms() -> dict[tuple[str, ...], str]:
    forms: dict[tuple[str, ...], str] = {}
    for line in _lines("legal_forms.txt"):
        kind, _, spellings = line.partition(":")
        for spelling in spellings.split(","):
            forms.setdefault(tuple(spelling.split()), kind)
    return forms


def _counts(name: str) -> dict[str, int]:
    """Read "count word word" lines; the largest count of a word holds."""
    counts: dict[str, int] = {}
    for line in _lines(name):
        count, *words = line.split()
        for word in words:
            counts[word] = max(int(count), counts.get(word, 0))
    return counts


def _nicknames() -> dict[str, frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for line in _lines("nicknames.txt"):
        formal, _, familiar = line.partition(":")
        for name in (formal, *(part.strip() for part in familiar.split(","))):
            groups.setdefault(name, set()).add(formal)
    return {name: frozenset(formals) for name, formals in groups.items()}


LEGAL_FORMS = _legal_forms()
"""Spelling as words -> class of legal form."""

LEADING_FORMS = frozenset(word for line in _lines("leading_forms.txt") for word in line.split())
ABBREVIATIONS = _variants("abbreviations.txt")
STREET_WORDS = _variants("street_words.txt")
FREE_MAIL = frozenset(word for line in _lines("free_mail.txt") for word in line.split())
PLACEHOLDERS = frozenset(_lines("placeholders.txt"))

NICKNAMES = _nicknames()
"""Given name -> the formal names it may stand for; two names agree where these sets meet."""

COMMON_WORDS = {ABBREVIATIONS.get(w, w): n for w, n in _counts("common_words.txt").items()}
"""Word of organisation names -> how many of 10,000 organisations carry it."""

COMMON_NAMES = _counts("common_names.txt")
"""Given or family name -> how many of 10,000 people carry it."""
