"""Records as columns: for each field the distinct cells, and the cell of every record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from matching.engine.compare.base import Atoms, Index, Ints
from matching.engine.fields.document import Cell, Field
from matching.engine.normalise import Features, cell_of, text_of
from matching.engine.profile import Profile


@dataclass(frozen=True)
class Column:
    """One field of many records. Record r holds cell `code[r]`; cell c holds the atoms numbered
    `atom[start[c]]` to `atom[start[c] + count[c] - 1]`. Cells and atoms are distinct."""

    code: Ints
    start: Ints
    count: Ints
    atom: Ints
    atoms: Atoms

    def cell(self, record: int) -> Cell:
        """The atoms of one record."""
        start = self.start[self.code[record]]
        return tuple(
            self.atoms[k] for k in self.atom[start : start + self.count[self.code[record]]]
        )

    @cached_property
    def carried(self) -> Index:
        """How many records carry each atom."""
        cells = np.bincount(self.code, minlength=len(self.count))
        weights = np.repeat(cells, self.count)
        return np.bincount(self.atom, weights, len(self.atoms)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Frame:
    """Many records, column by column, in the order of the profile's fields."""

    size: int
    columns: tuple[Column, ...]


def frame_of(profile: Profile, records: Sequence[Features]) -> Frame:
    """Turn features into columns."""
    places = range(len(profile.fields))
    return Frame(len(records), tuple(_column([r.texts[k] for r in records]) for k in places))


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
    return Column(
        distinct.code[code], distinct.start, distinct.count, distinct.atom, distinct.atoms
    )


def _column(texts: Sequence[str]) -> Column:
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    code = np.fromiter(map(numbers.__getitem__, texts), np.int32, len(texts))
    cells = list(map(cell_of, numbers))
    atoms: dict[str, int] = {}
    flat = [atoms.setdefault(atom, len(atoms)) for cell in cells for atom in cell]
    count = np.fromiter(map(len, cells), np.int32, len(cells))
    start = np.cumsum(count, dtype=np.int32) - count
    return Column(code, start, count, np.array(flat, np.int32), Atoms(atoms))


def spread(start: Index, count: Index) -> tuple[Index, Index]:
    """Positions `start[k]` to `start[k] + count[k] - 1` for each k, and the k of each."""
    if count.max(initial=0) <= 1:
        owner = np.flatnonzero(count)
        return start[owner], owner
    owner = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    return start[owner] + place, owner


def product(column: Column, a: Index, b: Index) -> tuple[Index, Index, Index]:
    """Every atom of cell a[k] beside every atom of cell b[k]: (k, atom of a, atom of b)."""
    wide = column.count[b].astype(np.int64)
    place, owner = spread(np.zeros(len(a), np.int64), column.count[a] * wide)
    step = wide[owner]
    left = column.atom[column.start[a][owner] + place // step]
    right = column.atom[column.start[b][owner] + place % step]
    return owner, left.astype(np.int64), right.astype(np.int64)
