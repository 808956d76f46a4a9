"""Candidate pairs of a whole population: records that share a key, the rarest keys first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.blocks import Parts, Shingles
from matching.engine.compare.base import Index
from matching.engine.frame import Column, Frame, spread
from matching.engine.keys import MIX, NONE, hashed, mix, seed
from matching.engine.profile import Key, Part, Profile

Hashes = npt.NDArray[np.uint64]

PAIRS_PER_RECORD = 10
"""Candidate pairs looked at for each record of a large population."""

PAIRS_AT_LEAST = 400_000
"""A small population can afford a wider search."""

NEIGHBOURS = 3
"""Records paired with the one before where a name or identifier is carried by too many."""

_ROW_BITS = 22
_ROWS = np.uint64((1 << _ROW_BITS) - 1)


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
    row: npt.NDArray[np.int32]


class TooMany(ValueError):
    """More records than one pass holds: partition the population."""


def file_records(profile: Profile, frame: Frame) -> Filed:
    """All keys of all records; the same numbers as `keys.keys`, unsigned."""
    known = _known(profile, frame, profile.keys)
    filed = [_file(frame, key, known) for key in profile.keys]
    return Filed(np.concatenate([f.key for f in filed]), np.concatenate([f.row for f in filed]))


def _known(profile: Profile, frame: Frame, keys: Iterable[Key]) -> dict[Part, Filed]:
    """The records under each part of these keys, field by field."""
    parts = dict.fromkeys(part for key in keys for part in key.parts)
    known: dict[Part, Filed] = {}
    for field, column in zip(profile.fields, frame.columns, strict=True):
        known |= {part: _blocks(part, column) for part in parts if part.field == field.name}
        column.atoms.forget()
    return known


def _file(frame: Frame, key: Key, known: Mapping[Part, Filed]) -> Filed:
    """The records under one key, from those under its parts."""
    first, *others = (known[part] for part in key.parts)
    filed = Filed(np.uint64(mix((seed(key), 0))) ^ first.key, first.row)
    for other in others:
        filed = _combine(filed, other, frame.size)
    return filed


def _blocks(part: Part, column: Column) -> Filed:
    """Hashes of each distinct atom, dealt out to the records that hold it."""
    flat, count = _hashed(part, column.atoms.parts)
    held = column.code
    place, row = spread(column.start.astype(np.int64)[held], column.count.astype(np.int64)[held])
    holding = column.atom[place]
    where, holder = spread((np.cumsum(count) - count)[holding], count[holding])
    return Filed(flat[where], row[holder].astype(np.int32))


def _hashed(part: Part, atoms: Sequence[Parts]) -> tuple[Hashes, Index]:
    """The hashes of all atoms one after the other, and how many each has."""
    if isinstance(part.blocks, Shingles):
        rows = part.blocks.many(atoms)
        return rows.ravel(), np.full(len(atoms), rows.shape[1], np.int64)
    found: list[Any] = list(map(part.blocks, atoms))
    count = np.ones(len(found), np.int64)
    if found and not isinstance(found[0], str):
        count = np.fromiter(map(len, found), np.int64, len(found))
        found = list(chain.from_iterable(found))
    flat: Hashes = np.fromiter(map(hashed, map(str.encode, found)), np.uint64, len(found))
    there = flat != NONE
    if there.all():
        return flat, count
    owner = np.repeat(np.arange(len(count)), count)[there]
    return flat[there], np.bincount(owner, minlength=len(count))


def _combine(left: Filed, right: Filed, size: int) -> Filed:
    """Every key of one part with every key of the other, for each record."""
    right = _by_row(right)
    b = np.bincount(right.row, minlength=size)
    place, owner = spread((np.cumsum(b) - b)[left.row], b[left.row])
    return Filed((left.key[owner] * np.uint64(MIX)) ^ right.key[place], left.row[owner])


def _by_row(filed: Filed) -> Filed:
    if (filed.row[1:] >= filed.row[:-1]).all():
        return filed
    order = np.argsort(filed.row, kind="stable")
    return Filed(filed.key[order], filed.row[order])


def candidate_pairs(profile: Profile, frame: Frame, filed: Filed | None = None) -> Candidates:
    """Pairs of records under the rarest keys, as many as the population's size affords.

    Raises TooMany above four million records.
    """
    filed = filed or file_records(profile, frame)
    if frame.size > int(_ROWS):
        raise TooMany(f"{frame.size:,} records, {int(_ROWS):,} at most: partition them")
    packed = _sorted(filed)
    start, size = _runs(packed)
    limit = _limit(size, max(PAIRS_AT_LEAST, PAIRS_PER_RECORD * frame.size))
    kept = (size > 1) & (size < limit)
    rows = (packed & _ROWS).astype(np.int32)
    pairs = once(
        np.concatenate((_pairs(rows, start[kept], size[kept]), _crowds(profile, frame, limit)))
    )
    stop_keys = _stop_keys(filed, packed[start[size >= limit]])
    return Candidates(pairs >> 32, pairs & 0xFFFFFFFF, stop_keys)


def _sorted(filed: Filed) -> Hashes:
    """Upper bits of the key with the row below them, sorted: one number sorts ten times faster
    than a key with a row beside it. Keys that collide make a spurious pair at worst."""
    packed = (filed.key & ~_ROWS) | filed.row.astype(np.uint64)
    packed.sort()
    return packed


def _runs(packed: Hashes) -> tuple[Index, Index]:
    """Where each key's rows begin and how many they are."""
    return _starts(packed >> np.uint64(_ROW_BITS))


