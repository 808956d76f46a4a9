"""Names of organisations, engagements, contracts: words weighed by how rare they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import (
    PART,
    RARITY_UNIT,
    Comparator,
    Flags,
    Index,
    Ints,
    Level,
    Levels,
    Terms,
    codes,
    part,
    strings,
)
from matching.engine.compare.similarity import indel, jaro_winkler
from matching.engine.lexicon import COMMON_WORDS

WORDS = 10
"""Words looked at in one name; longer names keep their first ones."""

CHUNK = 1 << 15
"""Pairs compared at a time: the word-by-word cube of a chunk stays in the cache."""

SIMILAR_NAME = 0.85
"""Share of letters in common from which the letters of two names speak for themselves."""

SIMILAR_WORD = 0.88
"""Jaro-Winkler similarity from which two words count as one word misspelt."""


@dataclass(frozen=True, slots=True)
class NameTable:
    """Names as rows: word numbers (-1 pads) with their rarity, and the name without spaces."""

    ids: Ints
    rarity: Ints
    total: Ints
    compact: npt.NDArray[np.object_]
    compact_code: Ints
    words: npt.NDArray[np.object_]
    word_shape: npt.NDArray[np.int16]
    letters: Ints
    acronym_code: Ints
    short_code: Ints


_KINDS = (
    ("other", "The names have little in common.", 0.01, -5.5),
    ("faint", "The names share a small part.", 0.015, -4.5),
    ("partial", "The names share some words.", 0.04, -2.5),
)
_GRADES = (
    ("half", "About half of the names' weight agrees", (0.005, -4.0), (0.02, -2.0), (0.06, 0.0)),
    ("contained", "One name is contained in the other", (0.01, -1.0), (0.05, 1.0), (0.08, 3.0)),
    ("close", "The names differ in a small part", (0.005, 0.5), (0.03, 1.5), (0.09, 3.5)),
    ("near", "The names differ by spelling only", (0.005, 3.0), (0.04, 5.0), (0.16, 7.0)),
    ("same", "The names are the same", (0.01, 2.5), (0.09, 6.5), (0.28, 8.5)),
)
_BUCKETS = (
    ("common", "what they share is common."),
    ("usual", "what they share is fairly rare."),
    ("rare", "what they share is rare."),
)
BUCKET_BITS = (10, 18)
"""Bits of shared rarity from which agreement is called usual, and rare."""


def _levels() -> tuple[Level, ...]:
    graded = [
        Level(f"{grade}, {bucket}", f"{sentence}; {ending}", *start)
        for grade, sentence, *starts in _GRADES
        for (bucket, ending), start in zip(_BUCKETS, starts, strict=True)
    ]
    return (*(Level(*kind) for kind in _KINDS), *graded)


class Name(Comparator):
    """Compare names by the rarity of the words they share, forgiving spelling and order."""

    by_value = True

    def __init__(
        self,
        attribute: str = "legal_name",
        field: str = "name",
        background: Mapping[str, int] = COMMON_WORDS,
    ) -> None:
        self.attribute, self.field = attribute, field
        self.background = background
        self.levels = _levels()

    def words(self, atom: str) -> Iterable[str]:
        return set(atom.split(PART, 1)[0].split())

    def table(self, atoms: Sequence[str], terms: Terms) -> NameTable:
        cores = part(atoms, 0)
        ids, vocabulary = _word_matrix(cores)
        rarity = np.append(terms.rarity(vocabulary), 0).astype(np.int32)[ids]
        compact = [core.replace(" ", "") for core in cores]
        initials = [_acronym(core) for core in cores]
        both = codes([*initials, *(c if 2 < len(c) < 7 else "" for c in compact)])
        return NameTable(
            ids=ids,
            rarity=rarity,
            total=rarity.sum(axis=1, dtype=np.int32),
            compact=strings(compact),
            compact_code=codes(compact),
            words=strings(vocabulary),
            word_shape=_shapes(vocabulary),
            letters=np.array([len(name) for name in compact], np.int32),
            acronym_code=both[: len(cores)],
            short_code=both[len(cores) :],
        )

    def compare(self, table: NameTable, i: Index, j: Index) -> Levels:
        out = np.empty(len(i), np.int8)
        for start in range(0, len(i), CHUNK):
            piece = slice(start, start + CHUNK)
            out[piece] = _grade(table, i[piece], j[piece])
        return out


def _word_matrix(cores: Sequence[str]) -> tuple[Ints, list[str]]:
    numbers: dict[str, int] = {}
    ids = np.full((len(cores), WORDS), -1, np.int32)
    for row, core in enumerate(cores):
        for column, word in enumerate(core.split()[:WORDS]):
            ids[row, column] = numbers.setdefault(word, len(numbers))
    return ids, list(numbers)


def _acronym(core: str) -> str:
    words = [w for w in core.split() if w not in ("of", "and", "for", "the", "de", "du", "la")]
    return "".join(w[0] for w in words) if len(words) > 2 else ""


def _grade(table: NameTable, i: Index, j: Index) -> Levels:
    shared, least, both = _shared(table, i, j)
    dice = 2 * shared / np.maximum(both, 1)
    contained = shared / np.maximum(least, 1)
    same = table.compact_code[i] == table.compact_code[j]
    spelling = _spelling(table, i, j, same)
    dice, shared = _prefer_spelling(dice, shared, spelling, least)
    acronym = _is_acronym(table, i, j)
    grade = _steps(dice, contained, spelling, same, acronym)
    bucket = np.searchsorted(np.array(BUCKET_BITS) * RARITY_UNIT, np.where(same, least, shared))
    return np.where(grade < 3, grade + 1, (grade - 3) * 3 + bucket + 4).astype(np.int8)


def _spelling(table: NameTable, i: Index, j: Index, same: Flags) -> npt.NDArray[np.float32]:
    """Share of letters in common; only where the lengths allow a similar name."""
    a, b = table.letters[i], table.letters[j]
    close = np.flatnonzero(~same & (2 * np.minimum(a, b) >= SIMILAR_NAME * (a + b)))
    out = np.zeros(len(i), np.float32)
    out[close] = indel(table.compact, i[close], j[close], SIMILAR_NAME)
    return out


def _steps(
    dice: npt.NDArray[np.float64],
    contained: npt.NDArray[np.float64],
    spelling: npt.NDArray[np.float32],
    same: Flags,
    acronym: Flags,
) -> npt.NDArray[np.int64]:
    """0 other, 1 faint, 2 partial, then the grades half, contained, close, near, same."""
    return np.select(
        [
            same | (dice >= 0.999),
            (dice >= 0.93) | (spelling >= 0.94),
            dice >= 0.78,
            (contained >= 0.93) | acronym,
            dice >= 0.55,
            dice >= 0.3,
            dice >= 0.1,
        ],
        [7, 6, 5, 4, 3, 2, 1],
        0,
    )


def _prefer_spelling(
    dice: npt.NDArray[np.float64],
    shared: npt.NDArray[np.int64],
    spelling: npt.NDArray[np.float32],
    least: Ints,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Where letters agree better than words do ("micro soft"), let the letters speak."""
    by_letters = np.where(spelling >= SIMILAR_NAME, spelling - 0.06, 0.0).astype(np.float64)
    better = by_letters > dice
    carried = (least * by_letters).astype(np.int64)
    return np.where(better, by_letters, dice), np.where(better, np.maximum(carried, shared), shared)


