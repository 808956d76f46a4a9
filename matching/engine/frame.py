"""Records as columns: for each field the distinct cells, and the cell of every record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from matching.engine.compare.base import Atoms, Index, Ints, Rows, numbering, numbers
from matching.engine.fields.document import Cell, Field
from matching.engine.normalise import Features, any_several, cell_of, text_of
from matching.engine.profile import Profile


class Cells(NamedTuple):
    """Cell c holds the atoms numbered `atom[start[c]]` to `atom[start[c] + size[c] - 1]`."""

    start: Ints
    size: Ints
    atom: Ints


@dataclass(frozen=True)
class Column:
    """One field of many records. Record r holds cell `code[r]`; cells and atoms are distinct.

    `several` are the cells where one holds more than one atom. Else each holds the atom that stands
    where it stands, but for the one that is empty, cell `gap`.
    """

    code: Ints
    atoms: Atoms
    gap: int | None
    several: Cells | None

    @cached_property
    def cells(self) -> Cells:
        """Where the atoms of each cell stand."""
        if self.several:
            return self.several
        count = np.ones(len(self.atoms) + (self.gap is not None), np.int32)
        if self.gap is not None:
            count[self.gap] = 0
        start = np.cumsum(count, dtype=np.int32) - count
        return Cells(start, count, np.arange(len(self.atoms), dtype=np.int32))

    def cell(self, record: int) -> Cell:
        """The atoms of one record."""
        start, count, atom = self.cells
        first = start[self.code[record]]
        return tuple(self.atoms[k] for k in atom[first : first + count[self.code[record]]])

    @cached_property
    def carried(self) -> Index:
        """How many records carry each atom."""
        _, count, atom = self.cells
        weights = np.repeat(np.bincount(self.code, minlength=len(count)), count)
        return np.bincount(atom, weights, len(self.atoms)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Frame:
    """Many records, column by column, in the order of the profile's fields."""

    size: int
    columns: tuple[Column, ...]


def frame_of(profile: Profile, records: Sequence[Features]) -> Frame:
    """Turn features into columns."""
    texts = [r.texts for r in records]
    fields = map(itemgetter, range(len(profile.fields)))
    return Frame(len(texts), tuple(_column(list(map(field, texts))) for field in fields))


def read_frame(profile: Profile, columns: Mapping[str, Sequence[Any]]) -> Frame:
    """Normalise columns of documents, each distinct combination of inputs once.

    Yields the same cells as `features` on each row.
    """
    size = len(columns[next(iter(columns))]) if columns else 0
    return Frame(size, tuple(_read(f, columns, size) for f in profile.fields))


def _read(field: Field, columns: Mapping[str, Sequence[Any]], size: int) -> Column:
    names = [name for name in field.inputs if name in columns]
    if not names:
        return _column([""] * size)
    rows = zip(*(columns[name] for name in names), strict=True)
    try:
        raw: dict[tuple[Any, ...], int] = {}
        code = np.array([raw.setdefault(row, len(raw)) for row in rows], np.int32)
    except TypeError:  # lists and objects cannot be told apart by hash: read every row
        rows = zip(*(columns[name] for name in names), strict=True)
        return _column([text_of(field.read(dict(zip(names, row, strict=True)))) for row in rows])
    distinct = _column([text_of(field.read(dict(zip(names, row, strict=True)))) for row in raw])
    return replace(distinct, code=distinct.code[code])


def _column(texts: Sequence[str]) -> Column:
    number = numbering()
    code = numbers(number, texts, len(texts))
    if any_several(number):
        split, atoms = list(map(cell_of, number)), numbering()
        count = np.fromiter(map(len, split), np.int32, len(split))
        atom = numbers(atoms, chain.from_iterable(split))
        start = np.cumsum(count, dtype=np.int32) - count
        return Column(code, Atoms(atoms), number.get(""), Cells(start, count, atom))
    gap = number.pop("", None)
    return Column(code, Atoms(number), gap, None)


def spread(start: Index, count: Index) -> tuple[Index, Index]:
    """Positions `start[k]` to `start[k] + count[k] - 1` for each k, and the k of each."""
    if count.max(initial=0) <= 1:
        owner = np.flatnonzero(count)
        return start[owner], owner
    owner = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    return start[owner] + place, owner


def beside(column: Column, i: Index, j: Index) -> tuple[Index, Index, Index]:
    """Every atom of record i[k] beside every atom of record j[k]: (k, atom of i, atom of j)."""
    a, b = column.code[i], column.code[j]
    if column.several:
        return _product(column.several, a, b)
    if column.gap is None:
        return np.arange(len(a)), a.astype(np.int64), b.astype(np.int64)
    known = ((a != column.gap) & (b != column.gap)).nonzero()[0]
    a, b = a[known].astype(np.int64), b[known].astype(np.int64)
    return known, a - (a > column.gap), b - (b > column.gap)


def _product(cells: Cells, a: Rows, b: Rows) -> tuple[Index, Index, Index]:
    """Every atom of cell a[k] beside every atom of cell b[k]: (k, atom of a, atom of b)."""
    start, count, atom = cells
    wide = count[b].astype(np.int64)
    place, owner = spread(np.zeros(len(a), np.int64), count[a] * wide)
    step = wide[owner]
    left = atom[start[a][owner] + place // step]
    right = atom[start[b][owner] + place % step]
    return owner, left.astype(np.int64), right.astype(np.int64)
