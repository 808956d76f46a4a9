"""Records as columns: for each field the distinct cells, and the cell of every record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.engine.compare.base import Index, Ints
from matching.engine.fields.document import Atoms, Field
from matching.engine.normalise import Features
from matching.engine.profile import Profile


@dataclass(frozen=True, slots=True)
class Column:
    """One field of many records: `code[record]` is a row of `cells`."""

    code: Ints
    cells: Sequence[Atoms]


@dataclass(frozen=True, slots=True)
class Frame:
    """Many records, column by column, in the order of the profile's fields."""

    size: int
    columns: tuple[Column, ...]


def frame_of(profile: Profile, records: Sequence[Features]) -> Frame:
    """Turn features into columns."""
    cells = zip(*(record.cells for record in records), strict=True)
    columns = tuple(_column(list(column)) for column in cells)
    return Frame(len(records), columns or tuple(_column([]) for _ in profile.fields))


def read_frame(profile: Profile, columns: Mapping[str, Sequence[Any]]) -> Frame:
    """Normalise flattened columns, each distinct combination of inputs once.

    Yields the same cells as `features` on each row.
    """
    size = len(columns[next(iter(columns))]) if columns else 0
    return Frame(size, tuple(_read(f, columns, size) for f in profile.fields))


def _read(field: Field, columns: Mapping[str, Sequence[Any]], size: int) -> Column:
    names = [name for name in field.inputs if name in columns]
    if not names:
        return Column(np.zeros(size, np.int32), [()])
    raw: dict[tuple[Any, ...], int] = {}
    code = [raw.setdefault(row, len(raw)) for row in zip(*(columns[n] for n in names), strict=True)]
    distinct = _column([field.read(dict(zip(names, row, strict=True))) for row in raw])
    return Column(distinct.code[np.array(code, np.int32)], distinct.cells)


def _column(cells: Iterable[Atoms]) -> Column:
    numbers: dict[Atoms, int] = {}
    code = [numbers.setdefault(cell, len(numbers)) for cell in cells]
    return Column(np.array(code, np.int32), list(numbers))


@dataclass(frozen=True, slots=True)
class AtomColumn:
    """A column whose cells are opened: cell c holds atoms `start[c]` to `start[c] + count[c]`."""

    code: Ints
    start: Ints
    count: Ints
    atom: Ints
    atoms: list[str]


def open_cells(column: Column) -> AtomColumn:
    """Number the distinct atoms of a column."""
    numbers: dict[str, int] = {}
    flat = [numbers.setdefault(atom, len(numbers)) for cell in column.cells for atom in cell]
    count = np.array([len(cell) for cell in column.cells], np.int32)
    start = np.cumsum(count, dtype=np.int32) - count
    return AtomColumn(column.code, start, count, np.array(flat, np.int32), list(numbers))


def product(column: AtomColumn, a: Index, b: Index) -> tuple[Index, Index, Index]:
    """Every atom of cell a[k] beside every atom of cell b[k]: (k, atom of a, atom of b)."""
    wide = column.count[b].astype(np.int64)
    each = column.count[a] * wide
    owner = np.repeat(np.arange(len(a)), each)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(each) - each, each)
    step = wide[owner]
    left = column.atom[column.start[a][owner] + place // step]
    right = column.atom[column.start[b][owner] + place % step]
    return owner, left.astype(np.int64), right.astype(np.int64)
