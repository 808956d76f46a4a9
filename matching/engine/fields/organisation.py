"""Names of organisations: the distinguishing words apart from the legal form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from matching.engine.compare.base import PART
from matching.engine.fields.document import Cell, Reader, Values, text, unique
from matching.engine.lexicon import ABBREVIATIONS, LEADING_FORMS, LEGAL_FORMS
from matching.engine.text import fold, is_placeholder, join_initials

_ALIAS = re.compile(
    r"\b(?:d/b/a|dba|d\.b\.a\.|t/a|trading as|doing business as|also known as|a/k/a|aka|formerly"
    r"(?: known as)?|f/k/a|fka)(?=\W|$)",
    re.IGNORECASE,
)
_BEHALF = re.compile(
    r"\b(?:as represented by|represented by|acting by and through|acting through"
    r"|(?:for and )?o[nf] (?:the )?behalf of)\b",
    re.IGNORECASE,
)
_LENGTHS = {
    last: sorted({len(form) for form in LEGAL_FORMS if form[-1] == last}, reverse=True)
    for last in {form[-1] for form in LEGAL_FORMS}
}
"""Last word of a legal form -> how many words forms that end so have, the longest first."""
_ARTICLES = frozenset(("the", "a", "le", "la", "les", "el", "los", "der", "die", "das", "het"))
_LINKS = frozenset(("and", "of", "for", "de", "du", "des", "der", "di", "del", "und", "et", "y"))


def names(values: Values) -> Cell:
    """Legal and trading names, and what stands on either side of "trading as" and its like."""
    given = (text(values, "legal_name"), text(values, "trading_name"))
    return unique(atom for name in given for atom in _alternatives(name))


def titles(*attributes: str) -> Reader:
    """A reader of names that carry no legal form: of engagements, contracts, rate cards."""

    def read(values: Values, /) -> Cell:
        return unique(_title(text(values, name)) for name in attributes)

    return read


def _title(title: str) -> str:
    folded = join_initials(fold(title))
    return "" if is_placeholder(folded) else f"{folded}{PART}"


def _alternatives(name: str) -> Iterator[str]:
    name = _principal(name)
    yield _name(name)
    if _ALIAS.search(name):
        yield from (_name(part) for part in _ALIAS.split(name))


def _principal(name: str) -> str:
    """Whom it is about: "the United States as represented by the Navy" is the Navy."""
    if _BEHALF.search(name):
        return next((p for p in reversed(_BEHALF.split(name)) if len(fold(p)) > 3), name)
    return name


@lru_cache(maxsize=4096)
def _name(name: str) -> str:
    """The atom of one name: distinguishing words, and the class of legal form."""
    folded = fold(name)
    if is_placeholder(folded):
        return ""
    words, form = _without_form(join_initials(folded).split())
    kept = [w for w in words if w not in _LINKS]
    if (kept and kept[0] in _ARTICLES) or (kept and kept[-1] == "the"):
        kept = [w for w in kept if w not in _ARTICLES] or kept
    return " ".join(ABBREVIATIONS.get(w, w) for w in kept or words) + PART + form


def _without_form(words: list[str]) -> tuple[list[str], str]:
    """Cut legal forms off the end, then off the start; the first one found names the class."""
    form = ""
    while cut := _form_at_end(words):
        form = form or cut[1]
        words = words[: -cut[0]]
    if len(words) > 1 and LEGAL_FORMS.get((words[0],)) in LEADING_FORMS:
        form, words = form or LEGAL_FORMS[(words[0],)], words[1:]
    return words, form


def _form_at_end(words: list[str]) -> tuple[int, str] | None:
    for length in _LENGTHS.get(words[-1], ()):
        form = LEGAL_FORMS.get(tuple(words[-length:])) if length < len(words) else None
        if form:
            return length, form
    return None
