"""String similarity over columns of pairs; what cannot reach the threshold is not computed.

A signature of 64 bits a text bounds from above how many letters two texts have in common, and
with it every similarity: most pairs of different values are settled by a few integer operations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, Indel, JaroWinkler
from rapidfuzz.process import cpdist

from matching.engine.compare.base import Flags, Index, Ints, Rows, strings

Scores = npt.NDArray[np.float32]

_SLOTS = 32
_ROWS = 1 << 15
"""Texts whose letters are counted at a time."""

_SLACK = 1e-6
"""Bounds are computed in another order than the figures they bound."""

_ENDS = 2
_LONG = 3 * _ENDS
"""Letters from which one slip leaves one of a text's two ends as it was."""


FEW = 256
"""Up to so many pairs, to compute every figure costs less than to bound it."""


@dataclass(frozen=True)
class Texts:
    """Texts as a column."""

    text: npt.NDArray[np.object_]

    @cached_property
    def length(self) -> Ints:
        """Letters of each text."""
        return np.fromiter(map(len, self.text.tolist()), np.int32, len(self.text))

    @cached_property
    def bounds(self) -> Bounds:
        """What bounds their similarity, for those who compare many."""
        return _bounds(self.text.tolist())

    def pair(self, i: Rows, j: Rows) -> tuple[list[str], list[str]]:
        """Both sides of the pairs."""
        return self.text[i].tolist(), self.text[j].tolist()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Letters and ends of texts."""

    signature: npt.NDArray[np.uint64]
    """For each of 32 kinds of letter, whether there is one, and whether there are two."""
    beyond: Ints
    """Letters that the signature does not count."""
    head: npt.NDArray[np.uint16]
    tail: npt.NDArray[np.uint16]

    def common(self, i: Rows, j: Rows) -> npt.NDArray[np.int64]:
        """The letters, in any order, that two texts can have in common at most."""
        both = np.bitwise_count(self.signature[i] & self.signature[j]).astype(np.int64)
        return np.asarray(both + np.minimum(self.beyond[i], self.beyond[j]), np.int64)


def texts(values: Iterable[str]) -> Texts:
    """A column of texts."""
    return Texts(strings(values))


def _bounds(listed: list[str]) -> Bounds:
    encoded = [value.encode("utf-8", "replace") for value in listed]
    size = np.fromiter(map(len, encoded), np.int64, len(encoded))
    letters = np.frombuffer(b"".join(encoded) + bytes(_ENDS), np.uint8)
    end = np.cumsum(size)
    signature = np.zeros(len(listed), np.uint64)
    for first in range(0, len(listed), _ROWS):
        rows = slice(first, first + _ROWS)
        inside = slice(end[first] - size[first], end[rows][-1])
        signature[rows] = _signed(letters[inside], size[rows])
    begin = end - size
    return Bounds(
        signature=signature,
        beyond=(size - np.bitwise_count(signature)).astype(np.int32),
        head=_two(letters, begin, np.minimum(begin + 1, end - 1)),
        tail=_two(letters, np.maximum(end - 2, begin), end - 1),
    )


def _signed(letters: npt.NDArray[np.uint8], size: Index) -> npt.NDArray[np.uint64]:
    slot = np.repeat(np.arange(len(size)) * _SLOTS, size) + letters % _SLOTS
    count = np.bincount(slot, minlength=len(size) * _SLOTS).reshape(-1, _SLOTS)
    return np.packbits(np.hstack((count > 0, count > 1)), axis=1).view(np.uint64).ravel()


def _two(letters: npt.NDArray[np.uint8], first: Index, second: Index) -> npt.NDArray[np.uint16]:
    """Two letters as one number, the first one low; of a lone letter, the letter twice."""
    return letters[first].astype(np.uint16) | letters[second].astype(np.uint16) << np.uint16(8)


def jaro_winkler(column: Texts, i: Rows, j: Rows, least: float) -> Scores:
    """Similarity 0..1 that forgives transposed letters and favours a common start.

    What stays below `least` counts as 0: that is known sooner than the figure itself.
    """
    scorer = JaroWinkler.normalized_similarity
    if len(i) <= FEW:
        return _scored(column, i, j, scorer, least)
    bounds = column.bounds
    common = bounds.common(i, j)
    left, right = column.length[i], column.length[j]
    shares = common / np.maximum(left, 1) + common / np.maximum(right, 1)
    jaro = np.where(left + right == 0, 1.0, np.minimum((shares + 1) / 3, 1))
    begin = (bounds.head[i] ^ bounds.head[j]) & np.uint16(0xFF) == 0
    bound = jaro + np.where(begin, 0.4, 0.0) * (1 - jaro)
    return _score(column, i, j, scorer, least, bound >= least - _SLACK)


def indel(column: Texts, i: Rows, j: Rows, least: float) -> Scores:
    """Share of letters (0..1) that stay when one text is edited into the other; see above."""
    scorer = Indel.normalized_similarity
    if len(i) <= FEW:
        return _scored(column, i, j, scorer, least)
    bounds = column.bounds
    letters = column.length[i] + column.length[j]
    likely = 2 * bounds.common(i, j) >= (least - _SLACK) * letters
    return _score(column, i, j, scorer, least, likely)


def one_slip(column: Texts, i: Rows, j: Rows) -> Flags:
    """Whether one letter changed, added, dropped, or two neighbours swapped, tell two apart."""
    if len(i) <= FEW:
        return _slipped(column, i, j)
    bounds = column.bounds
    longer = np.maximum(column.length[i], column.length[j])
    shorter = np.minimum(column.length[i], column.length[j])
    ends = (bounds.head[i] == bounds.head[j]) | (bounds.tail[i] == bounds.tail[j])
    likely = (longer - bounds.common(i, j) <= 1) & (ends | (shorter < _LONG))
    out = np.zeros(len(i), np.bool_)
    rows = np.flatnonzero(likely)
    out[rows] = _slipped(column, i[rows], j[rows])
    return out


def _score(column: Texts, i: Rows, j: Rows, scorer: Any, least: float, likely: Flags) -> Scores:
    out = np.zeros(len(i), np.float32)
    rows = np.flatnonzero(likely)
    out[rows] = _scored(column, i[rows], j[rows], scorer, least)
    return out


def _scored(column: Texts, i: Rows, j: Rows, scorer: Any, least: float) -> Scores:
    if not len(i):
        return np.zeros(0, np.float32)
    left, right = column.pair(i, j)
    found: Scores = cpdist(left, right, scorer=scorer, score_cutoff=least, dtype=np.float32)
    return found


def _slipped(column: Texts, i: Rows, j: Rows) -> Flags:
    if not len(i):
        return np.zeros(0, np.bool_)
    left, right = column.pair(i, j)
    slips = cpdist(left, right, scorer=OSA.distance, score_cutoff=1, dtype=np.int8)
    return np.asarray(slips <= 1, np.bool_)
