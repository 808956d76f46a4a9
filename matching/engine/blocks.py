"""Blocks: from the parts of one atom to the values under which it is filed for lookup.

A block function answers with one text ("" for none), with several, or with finished hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import PART
from matching.engine.lexicon import COMMON_WORDS, NICKNAMES

Parts = Sequence[str]
Texts = Sequence[str]


@dataclass(frozen=True, slots=True)
class OfPart:
    """Blocks that look at one part of the atom only: a whole population is read by its distinct
    values."""

    position: int
    of: Callable[[str], str | Texts]

    def __call__(self, parts: Parts) -> str | Texts:
        """The blocks of one atom."""
        return self.of(parts[self.position])


@dataclass(frozen=True, slots=True)
class OfWords:
    """Each word of a name that is worth to be filed under."""

    worth: Callable[[str], bool]

    def __call__(self, parts: Parts) -> Texts:
        """The blocks of one atom."""
        return [word for word in parts[0].split() if self.worth(word)]


@dataclass(frozen=True, slots=True)
class OfFirstWord:
    """Blocks of the first word of a name."""

    of: Callable[[str], str]

    def __call__(self, parts: Parts) -> str:
        """The block of one atom."""
        return self.of(parts[0].split(" ", 1)[0])


def of(position: int) -> Callable[[Callable[[str], str | Texts]], OfPart]:
    """Make blocks of a part out of blocks of a text."""
    return partial(OfPart, position)


_SOUNDS = str.maketrans("bfpvcgjkqsxzdtlmnr", "bbbbccccccccddlmmr", "aeiouyhw")


def whole(parts: Parts) -> str:
    """The atom as it is."""
    return parts[0] if len(parts) == 1 else PART.join(parts)


@of(1)
def value(number: str) -> str:
    """The value of an identifier, whatever its scheme and check digits."""
    return number


def slips(position: int) -> OfPart:
    """A part of the atom with each character left out in turn: finds one slip of the pen."""

    def blocks(text: str) -> Texts:
        places = range(len(text)) if len(text) >= 6 else ()
        return [text[:k] + text[k + 1 :] for k in places]

    return OfPart(position, blocks)


@OfWords
def words(word: str) -> bool:
    """Each word of a name; common ones are filed only together with others."""
    return len(word) > 2 and COMMON_WORDS.get(word, 0) < 20


@of(0)
def word_pairs(text: str) -> Texts:
    """Two words of a name that stand together or one apart, in either order."""
    name = text.split()
    if len(name) == 2:  # most names
        one, two = name
        return [f"{one} {two}" if one < two else f"{two} {one}"]
    return [
        f"{min(first, second)} {max(first, second)}"
        for k, first in enumerate(name[:6])
        for second in name[k + 1 : min(k + 3, 6)]
    ]


@OfFirstWord
def first_word(word: str) -> str:
    """The first word of a name."""
    return word


@of(0)
def compact(name: str) -> str:
    """The name without spaces."""
    return name.replace(" ", "")


def start(length: int) -> OfPart:
    """The first letters of the name without spaces."""

    def blocks(name: str) -> str:
        letters = name.replace(" ", "")
        return letters[:length] if len(letters) >= length else ""

    return OfPart(0, blocks)


@of(0)
def initials(name: str) -> str:
    """The acronym of a long name, and a short name as it is."""
    if 2 < len(name) < 7 and " " not in name:
        return name
    if name.count(" ") < 2:
        return ""
    words = [w for w in name.split() if w not in ("of", "for")]
    return "".join([w[0] for w in words]) if len(words) > 2 else ""


@OfFirstWord
def sound(word: str) -> str:
    """The consonants of the first word, kindred ones made one."""
    return _sound(word)


@lru_cache(maxsize=65536)
def _sound(word: str) -> str:
    reduced = word[:1] + word[1:].translate(_SOUNDS)
    squeezed = "".join(c for k, c in enumerate(reduced) if k == 0 or c != reduced[k - 1])
    return squeezed[:5] if len(squeezed) > 2 else ""


class Shingles:
    """One-permutation MinHash over letter triples: names alike in most letters share a band.

    Triples fall into four bins by their hash; the least of two neighbouring bins make a band
    (Li, Owen, Zhang: One Permutation Hashing, 2012).
    """

    BINS = 4
    EMPTY = (1 << 64) - 1

    def __call__(self, parts: Parts) -> Sequence[int]:
        """The hashes of the four bands of one name."""
        text = parts[0].replace(" ", "").encode().rjust(3, b"\0")
        least = [self.EMPTY] * self.BINS
        for k in range(len(text) - 2):
            number = _scattered(int.from_bytes(text[k : k + 3], "big"))
            place = number % self.BINS
            least[place] = min(least[place], number)
        return [_scattered(least[b] ^ _scattered(least[b - 1] + b)) for b in range(self.BINS)]

    def many(self, names: Texts) -> npt.NDArray[np.uint64]:
        """The same for many names, one row each."""
        texts = [name.replace(" ", "").encode().rjust(3, b"\0") for name in names]
        length = np.fromiter(map(len, texts), np.int64, len(texts))
        if not len(texts):
            return np.zeros((0, self.BINS), np.uint64)
        letters = np.frombuffer(b"".join(texts), np.uint8).astype(np.uint64)
        two, one = np.uint64(16), np.uint64(8)
        number = scattered(letters[:-2] << two | letters[1:-1] << one | letters[2:])
        end = np.cumsum(length)
        number = np.append(number, np.full(2, self.EMPTY, np.uint64))
        place = number % np.uint64(self.BINS)
        least = np.empty((len(texts), self.BINS), np.uint64)
        across = np.concatenate((end - 2, end - 1))
        for b in range(self.BINS):
            mine = np.where(place == b, number, np.uint64(self.EMPTY))
            mine[across] = self.EMPTY
            least[:, b] = np.minimum.reduceat(mine, end - length)
        band = np.arange(self.BINS, dtype=np.uint64)
        return scattered(least ^ scattered(np.roll(least, 1, axis=1) + band))


shingles = Shingles()

_MASK = (1 << 64) - 1


@lru_cache(maxsize=65536)
def _scattered(number: int) -> int:
    """Mix 64 bits (the finaliser of SplitMix64; Steele, Lea, Flood, OOPSLA 2014)."""
    number &= _MASK
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _MASK
    return number ^ number >> 31


def scattered(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The same for many numbers."""
    numbers = (numbers ^ numbers >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ numbers >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return numbers ^ numbers >> np.uint64(31)


def street(parts: Parts) -> str:
    """House number and street name."""
    return f"{parts[0]} {parts[1]}" if parts[1] else ""


def street_number(parts: Parts) -> str:
    """House number with the first letters of the street."""
    return f"{parts[0]} {parts[1][:3]}" if parts[0] and parts[1] else ""


@of(3)
def postal(code: str) -> str:
    """The postal code."""
    return code


@of(2)
def town(name: str) -> str:
    """The town."""
    return name


@of(0)
def domain(name: str) -> str:
    """The domain of a site or of a mail address."""
    return name


@of(0)
def label(name: str) -> str:
    """The first label of a domain."""
    return name.split(".", 1)[0]


@of(0)
def mailbox(address: str) -> str:
    """What stands before the @."""
    return address.partition("@")[0]


@of(0)
def mail_host(address: str) -> str:
    """What stands behind the @."""
    return address.partition("@")[2]


def full_name(parts: Parts) -> str:
    """Given and family name in alphabetical order, so that swapped ones meet."""
    given, family = parts
    if not (given and family):
        return ""
    return f"{given} {family}" if given < family else f"{family} {given}"


def any_name(parts: Parts) -> Texts:
    """Given and family name, each by itself."""
    return [name for name in parts if name]


def name_sound(parts: Parts) -> Texts:
    """The sound of given and of family name."""
    return [_sound(name) for name in parts]


def letters(parts: Parts) -> Texts:
    """The sorted letters of each name: finds scrambled ones."""
    return ["".join(sorted(name)) for name in parts if len(name) > 2]


def formal_name(parts: Parts) -> Texts:
    """The formal given names a nickname stands for, with the family name."""
    given, family = parts
    return [f"{formal} {family}" for formal in sorted(NICKNAMES.get(given, ()))] if family else ()


@of(0)
def month_day(date: str) -> str:
    """Month and day in either order, so that swapped ones meet."""
    month, day = date[4:6], date[6:8]
    return f"{min(month, day)} {max(month, day)}"


@of(0)
def year_month(date: str) -> str:
    """Year and month."""
    return date[:6]


@of(0)
def year_day(date: str) -> str:
    """Year and day of the month."""
    return date[:4] + date[6:8]


@of(0)
def first_year(start: str) -> str:
    """The year in which a period starts."""
    return start[:4]


@of(0)
def amount(number: str) -> str:
    """The amount without its currency."""
    return number
