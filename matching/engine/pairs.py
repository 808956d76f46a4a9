"""Candidate pairs of a whole population: records that share a key, the rarest keys first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import Index
from matching.engine.frame import Column, Frame
from matching.engine.keys import MIX, block_hashes
from matching.engine.profile import Key, Part, Profile

Hashes = npt.NDArray[np.uint64]

PAIRS_PER_RECORD = 10
"""Candidate pairs looked at for each record of a large population."""

PAIRS_AT_LEAST = 400_000
"""A small population can afford a wider search."""

_ROW_BITS = 22


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of rows (i < j), each once, and the keys too common to look under."""

    i: Index
    j: Index
    stop_keys: frozenset[int]


@dataclass(frozen=True, slots=True)
class Filed:
    """Which record is filed under which key: parallel arrays."""

    key: Hashes
    row: Index


def file_records(profile: Profile, frame: Frame) -> Filed:
    """All keys of all records; the same numbers as `keys.keys`, unsigned."""
    filed = [_file(profile, frame, key) for key in profile.keys]
    return Filed(np.concatenate([f.key for f in filed]), np.concatenate([f.row for f in filed]))


def _file(profile: Profile, frame: Frame, key: Key) -> Filed:
    halves = [_blocks(key, part, frame.columns[profile.position[part.field]]) for part in key.parts]
    filed = halves[0]
    for other in halves[1:]:
        filed = _combine(filed, other, frame.size)
    return filed


def _blocks(key: Key, part: Part, column: Column) -> Filed:
    """Hashes of each distinct cell, dealt out to the records that hold it."""
    found = [block_hashes(key, part, cell) for cell in column.cells]
    count = np.array([len(f) for f in found], np.int64)
    flat = np.array([h for f in found for h in f], np.uint64)
    start = np.cumsum(count) - count
    each = count[column.code]
    row = np.repeat(np.arange(len(column.code)), each)
    place = np.arange(len(row)) - np.repeat(np.cumsum(each) - each, each)
    return Filed(flat[start[column.code][row] + place], row)


def _combine(left: Filed, right: Filed, size: int) -> Filed:
    """Every key of one part with every key of the other, for each record."""
    a = np.bincount(left.row, minlength=size)
    b = np.bincount(right.row, minlength=size)
    each = a * b
    row = np.repeat(np.arange(size), each)
    place = np.arange(len(row)) - np.repeat(np.cumsum(each) - each, each)
    step = b[row]
    first = left.key[(np.cumsum(a) - a)[row] + place // np.maximum(step, 1)]
    second = right.key[(np.cumsum(b) - b)[row] + place % np.maximum(step, 1)]
    return Filed((first * np.uint64(MIX)) ^ second, row)


def candidate_pairs(profile: Profile, frame: Frame, filed: Filed | None = None) -> Candidates:
    """Pairs of records under the rarest keys, as many as the population's size affords."""
    filed = filed or file_records(profile, frame)
    key, rows, start, size = _runs(filed)
    order = np.argsort(size, kind="stable")
    budget = max(PAIRS_AT_LEAST, PAIRS_PER_RECORD * frame.size)
    spent = np.cumsum(size[order].astype(np.int64) * (size[order] - 1) // 2)
    admitted = int(np.searchsorted(spent, budget, side="right"))
    limit = int(size[order[admitted]]) if admitted < len(order) else frame.size + 1
    kept = np.flatnonzero((size > 1) & (size < limit))
    pairs = _pairs(rows, start[kept], size[kept])
    stop_keys = frozenset(key[start[size >= limit]].view(np.int64).tolist())
    return Candidates(pairs >> 32, pairs & 0xFFFFFFFF, stop_keys)


def _runs(filed: Filed) -> tuple[Hashes, Index, Index, Index]:
    """Keys sorted, their rows, and where each key's rows begin and how many they are."""
    order = np.argsort(filed.key, kind="stable")
    key, rows = filed.key[order], filed.row[order]
    start = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    size = np.diff(np.append(start, len(key)))
    return key, rows, start, size


def _pairs(rows: Index, start: Index, size: Index) -> Index:
    """All pairs within each run, packed as i << 32 | j, sorted, each once."""
    found = [np.zeros(0, np.int64)]
    for length in np.unique(size):
        block = rows[start[size == length][:, None] + np.arange(length)]
        left, right = np.triu_indices(int(length), 1)
        a, b = block[:, left].ravel(), block[:, right].ravel()
        packed = np.minimum(a, b) << 32 | np.maximum(a, b)
        found.append(np.unique(packed[a != b]))
    return np.unique(np.concatenate(found))
