"""What every comparator is: a ladder of levels, a table of values, a columnar comparison."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]

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


class Comparator(ABC):
    """One line of a profile: which field it reads and the ladder it grades pairs on."""

    attribute: str
    field: str
    levels: tuple[Level, ...]
    background: Mapping[str, int] = {}
    by_value = False
    """Whether terms are counted once a distinct value, instead of once a record."""

    @abstractmethod
    def table(self, atoms: Sequence[str], terms: Terms) -> Any:
        """Prepare distinct values for `compare`: arrays with one row a value."""

    @abstractmethod
    def compare(self, table: Any, i: Index, j: Index) -> Levels:
        """Grade the pairs of rows (i, j); symmetric; 0 where the two cannot be compared."""

    def words(self, atom: str) -> Iterable[str]:
        """The terms of a value whose frequency matters: by default the value itself."""
        return (atom,)

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


def codes(values: Sequence[str]) -> Ints:
    """Number equal values alike; -1 for the empty one."""
    numbers = {value: number for number, value in enumerate(dict.fromkeys(values))}
    if "" in numbers:
        numbers[""] = -1
    return np.fromiter(map(numbers.__getitem__, values), np.int32, len(values))


class Atoms(list[str]):
    """Distinct values of one field, with their parts taken apart once."""

    @cached_property
    def parts(self) -> list[list[str]]:
        """The parts of each value."""
        return [atom.split(PART) for atom in self]

    def forget(self) -> None:
        """Let go of the parts: of a million values they take more room than all else."""
        self.__dict__.pop("parts", None)


def part(atoms: Sequence[str], position: int) -> list[str]:
    """One part of each atom."""
    apart = atoms.parts if isinstance(atoms, Atoms) else (atom.split(PART) for atom in atoms)
    return [parts[position] for parts in apart]
