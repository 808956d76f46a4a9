"""Blocks: from one atom to the values under which it is filed for lookup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from xxhash import xxh3_64_intdigest

from matching.engine.compare.base import PART
from matching.engine.lexicon import COMMON_NAMES, COMMON_WORDS, NICKNAMES

_SOUNDS = str.maketrans("bfpvcgjkqsxzdtlmnr", "bbbbccccccccddlmmr", "aeiouyhw")


def whole(atom: str) -> Iterator[str]:
    """The atom as it is."""
    yield atom


def value(atom: str) -> Iterator[str]:
    """The value of an identifier, whatever its scheme and check digits."""
    yield atom.split(PART)[1]


def slips(position: int) -> Callable[[str], Iterator[str]]:
    """A part of the atom with each character left out in turn: finds one slip of the pen."""

    def blocks(atom: str) -> Iterator[str]:
        text = atom.split(PART)[position] if PART in atom else atom
        if len(text) >= 6:
            yield from dict.fromkeys(text[:k] + text[k + 1 :] for k in range(len(text)))

    return blocks


def words(atom: str) -> Iterator[str]:
    """Each word of a name; common ones are filed only together with others."""
    name = atom.split(PART)[0].split()
    yield from (w for w in name if len(w) > 2 and COMMON_WORDS.get(w, 0) < 20)


def word_pairs(atom: str) -> Iterator[str]:
    """Two words of a name that stand together, in either order."""
    name = atom.split(PART)[0].split()[:6]
    for k, first in enumerate(name):
        for second in name[k + 1 : k + 3]:
            yield f"{min(first, second)} {max(first, second)}"


def first_word(atom: str) -> Iterator[str]:
    """The first word of a name."""
    yield atom.split(PART)[0].split(" ", 1)[0]


def compact(atom: str) -> Iterator[str]:
    """The name without spaces."""
    yield atom.split(PART)[0].replace(" ", "")


def start(length: int) -> Callable[[str], Iterator[str]]:
    """The first letters of the name without spaces."""

    def blocks(atom: str) -> Iterator[str]:
        name = atom.split(PART)[0].replace(" ", "")
        if len(name) >= length:
            yield name[:length]

    return blocks


def initials(atom: str) -> Iterator[str]:
    """The acronym of a long name, and a short name as it is."""
    name = atom.split(PART)[0]
    parts = [w for w in name.split() if w not in ("of", "for")]
    if len(parts) > 2:
        yield "".join(w[0] for w in parts)
    elif 2 < len(name) < 7 and " " not in name:
        yield name


def sound(atom: str) -> Iterator[str]:
    """The consonants of the first word, kindred ones made one."""
    yield from _sounds(atom.split(PART)[0].split(" ", 1)[0])


@lru_cache(maxsize=65536)
def _sounds(word: str) -> tuple[str, ...]:
    reduced = word[:1] + word[1:].translate(_SOUNDS)
    squeezed = "".join(c for k, c in enumerate(reduced) if k == 0 or c != reduced[k - 1])
    return (squeezed[:5],) if len(squeezed) > 2 else ()


SHINGLE_BANDS = 4


def shingles(atom: str) -> Iterator[str]:
    """One-permutation MinHash over letter triples: names alike in most letters share a band.

    Triples fall into four bins by their hash; the least of two neighbouring bins make a band
    (Li, Owen, Zhang: One Permutation Hashing, 2012).
    """
    name = atom.split(PART)[0].replace(" ", "")
    least: list[int] = [0] * SHINGLE_BANDS
    for triple in {name[k : k + 3] for k in range(max(len(name) - 2, 1))}:
        number = _number(triple)
        place = number % SHINGLE_BANDS
        if not least[place] or number < least[place]:
            least[place] = number
    for band in range(SHINGLE_BANDS):
        yield f"{band}:{least[band]}:{least[band - 1]}"


@lru_cache(maxsize=200_000)
def _number(triple: str) -> int:
    return xxh3_64_intdigest(triple.encode())


def street(atom: str) -> Iterator[str]:
    """House number and street name."""
    number, name = atom.split(PART)[:2]
    if name:
        yield f"{number} {name}"


def street_number(atom: str) -> Iterator[str]:
    """House number with the first letters of the street."""
    number, name = atom.split(PART)[:2]
    if number and name:
        yield f"{number} {name[:3]}"


def postal(atom: str) -> Iterator[str]:
    """The postal code."""
    yield atom.split(PART)[3]


def town(atom: str) -> Iterator[str]:
    """The town."""
    yield atom.split(PART)[2]


def domain(atom: str) -> Iterator[str]:
    """The domain of a site or of a mail address."""
    yield atom.split(PART)[0]


def label(atom: str) -> Iterator[str]:
    """The first label of a domain."""
    yield atom.split(PART)[0].split(".")[0]


def mailbox(atom: str) -> Iterator[str]:
    """What stands before the @."""
    yield atom.partition("@")[0]


def mail_host(atom: str) -> Iterator[str]:
    """What stands behind the @."""
    yield atom.partition("@")[2]


def full_name(atom: str) -> Iterator[str]:
    """Given and family name in alphabetical order, so that swapped ones meet."""
    names = sorted(filter(None, atom.split(PART)))
    if len(names) == 2:
        yield " ".join(names)


def any_name(atom: str) -> Iterator[str]:
    """Given and family name, each by itself."""
    yield from filter(None, atom.split(PART))


def rare_name(atom: str) -> Iterator[str]:
    """Given and family name, each by itself, where few people carry it."""
    yield from (n for n in atom.split(PART) if n and COMMON_NAMES.get(n, 0) < 40)


def name_sound(atom: str) -> Iterator[str]:
    """The sound of given and of family name."""
    for name in atom.split(PART):
        yield from _sounds(name)


def letters(atom: str) -> Iterator[str]:
    """The sorted letters of each name: finds scrambled ones."""
    yield from ("".join(sorted(n)) for n in atom.split(PART) if len(n) > 2)


def formal_name(atom: str) -> Iterator[str]:
    """The formal given names a nickname stands for, with the family name."""
    given, family = atom.split(PART)
    yield from (f"{formal} {family}" for formal in sorted(NICKNAMES.get(given, ())) if family)


def month_day(atom: str) -> Iterator[str]:
    """Month and day in either order, so that swapped ones meet."""
    month, day = atom[4:6], atom[6:8]
    yield f"{min(month, day)} {max(month, day)}"


def year_month(atom: str) -> Iterator[str]:
    """Year and month."""
    yield atom[:6]


def year_day(atom: str) -> Iterator[str]:
    """Year and day of the month."""
    yield atom[:4] + atom[6:8]


def first_year(atom: str) -> Iterator[str]:
    """The year in which a period starts."""
    yield atom[:4]


def amount(atom: str) -> Iterator[str]:
    """The amount without its currency."""
    yield atom.split(PART)[0]
