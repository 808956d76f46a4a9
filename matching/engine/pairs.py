"""Candidate pairs of a whole population: records that share a key, the rarest keys first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.engine.blocks import OfFirstWord, OfPart, OfWords, Shingles
from matching.engine.compare.base import PART, Atoms, Index, Ints, Values, words
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

_STRETCH_BITS = 3
"""Upper bits that tell keys apart which are sorted together: bounds the memory sorting takes."""

_ROW_BITS = 22
_ROWS = np.uint64((1 << _ROW_BITS) - 1)

_GLANCE = 16
"""Bits of a key that tell at a glance that it is none of a few."""

_FAR = np.uint64(64 - _GLANCE)


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


Filing = tuple[Filed, ...]
"""What is filed under each key of the profile, in its order."""


class TooMany(ValueError):
    """More records than one pass holds: partition the population."""


def file_records(profile: Profile, frame: Frame) -> Filing:
    """All keys of all records; the same numbers as `keys.keys`, unsigned."""
    parts = Counter(part for key in profile.keys for part in key.parts)
    known: dict[Part, Filed] = {}

    def under(part: Part) -> Filed:
        """The records under one part, which is let go where no key asks for it again."""
        if part not in known:
            known[part] = _blocks(part, frame.columns[profile.position[part.field]])
        parts[part] -= 1
        return known[part] if parts[part] else known.pop(part)

    return tuple(_file(frame, key, [under(part) for part in key.parts]) for key in profile.keys)


def _file(frame: Frame, key: Key, parts: Sequence[Filed]) -> Filed:
    """The records under one key, from those under its parts."""
    first, *others = parts
    filed = Filed(np.uint64(mix((seed(key), 0))) ^ first.key, first.row)
    for other in others:
        filed = _combine(filed, other, frame.size)
    return filed


def _blocks(part: Part, column: Column) -> Filed:
    """Hashes of each distinct value, dealt out to the records that hold it."""
    value, flat, count = _hashed(part, column.atoms)
    held = column.code
    start, size, atom = column.cells
    place, row = spread(start.astype(np.int64)[held], size.astype(np.int64)[held])
    holding = value[atom[place]]
    there = holding >= 0
    if not there.all():
        holding, row = holding[there], row[there]
    where, holder = spread((np.cumsum(count) - count)[holding], count[holding])
    return Filed(flat[where], row[holder].astype(np.int32))


def _hashed(part: Part, atoms: Atoms) -> tuple[Ints, Hashes, Index]:
    """Which value each atom has, -1 for none, the hashes of all values one after the other, and
    how many each has."""
    value, blocks = np.arange(len(atoms), dtype=np.int32), part.blocks
    if isinstance(blocks, Shingles):
        texts, value = atoms.part(0)
        rows = blocks.many(texts)
        return value, rows.ravel(), np.full(len(texts), rows.shape[1], np.int64)
    if isinstance(blocks, OfWords):
        return atoms.part(0).code, *_words(blocks, *atoms.once(words))
    if isinstance(blocks, OfPart):
        texts, value = atoms.part(blocks.position)
        found: list[Any] = list(map(blocks.of, texts))
    elif isinstance(blocks, OfFirstWord):
        (texts, code), count = atoms.once(words)
        first, number = np.unique(code[np.cumsum(count) - count], return_inverse=True)
        value = number.astype(np.int32)[atoms.part(0).code]
        found = [blocks.of(texts[word]) for word in first.tolist()]
    else:
        found = list(map(blocks, map(str.split, atoms, repeat(PART))))
    count = np.ones(len(found), np.int64)
    if found and not isinstance(found[0], str):
        count = np.fromiter(map(len, found), np.int64, len(found))
        found = list(chain.from_iterable(found))
    flat: Hashes = np.fromiter(map(hashed, map(str.encode, found)), np.uint64, len(found))
    there = flat != NONE
    if there.all():
        return value, flat, count
    owner = np.repeat(np.arange(len(count)), count)[there]
    return value, flat[there], np.bincount(owner, minlength=len(count))


def _words(blocks: OfWords, text: Values, count: Index) -> tuple[Hashes, Index]:
    """The hashes of the words of each name that are worth it, and how many each has."""
    worth = np.fromiter(map(blocks.worth, text.distinct), np.bool_, len(text.distinct))[text.code]
    number = np.fromiter(map(hashed, map(str.encode, text.distinct)), np.uint64, len(text.distinct))
    owner = np.repeat(np.arange(len(count)), count)[worth]
    return number[text.code[worth]], np.bincount(owner, minlength=len(count))


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


def candidate_pairs(profile: Profile, frame: Frame) -> Candidates:
    """Pairs of records under the rarest keys, as many as the population's size affords.

    Raises TooMany above four million records.
    """
    if frame.size > int(_ROWS):
        raise TooMany(f"{frame.size:,} records, {int(_ROWS):,} at most: partition them")
    filed = file_records(profile, frame)
    runs = _runs(filed)
    limit = _limit(runs.size, max(PAIRS_AT_LEAST, PAIRS_PER_RECORD * frame.size))
    common = _common(filed, runs.upper[runs.size >= limit])
    found = _pairs(runs, limit)
    pairs = once(np.concatenate((found, _crowds(profile, frame, common, limit))))
    stop_keys = np.unique(np.concatenate([f.key for f in common])).view(np.int64)
    return Candidates(pairs >> 32, pairs & 0xFFFFFFFF, frozenset(stop_keys.tolist()))


class _Runs(NamedTuple):
    """Keys that several records share: rows run by run, the length and the key's upper bits of
    each."""

    rows: Ints
    size: Ints
    upper: Hashes


def _runs(filing: Filing) -> _Runs:
    """Sort stretch by stretch of keys; what only one record is filed under is left out."""
    found = [_stretch(filing, np.uint64(number)) for number in range(1 << _STRETCH_BITS)]
    return _Runs(*map(np.concatenate, zip(*found, strict=True)))


def _stretch(filing: Filing, number: np.uint64) -> _Runs:
    """Upper bits of the key with the row below them, sorted: one number sorts ten times faster
    than a key with a row beside it. Keys that collide make a spurious pair at worst."""
    shift = np.uint64(64 - _STRETCH_BITS)
    mine = [(f, np.flatnonzero(f.key >> shift == number)) for f in filing]
    packed = np.concatenate([(f.key[at] & ~_ROWS) | f.row[at].astype(np.uint64) for f, at in mine])
    packed.sort()
    first = np.ones(len(packed), np.bool_)
    first[1:] = packed[1:] ^ packed[:-1] > _ROWS
    start = np.flatnonzero(first)
    size = np.diff(start, append=len(packed)).astype(np.int32)
    several = size > 1
    rows = packed[np.repeat(several, size)] & _ROWS
    return _Runs(rows.astype(np.int32), size[several], packed[start[several]] & ~_ROWS)


def _limit(size: Ints, budget: int) -> int:
    """The number of records from which a key is too common: smaller ones fit the budget."""
    number = np.bincount(size)
    length = np.arange(len(number))
    over = np.flatnonzero(np.cumsum(number * (length * (length - 1) // 2)) > budget)
    return int(over[0]) if len(over) else len(number)


def _pairs(runs: _Runs, limit: int) -> Index:
    """All pairs within each run below the limit, packed as i << 32 | j, sorted, each once."""
    found = [np.zeros(0, np.int64)]
    start = np.cumsum(runs.size, dtype=np.int64) - runs.size
    for length in np.unique(runs.size[runs.size < limit]):
        place = start[runs.size == length][:, None] + np.arange(length)
        block = runs.rows[place].astype(np.int64)
        left, right = np.triu_indices(int(length), 1)
        a, b = block[:, left].ravel(), block[:, right].ravel()
        found.append(once((a << 32 | b)[a < b]))
    return once(np.concatenate(found))


def _common(filing: Filing, wanted: Hashes) -> Filing:
    """The entries under keys of these upper bits, in ascending order."""
    likely = np.zeros(1 << _GLANCE, np.bool_)
    likely[wanted >> _FAR] = True
    wanted = np.append(wanted, _ROWS)
    found = []
    for filed in filing:
        place = np.flatnonzero(likely[filed.key >> _FAR])
        upper = filed.key[place] & ~_ROWS
        place = place[wanted[np.searchsorted(wanted[:-1], upper)] == upper]
        found.append(Filed(filed.key[place], filed.row[place]))
    return tuple(found)


def _crowds(profile: Profile, frame: Frame, common: Filing, limit: int) -> Index:
    """Neighbours among the records of one identifier or name that are too many to pair all.

    Records that agree in more fields stand beside each other, so that a firm with a thousand
    identical records becomes a chain of equals instead of a thousand firms.
    """
    found = [np.zeros(0, np.int64)]
    for key, filed in zip(profile.keys, common, strict=True):
        if key.strong or key.whole:
            codes = [c.code[filed.row].astype(np.uint64) for c in frame.columns]
            order = np.lexsort([*codes, filed.key])
            number, row = filed.key[order], filed.row[order].astype(np.int64)
            size = np.unique(number, return_counts=True)[1]
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