def _is_acronym(table: NameTable, i: Index, j: Index) -> Flags:
    left = (table.acronym_code[i] >= 0) & (table.acronym_code[i] == table.short_code[j])
    right = (table.acronym_code[j] >= 0) & (table.acronym_code[j] == table.short_code[i])
    return np.asarray(left | right, np.bool_)


def _shared(table: NameTable, i: Index, j: Index) -> tuple[npt.NDArray[np.int64], Ints, Ints]:
    """Rarity of the words two names share, of the lighter name, and of both together."""
    left, right = table.ids[i], table.ids[j]
    width = max(int((left >= 0).sum(1).max(initial=1)), int((right >= 0).sum(1).max(initial=1)))
    left, right = left[:, :width], right[:, :width]
    equal = (left[:, :, None] == right[:, None, :]) & (left >= 0)[:, :, None]
    in_right, in_left = equal.any(axis=2), equal.any(axis=1)
    shared = (table.rarity[i][:, :width] * in_right).sum(axis=1, dtype=np.int64)
    shared += _misspelt(table, i, j, (left >= 0) & ~in_right, (right >= 0) & ~in_left)
    least = np.minimum(table.total[i], table.total[j])
    return shared, least, table.total[i] + table.total[j]


def _misspelt(
    table: NameTable, i: Index, j: Index, left: Flags, right: Flags
) -> npt.NDArray[np.int64]:
    """Rarity carried by words that agree but for their spelling, each used once at most."""
    row, a, b = np.nonzero(left[:, :, None] & right[:, None, :])
    likely = _likely(table, table.ids[i[row], a], table.ids[j[row], b])
    row, a, b = row[likely], a[likely], b[likely]
    word_a, word_b = table.ids[i[row], a], table.ids[j[row], b]
    similar = _similar_words(table.words, word_a, word_b)
    keep = similar >= SIMILAR_WORD
    row, a, b = row[keep], a[keep], b[keep]
    weight = np.minimum(table.rarity[i[row], a], table.rarity[j[row], b])
    value = (weight * similar[keep]).astype(np.int64)
    best = np.zeros(left.shape, np.int64)
    np.maximum.at(best, (row, a), value)
    limit = np.zeros(right.shape, np.int64)
    np.maximum.at(limit, (row, b), value)
    return np.asarray(np.minimum(best.sum(axis=1), limit.sum(axis=1)), np.int64)


def _shapes(words: Sequence[str]) -> npt.NDArray[np.int16]:
    """First letter, last letter and length of each word."""
    shapes = [(ord(w[0]), ord(w[-1]), len(w)) for w in words]
    return np.array(shapes, np.int16).reshape(-1, 3)


def _likely(table: NameTable, a: Ints, b: Ints) -> Flags:
    """Words that may be one word misspelt: nearly as long, and alike at one end."""
    left, right = table.word_shape[a], table.word_shape[b]
    ends = (left[:, 0] == right[:, 0]) | (left[:, 1] == right[:, 1])
    return np.asarray(ends & (np.abs(left[:, 2] - right[:, 2]) <= 3), np.bool_)


def _similar_words(words: npt.NDArray[np.object_], a: Ints, b: Ints) -> npt.NDArray[np.float32]:
    low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
    pairs, inverse = np.unique(low << 32 | high, return_inverse=True)
    return jaro_winkler(words, pairs >> 32, pairs & 0xFFFFFFFF, SIMILAR_WORD)[inverse]
