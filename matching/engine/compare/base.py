"""What every comparator is: a ladder of levels, a table of values, a columnar comparison."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
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
        known, seen = self.background, self.counts
        expected = np.array([known.get(w, 0.1) for w in words], np.float64) * (self.BELIEF / 1e4)
        found = np.array([seen.get(w, 0) for w in words], np.float64)
        share = (expected + found) / (self.BELIEF + self.total)
        return np.asarray(np.rint(-np.log2(np.minimum(share, 1.0)) * RARITY_UNIT), np.int32)

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


def values(texts: Sequence[str]) -> Values:
    """Number equal texts alike."""
    first: dict[str, int] = {"": 0}
    return _numbered(first, _firsts(first, texts, 1))


def _firsts(first: dict[str, int], texts: Sequence[str], start: int) -> Ints:
    """Where each text stood first; `first` learns it of the new ones, counted from `start`."""
    return np.fromiter(map(first.setdefault, texts, count(start)), np.int32, len(texts))


def _numbered(first: dict[str, int], code: Ints) -> Values:
    """Texts by where each stood first, numbered in that order; the empty one stood at 0."""
    number = np.empty(len(code) + 1, np.int32)
    number[np.fromiter(first.values(), np.int64, len(first))] = np.arange(-1, len(first) - 1)
    return Values(list(first)[1:], number[code])


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
    firsts: list[dict[str, int]] = [{"": 0} for _ in range(width)]
    code = np.empty((width, len(atoms)), np.int32)
    for start in range(0, len(atoms), TOGETHER):
        piece = atoms[start : start + TOGETHER]
        flat = PART.join(piece).split(PART)
        if len(flat) != width * len(piece):
            flat = [part for atom in piece for part in atom.split(PART)[:width]]
        for position, first in enumerate(firsts):
            texts = flat[position::width]
            code[position, start : start + len(piece)] = _firsts(first, texts, start + 1)
    return tuple(map(_numbered, firsts, code))
