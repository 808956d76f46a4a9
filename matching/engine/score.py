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
from matching.engine.frame import Column, Frame, frame_of, product
from matching.engine.model import BIT, Model
from matching.engine.normalise import Features
from matching.engine.profile import Profile

Weights = npt.NDArray[np.int64]

CHUNK = 1 << 18
"""Pairs compared at a time: bounds the memory that the values of a chunk take."""


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


@dataclass(frozen=True, slots=True)
class _Prepared:
    comparator: Comparator
    column: Column
    table: Any


class Scorer:
    """Scores pairs of rows of one frame under one model."""

    def __init__(self, profile: Profile, model: Model, frame: Frame) -> None:
        self.profile, self.model = profile, model
        self._prepared = [
            _prepare(c, frame.columns[profile.position[c.field]], model)
            for c in profile.comparisons
        ]
        for column in frame.columns:
            column.atoms.forget()

    def under(self, model: Model) -> Scorer:
        """The same tables under other weights; the frequencies must be the same."""
        other = copy(self)
        other.model = model
        return other

    def levels(self, i: Index, j: Index) -> Levels:
        """One column of levels for each comparison of the profile."""
        out = np.empty((len(i), len(self._prepared)), np.int8)
        for start in range(0, len(i), CHUNK):
            piece = slice(start, start + CHUNK)
            for k, prepared in enumerate(self._prepared):
                out[piece, k] = _compare(prepared, i[piece], j[piece])
        return out

    def weights(self, levels: Levels) -> Weights:
        """Prior and evidence of each row of levels together, in 1/1024 bit."""
        out = np.empty(len(levels), np.int64)
        for start in range(0, len(levels), CHUNK):
            piece = slice(start, start + CHUNK)
            out[piece] = totals(self.profile, self.model, levels[piece])
        return out


def totals(profile: Profile, model: Model, levels: Levels) -> Weights:
    """Prior and evidence of each row of levels together, in 1/1024 bit, overlaps counted once."""
    rows = [
        np.array(model.weights[c.attribute], np.int64)[levels[:, k]]
        for k, c in enumerate(profile.comparisons)
    ]
    total = np.full(len(levels), model.prior, np.int64)
    for row in rows:
        total += row
    for places, against, objects, cap in profile.shared:
        excess = np.maximum(np.sum([rows[k] for k in places], axis=0) - round(cap * BIT), 0)
        total -= np.where(rows[against] < objects[levels[:, against]], excess, 0)
    return total


def _prepare(comparator: Comparator, column: Column, model: Model) -> _Prepared:
    said = len(column.atoms) > 0  # else there is nothing to compare
    table = comparator.table(column.atoms, model.terms_of(comparator)) if said else None
    return _Prepared(comparator, column, table)


def _compare(prepared: _Prepared, i: Index, j: Index) -> Levels:
    """The best level any atom of the one record reaches with any atom of the other."""
    column = prepared.column
    out = np.zeros(len(i), np.int8)
    a, b = column.code[i].astype(np.int64), column.code[j].astype(np.int64)
    known = np.flatnonzero((column.count[a] > 0) & (column.count[b] > 0))
    if not len(known):
        return out
    a, b = a[known], b[known]
    cells = len(column.count)
    if cells * cells <= len(known):
        every = np.arange(cells * cells)
        out[known] = _compare_cells(prepared, every // cells, every % cells)[a * cells + b]
    else:
        out[known] = _compare_cells(prepared, a, b)
    return out


def _compare_cells(prepared: _Prepared, a: Index, b: Index) -> Levels:
    column = prepared.column
    single = (column.count[a] == 1) & (column.count[b] == 1)
    if single.all():
        first = column.atom[column.start[a]].astype(np.int64)
        second = column.atom[column.start[b]].astype(np.int64)
        return prepared.comparator.compare(prepared.table, first, second)
    owner, left, right = product(column, a, b)
    best = np.zeros(len(a), np.int8)
    np.maximum.at(best, owner, prepared.comparator.compare(prepared.table, left, right))
    return best


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
