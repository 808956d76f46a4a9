"""What every comparator is: a ladder of levels, a table of values, a columnar comparison."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]
Rows = Index | Ints
T = TypeVar("T")

PART = "\x1f"
"""Separates the parts of one normalised value (an atom), such as given and family name."""

RARITY_UNIT = 16
"""Rarity is counted in sixteenths of a bit: integers, so that sums do not depend on their order."""


@dataclass(frozen=True, slots=True)
class Level:
    """One rung: its label, the sentence for stewards, and where training starts.

    `m` is the share of matching pairs found on this rung, `bits` the weight it starts with:
    the logarithm of how much more often matches than other candidate pairs are found here.
    """

    label: str
    sentence: str
    m: float
    bits: float


@dataclass(frozen=True)
class Terms:
    """How often each word or value occurs in a population of `total`, with background knowledge.

    `background` counts per 10,000. The population speaks the louder the larger it is.
    """

    total: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    background: Mapping[str, int] = field(default_factory=dict)

    BELIEF = 20_000
    """The background weighs as much as this many records of the population."""

    def rarity(self, words: Sequence[str]) -> Ints:
        """-log2 of each word's share, in 1/16 bit: small for common words, 270 for unseen ones."""
        known, unseen = self._rarity.get, self._rarity[""]
        return np.array([known(word, unseen) for word in words], np.int32)

    @cached_property
    def _rarity(self) -> dict[str, int]:
        """The rarity of every word that is known, and of no word, which stands for all others."""
        words = ["", *(self.background.keys() | self.counts.keys())]
        expected, found, scale = self.background.get, self.counts.get, self.BELIEF / 1e4
        often = np.array([expected(w, 0.1) * scale + found(w, 0) for w in words], np.float64)
        share = np.minimum(often / (self.BELIEF + self.total), 1.0)
        rarity = np.rint(np.log2(share) * -RARITY_UNIT).astype(np.int64)
        return dict(zip(words, rarity.tolist(), strict=True))

    def occurrences(self, values: Sequence[str]) -> Ints:
        """How many records of the population carry each value."""
        seen = self.counts
        return np.array([seen.get(v, 0) for v in values], np.int32)


class Counted(NamedTuple):
    """Terms with how often each occurs, and of how many in all."""

    total: int
    terms: Sequence[str]
    often: Index


class Comparator(ABC):
    """One line of a profile: which field it reads and the ladder it grades pairs on."""

    attribute: str
    field: str
    levels: tuple[Level, ...]
    background: Mapping[str, int] = {}

    @abstractmethod
    def table(self, atoms: Atoms, terms: Terms) -> Any:
        """Prepare distinct values for `compare`: arrays with one row a value."""

    @abstractmethod
    def compare(self, table: Any, i: Index, j: Index) -> Levels:
        """Grade the pairs of rows (i, j); symmetric; 0 where the two cannot be compared."""

    def words(self, atom: str) -> Iterable[str]:
        """The terms of a value whose frequency matters: by default the value itself."""
        return (atom,)

    def counted(self, atoms: Atoms, carried: Index) -> Counted:
        """How often each term occurs where `carried` records carry each value."""
        return Counted(int(carried.sum()), atoms, carried)

    def show(self, atom: str) -> str:
        """The value as a steward reads it."""
        return " ".join(part for part in atom.split(PART) if part)


def ladder(*rungs: tuple[str, str, float, float]) -> tuple[Level, ...]:
    """Levels 1, 2, ... from (label, sentence, m, bits)."""
    return tuple(Level(*rung) for rung in rungs)


def strings(values: Iterable[str]) -> npt.NDArray[np.object_]:
    """An object array of strings, ready for fancy indexing."""
    listed = list(values)
    out = np.empty(len(listed), object)
    out[:] = listed
    return out


def graded(conditions: Sequence[Flags], grades: Sequence[int], default: int) -> Levels:
    """The grade of the first condition that holds, pair by pair; `default` where none does."""
    out = np.full(len(conditions[0]), default, np.int8)
    for holds, grade in zip(reversed(conditions), reversed(grades), strict=True):
        out[holds] = grade
    return out


class Values(NamedTuple):
    """Texts by their distinct values: what they are, and the number of each text's; -1 for ""."""

    distinct: list[str]
    code: Ints

    def of(self, each: npt.NDArray[Any], none: Any) -> npt.NDArray[Any]:
        """What holds of each distinct value, for every text; `none` for empty ones."""
        found = np.empty(len(each) + 1, each.dtype)
        found[:-1], found[-1] = each, none
        return found[self.code]

    def counted(self, carried: Index) -> Counted:
        """How often each distinct value occurs where `carried` records carry each text."""
        known = self.code >= 0
        often = np.bincount(self.code[known], carried[known], len(self.distinct))
        return Counted(int(carried.sum()), self.distinct, often.astype(np.int64))


def numbering(known: Mapping[str, int] = {}) -> defaultdict[str, int]:
    """Numbers texts from zero, in the order in which they are first asked for."""
    return defaultdict(count().__next__, known)


def numbers(number: Mapping[str, int], texts: Iterable[str], size: int = -1) -> Ints:
    """The number of each text; `size` is how many there are, where that is known."""
    return np.fromiter(map(number.__getitem__, texts), np.int32, size)


def values(texts: Sequence[str]) -> Values:
    """Number equal texts alike."""
    number = numbering(_NONE)
    code = numbers(number, texts, len(texts))
    return Values(list(number)[1:], code)


_NONE = {"": -1}


class Words(NamedTuple):
    """The words of many names one after the other, and how many each name has."""

    text: Values
    number: Index


TOGETHER = 1 << 15
"""Values taken apart together: bounds the memory that their parts take."""


class Atoms(list[str]):
    """Distinct values of one field; what is made of all of them is made once."""

    def __init__(self, atoms: Iterable[str] = ()) -> None:
        super().__init__(atoms)
        self._made: dict[Callable[[Atoms], Any], Any] = {}

    def once(self, make: Callable[[Atoms], T]) -> T:
        """What `make` makes of them, kept until they `forget`."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])

    def forget(self) -> None:
        """Let go of what was made: of a million values it takes much room."""
        self._made.clear()

    def part(self, position: int) -> Values:
        """One part of each value."""
        return self.once(_parts)[position] if self else Values([], np.zeros(0, np.int32))


def words(atoms: Atoms) -> Words:
    """The words of each distinct name, which is the first part of the values."""
    lists = list(map(str.split, atoms.part(0).distinct))
    number = np.fromiter(map(len, lists), np.int64, len(lists))
    return Words(values(list(chain.from_iterable(lists))), number)


def _parts(atoms: Atoms) -> tuple[Values, ...]:
    """Each part of the values; all have as many."""
    width = atoms[0].count(PART) + 1
    if width == 1:
        return (Values(atoms, np.arange(len(atoms), dtype=np.int32)),)
    each = [numbering(_NONE) for _ in range(width)]
    code = np.empty((width, len(atoms)), np.int32)
    for start in range(0, len(atoms), TOGETHER):
        piece = atoms[start : start + TOGETHER]
        flat = PART.join(piece).split(PART)
        if len(flat) != width * len(piece):
            flat = [part for atom in piece for part in atom.split(PART)[:width]]
        for position, number in enumerate(each):
            found = numbers(number, flat[position::width], len(piece))
            code[position, start : start + len(piece)] = found
    return tuple(Values(list(number)[1:], row) for number, row in zip(each, code, strict=True))
