"""People: given and family names with nicknames, initials and swapped parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import (
    PART,
    RARITY_UNIT,
    Atoms,
    Comparator,
    Counted,
    Flags,
    Index,
    Ints,
    Levels,
    Rows,
    Terms,
    Values,
    graded,
    ladder,
    values,
)
from matching.engine.compare.similarity import Scores, Texts, indel, jaro_winkler, texts
from matching.engine.lexicon import COMMON_NAMES, NICKNAMES

DIFFERENT, FAINT, INITIAL, SIMILAR, NICKNAME, SAME = range(1, 7)


@dataclass(frozen=True, slots=True)
class Words:
    """Given and family names as columns, each distinct one once."""

    text: Texts
    letters: Texts
    rarity: Ints
    formals: npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class PersonTable:
    """The numbers of given and of family names, -1 where there is none."""

    given: Ints
    family: Ints
    words: Words


class PersonName(Comparator):
    """Compare one part of two people's names, in whichever order fits better."""

    background = COMMON_NAMES

    def __init__(self, attribute: str, position: int, field: str = "name") -> None:
        self.attribute, self.field, self.position = attribute, field, position
        self.levels = ladder(
            ("different", "The names differ.", 0.06, -3.5),
            ("faint", "The names have a few letters in common.", 0.05, 0.0),
            ("initial", "One name is the other's initial.", 0.03, 1.0),
            ("similar", "The names differ by spelling only.", 0.16, 3.0),
            ("nickname", "The names are forms of one name.", 0.05, 3.0),
            ("same, common", "The names are the same, and common.", 0.2, 1.5),
            ("same, usual", "The names are the same, and not common.", 0.25, 3.0),
            ("same, rare", "The names are the same, and rare.", 0.2, 5.0),
        )

    def words(self, atom: str) -> Iterable[str]:
        return [name for name in atom.split(PART) if name]

    def counted(self, atoms: Atoms, carried: Index) -> Counted:
        stacked = atoms.once(_stacked)
        return Counted(int(carried.sum()), *stacked.counted(np.tile(carried, 2))[1:])

    def table(self, atoms: Atoms, terms: Terms) -> PersonTable:
        stacked = atoms.once(_stacked)
        names = stacked.distinct
        none: frozenset[str] = frozenset()
        formals = np.empty(len(names), object)
        formals[:] = [NICKNAMES.get(name, none) for name in names]
        letters = texts("".join(sorted(name)) for name in names)
        words = Words(texts(names), letters, terms.rarity(names), formals)
        given, family = stacked.code.reshape(2, -1)
        return PersonTable(given, family, words)

    def compare(self, table: PersonTable, i: Index, j: Index) -> Levels:
        words, given, family = table.words, table.given, table.family
        straight = [_grade(words, given[i], given[j]), _grade(words, family[i], family[j])]
        crossed = [_grade(words, given[i], family[j]), _grade(words, family[i], given[j])]
        swap = crossed[0] + crossed[1] > straight[0] + straight[1] + 1
        grade = np.where(swap, crossed[self.position], straight[self.position])
        mine = (given, family)[self.position][i]
        return np.where(grade == SAME, grade + _bucket(words.rarity[mine]), grade).astype(np.int8)


def _stacked(atoms: Atoms) -> Values:
    """Given names, then family names."""
    given, family = atoms.part(0), atoms.part(1)
    both = values([*given.distinct, *family.distinct])
    first, second = np.split(both.code, [len(given.distinct)])
    return Values(both.distinct, np.concatenate((given.of(first, -1), family.of(second, -1))))


def _bucket(rarity: Ints) -> npt.NDArray[np.int64]:
    return np.searchsorted(np.array([7, 9]) * RARITY_UNIT, rarity)


def _grade(words: Words, i: Rows, j: Rows) -> Levels:
    """0 where a side is missing, else the best of same, nickname, similar, initial, faint."""
    out = np.zeros(len(i), np.int8)
    known = (i >= 0) & (j >= 0)
    same = known & (i == j)
    out[known], out[same] = DIFFERENT, SAME
    rest = np.flatnonzero(known & ~same)
    out[rest] = _grade_unequal(words, i[rest], j[rest])
    return out


def _grade_unequal(words: Words, i: Rows, j: Rows) -> Levels:
    likeness = jaro_winkler(words.text, i, j, 0.78)
    letters = indel(words.letters, i, j, 0.8)
    choices: list[tuple[Flags, int]] = [
        (_nicknames(words, i, j), NICKNAME),
        ((likeness >= 0.90) | _scrambled(letters), SIMILAR),
        (_initials(words, i, j), INITIAL),
        ((likeness >= 0.78) | (letters >= 0.8), FAINT),
    ]
    return graded([flag for flag, _ in choices], [level for _, level in choices], DIFFERENT)


def _scrambled(letters: Scores) -> Flags:
    return letters >= np.float32(0.9)


def _nicknames(words: Words, i: Rows, j: Rows) -> Flags:
    pairs = zip(words.formals[i].tolist(), words.formals[j].tolist(), strict=True)
    return np.fromiter((not a.isdisjoint(b) for a, b in pairs), np.bool_, len(i))


def _initials(words: Words, i: Rows, j: Rows) -> Flags:
    pairs = zip(*words.text.pair(i, j), strict=True)
    return np.fromiter(
        (a[0] == b[0] and min(len(a), len(b)) == 1 for a, b in pairs), np.bool_, len(i)
    )
