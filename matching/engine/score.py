"""Evidence for pairs of records: one function, for one pair and for millions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import Comparator, Index, Levels
from matching.engine.fields.document import Cell
from matching.engine.frame import Column, Frame, beside, frame_of
from matching.engine.model import BIT, Model
from matching.engine.normalise import Features
from matching.engine.profile import Profile

Weights = npt.NDArray[np.int64]

CHUNK = 1 << 18
"""Pairs compared at a time: bounds the memory that the values of a chunk take."""

FEWER = 1 << 14
"""Pairs weighed at a time: their weights stay in the cache."""

SPARING = 8
"""Combinations of atoms are graded once each where there are so many pairs to each of them."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one attribute said: level 0 is "no evidence"; weight in 1/1024 bit."""

    attribute: str
    level: int
    label: str
    weight: int
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What all attributes said: `weight` is the prior and all comparisons, in 1/1024 bit."""

    weight: int
    probability: float
    comparisons: tuple[Comparison, ...]


class Scorer:
    """Scores pairs of rows of one frame under one model."""

    def __init__(self, profile: Profile, model: Model, frame: Frame) -> None:
        self.profile, self.model, self.frame = profile, model, frame
        self._tables: dict[int, tuple[Any, ...]] = {}

    def under(self, model: Model) -> Scorer:
        """The same tables under other weights; the frequencies must be the same."""
        other = copy(self)
        other.model = model
        return other

    def levels(self, i: Index, j: Index) -> Levels:
        """One column of levels for each comparison of the profile."""
        out = np.zeros((len(self.profile.comparisons), len(i)), np.int8)
        for start in range(0, len(i), CHUNK):
            piece = slice(start, start + CHUNK)
            self._compare(i[piece], j[piece], out[:, piece])
        return out.T

    def _compare(self, i: Index, j: Index, out: Levels) -> None:
        """The best levels any atom of the one record reaches with any atom of the other."""
        for field, places in self.profile.compared:
            column = self.frame.columns[field]
            if not column.atoms:
                continue
            owner, left, right = beside(column, i, j)
            if not len(left):
                continue
            for place, table in zip(places, self._tables_of(field, places), strict=True):
                level = _graded(self.profile.comparisons[place], table, column, left, right)
                if column.several:
                    np.maximum.at(out[place], owner, level)
                else:
                    out[place][owner] = level

    def _tables_of(self, field: int, places: Sequence[int]) -> tuple[Any, ...]:
        """What the comparisons of a field have prepared of its values, at the first asking."""
        if field not in self._tables:
            atoms, model = self.frame.columns[field].atoms, self.model
            compared = [self.profile.comparisons[place] for place in places]
            self._tables[field] = tuple(c.table(atoms, model.terms_of(c)) for c in compared)
            atoms.forget()
        return self._tables[field]

    def weights(self, levels: Levels) -> Weights:
        """Prior and evidence of each row of levels together, in 1/1024 bit."""
        out = np.empty(len(levels), np.int64)
        for start in range(0, len(levels), FEWER):
            piece = slice(start, start + FEWER)
            out[piece] = totals(self.profile, self.model, levels[piece])
        return out


def totals(profile: Profile, model: Model, levels: Levels) -> Weights:
    """Prior and evidence of each row of levels together, in 1/1024 bit, overlaps counted once."""
    rows = [model.rows[c.attribute] for c in profile.comparisons]
    weight = np.concatenate(rows)[levels.T + profile.first]
    total: Weights = weight.sum(axis=0) + model.prior
    for places, against, objects, cap in profile.shared:
        excess = np.maximum(weight[places].sum(axis=0) - round(cap * BIT), 0)
        total -= excess * (rows[against] < objects)[levels[:, against]]
    return total


def _graded(
    comparator: Comparator, table: Any, column: Column, left: Index, right: Index
) -> Levels:
    """The level of each pair of atoms; where there are few atoms, of each combination once."""
    size = len(column.atoms)
    if size * size * SPARING > len(left):
        return comparator.compare(table, left, right)
    every = np.arange(size * size)
    level: Levels = comparator.compare(table, every // size, every % size)
    return np.asarray(level[left * size + right], np.int8)


def score_one(
    profile: Profile, model: Model, a: Features, candidates: Sequence[Features]
) -> list[Evidence]:
    """Evidence between one record and each candidate, in their order."""
    if not candidates:
        return []
    scorer = Scorer(profile, model, frame_of(profile, [a, *candidates]))
    j = np.arange(1, len(candidates) + 1)
    levels = scorer.levels(np.zeros(len(j), np.int64), j)
    totals = scorer.weights(levels)
    chances = model.probability(totals)
    return [
        Evidence(int(total), float(chance), comparisons(profile, model, row, a, b))
        for total, chance, row, b in zip(totals, chances, levels, candidates, strict=True)
    ]


def comparisons(
    profile: Profile, model: Model, levels: Levels, a: Features, b: Features
) -> tuple[Comparison, ...]:
    """Put one row of levels in words; what overlaps take away comes last."""
    items = [
        _comparison(profile, model, comparator, int(level), a, b)
        for comparator, level in zip(profile.comparisons, levels, strict=True)
    ]
    return (*items, *_counted_once(profile, items))


def _counted_once(profile: Profile, items: Sequence[Comparison]) -> Iterator[Comparison]:
    for places, against, objects, cap in profile.shared:
        excess = sum(items[k].weight for k in places) - round(cap * BIT)
        if excess > 0 and items[against].weight < objects[items[against].level]:
            name = " + ".join(items[k].attribute for k in places)
            yield Comparison(name, 0, "shared by neighbours", -excess, "", "")


@lru_cache(maxsize=4096)
def _shown(comparator: Comparator, cell: Cell) -> str:
    return " / ".join(map(comparator.show, cell))


def _comparison(
    profile: Profile, model: Model, comparator: Comparator, level: int, a: Features, b: Features
) -> Comparison:
    place = profile.position[comparator.field]
    left, right = _shown(comparator, a.cells[place]), _shown(comparator, b.cells[place])
    label = comparator.levels[level - 1].label if level else "no evidence"
    weight = model.weights[comparator.attribute][level]
    return Comparison(comparator.attribute, level, label, weight, left, right)