def _starts(key: Hashes) -> tuple[Index, Index]:
    first = np.ones(len(key), np.bool_)
    np.not_equal(key[1:], key[:-1], out=first[1:])
    start = np.flatnonzero(first)
    return start, np.diff(np.append(start, len(key)))


def _limit(size: Index, budget: int) -> int:
    """The number of records from which a key is too common: smaller ones fit the budget."""
    number = np.bincount(size)
    length = np.arange(len(number))
    over = np.flatnonzero(np.cumsum(number * (length * (length - 1) // 2)) > budget)
    return int(over[0]) if len(over) else len(number)


def _pairs(rows: npt.NDArray[np.int32], start: Index, size: Index) -> Index:
    """All pairs within each run, packed as i << 32 | j, sorted, each once."""
    found = [np.zeros(0, np.int64)]
    for length in np.unique(size):
        block = rows[start[size == length][:, None] + np.arange(length)].astype(np.int64)
        left, right = np.triu_indices(int(length), 1)
        a, b = block[:, left].ravel(), block[:, right].ravel()
        found.append(once((a << 32 | b)[a < b]))
    return once(np.concatenate(found))


def _crowds(profile: Profile, frame: Frame, limit: int) -> Index:
    """Neighbours among the records of one identifier or name that are too many to pair all.

    Records that agree in more fields stand beside each other, so that a firm with a thousand
    identical records becomes a chain of equals instead of a thousand firms.
    """
    found = [np.zeros(0, np.int64)]
    for key in profile.keys:
        if key.strong or key.whole:
            filed = _file(frame, key, _known(profile, frame, [key]))
            codes = [c.code[filed.row].astype(np.uint64) for c in frame.columns]
            order = np.lexsort([*codes, filed.key])
            number, row = filed.key[order], filed.row[order].astype(np.int64)
            _, size = _starts(number)
            crowd = np.repeat(size, size) >= limit
            for step in range(1, NEIGHBOURS + 1):
                beside = crowd[step:] & (number[step:] == number[:-step])
                a, b = row[step:][beside], row[:-step][beside]
                found.append((np.minimum(a, b) << 32 | np.maximum(a, b))[a != b])
    return np.concatenate(found)


def once(numbers: Index) -> Index:
    """Sorted, each number once; sorts in place."""
    numbers.sort()
    return numbers[np.concatenate(([True], numbers[1:] != numbers[:-1]))[: len(numbers)]]


def _stop_keys(filed: Filed, packed: Hashes) -> frozenset[int]:
    """The whole keys of runs given by their first entry."""
    rows = np.unique((packed & _ROWS).astype(np.int32))
    mine = filed.key[np.isin(filed.row, rows)]
    whole = mine[np.isin(mine & ~_ROWS, packed & ~_ROWS)]
    return frozenset(whole.view(np.int64).tolist())
