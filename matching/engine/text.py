"""Folding of text to one plain spelling, before any comparison looks at it."""

from __future__ import annotations

import re
from functools import lru_cache

from anyascii import anyascii

from matching.engine.lexicon import PLACEHOLDERS

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_REPEATED = re.compile(r"^(.)\1{4,}$")
_INITIALS = re.compile(r"\b(?:[a-z] ){1,}[a-z]\b")
_UP = "01234567890123456789"
_DROPPED = str.maketrans("", "", "'’`´ʼ")


def fold(text: str) -> str:
    """Lower case, ASCII, words of letters and digits parted by one space; "&" reads "and"."""
    if not text.isascii():
        text = anyascii(text)
    text = text.lower().translate(_DROPPED).replace("&", " and ")
    return _NOT_WORD.sub(" ", text).strip()


def join_initials(folded: str) -> str:
    """Write single letters in a row as one word: "i b m corp" becomes "ibm corp"."""
    return _INITIALS.sub(lambda found: found.group().replace(" ", ""), folded)


def is_placeholder(folded: str) -> bool:
    """Tell whether a folded value stands for "nothing here": "n a", "test", "xxxxx"."""
    return not folded or folded in PLACEHOLDERS or bool(_REPEATED.match(folded.replace(" ", "")))


@lru_cache(maxsize=65536)
def word(text: str) -> str:
    """The folded text without spaces, or "" where it is a placeholder."""
    folded = fold(text)
    return "" if is_placeholder(folded) else folded.replace(" ", "")


def digits(text: str) -> str:
    """Only the decimal digits of a text."""
    return "".join(filter(str.isdecimal, text)) if not text.isdecimal() else text


def runs_or_repeats(number: str) -> bool:
    """Tell a made-up number: one digit over and over, or 123456789 and its like."""
    return len(set(number)) <= 1 or (len(number) > 4 and (number in _UP or number in _UP[::-1]))
