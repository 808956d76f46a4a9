"""Names of organisations, engagements, contracts: words weighed by how rare they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import (
    PART,
    RARITY_UNIT,
    Atoms,
    Comparator,
    Counted,
    Flags,
    Index,
    Ints,
    Level,
    Levels,
    Rows,
    Terms,
    graded,
    values,
    words,
)
from matching.engine.compare.similarity import Texts, indel, jaro_winkler, texts
from matching.engine.lexicon import COMMON_WORDS

WORDS = 10
"""Words looked at in one name; longer names keep their first ones."""

CHUNK = 1 << 15
"""Pairs compared at a time: the word-by-word cube of a chunk stays in the cache."""

SIMILAR_NAME = 0.85
"""Share of letters in common from which the letters of two names speak for themselves."""

OWN = 3
"""Letters in words that the other name has not, from which a name has something of its own."""

OWN_UNLIKE = 0.3
"""Share of those letters that must differ: below it both spell the same in other words."""

SIMILAR_WORD = 0.88
"""Jaro-Winkler similarity from which two words count as one word misspelt."""


@dataclass(frozen=True, slots=True)
class NameTable:
    """Distinct names as rows: word numbers (-1 pads), and the name without spaces.

    `name` numbers the name of each value; rarity and shape are those of each word.
    """

    name: Ints
    ids: Ints
    rarity: Ints
    total: Ints
    compact: Texts
    compact_code: Ints
    words: Texts
    shapes: npt.NDArray[np.int16]
    width: Levels
    acronym_code: Ints
    short_code: Ints


_KINDS = (
    ("other", "The names have little in common.", 0.01, -5.5),
    ("faint", "The names share a small part.", 0.015, -4.5),
    ("partial", "The names share some words.", 0.04, -2.5),
)
_GRADES = (
    ("half", "Each name has words of its own", (0.005, -4.0), (0.02, -2.0), (0.06, 0.0)),
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

HALF = len(_KINDS)
"""The grade above which a name has hardly anything that the other has not."""


def _levels() -> tuple[Level, ...]:
    graded = [
        Level(f"{grade}, {bucket}", f"{sentence}; {ending}", *start)
        for grade, sentence, *starts in _GRADES
        for (bucket, ending), start in zip(_BUCKETS, starts, strict=True)
    ]
    return (*(Level(*kind) for kind in _KINDS), *graded)


class Name(Comparator):
    """Compare names by the rarity of the words they share, forgiving spelling and order."""

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

    def counted(self, atoms: Atoms, carried: Index) -> Counted:
        """Each word once a distinct value, however many records carry that."""
        ids, vocabulary = atoms.once(_words)
        values = np.bincount(atoms.part(0).code, minlength=len(ids))
        there = ids >= 0
        weight = np.broadcast_to(values[:, None], ids.shape)[there]
        often = np.bincount(ids[there], weight, len(vocabulary)).astype(np.int64)
        return Counted(len(atoms), vocabulary, often)

    def table(self, atoms: Atoms, terms: Terms) -> NameTable:
        name = atoms.part(0)
        ids, vocabulary = atoms.once(_words)
        rarity = np.append(terms.rarity(vocabulary), 0).astype(np.int32)
        compact = [core.replace(" ", "") for core in name.distinct]
        short = [letters if 2 < len(letters) < 7 else "" for letters in compact]
        both = values([*map(_acronym, name.distinct), *short]).code
        return NameTable(
            name=name.code,
            ids=ids,
            rarity=rarity,
            total=rarity[ids].sum(axis=1, dtype=np.int32),
            compact=texts(compact),
            compact_code=values(compact).code,
            words=texts(vocabulary),
            shapes=_shapes([*vocabulary, " "]),
            width=(ids >= 0).sum(axis=1, dtype=np.int8),
            acronym_code=both[: len(compact)],
            short_code=both[len(compact) :],
        )

    def compare(self, table: NameTable, i: Index, j: Index) -> Levels:
        a, b = table.name[i], table.name[j]
        order = np.argsort(np.maximum(table.width[a], table.width[b]), kind="stable")
        out = np.empty(len(i), np.int8)
        for start in range(0, len(i), CHUNK):  # short names together: their cube is small
            piece = order[start : start + CHUNK]
            out[piece] = _grade(table, a[piece], b[piece])
        return out


def _words(atoms: Atoms) -> tuple[Ints, list[str]]:
    """The numbers of each distinct name's first distinct words, -1 behind them, and the words."""
    text, count = atoms.once(words)
    row = np.repeat(np.arange(len(count)), count)
    fresh = np.sort(np.unique(row << 32 | text.code, return_index=True)[1])  # no word twice
    row, code = row[fresh], text.code[fresh]
    count = np.bincount(row, minlength=len(count))
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    first = place < WORDS
    ids = np.full((len(count), min(count.max(initial=1), WORDS)), -1, np.int32)
    ids[row[first], place[first]] = code[first]
    return ids, text.distinct


def _acronym(core: str) -> str:
    if core.count(" ") < 2:
        return ""
    words = [w for w in core.split() if w not in ("of", "and", "for", "the", "de", "du", "la")]
    return "".join([w[0] for w in words]) if len(words) > 2 else ""


def _grade(table: NameTable, i: Rows, j: Rows) -> Levels:
    shared, least, both, own = _shared(table, i, j)
    dice = 2 * shared / np.maximum(both, 1)
    contained = shared / np.maximum(least, 1)
    same = table.compact_code[i] == table.compact_code[j]
    spelling = _spelling(table, i, j, same)
    dice, shared = _prefer_spelling(dice, shared, spelling, least)
    acronym = _is_acronym(table, i, j)
    grade = _steps(dice, contained, spelling, same, acronym)
    parted = _parted(table, i, j, own, spelling) & ~same & ~acronym
    grade = np.where(parted, np.minimum(grade, HALF), grade)
    bucket = np.searchsorted(np.array(BUCKET_BITS) * RARITY_UNIT, np.where(same, least, shared))
    return np.where(grade < 3, grade + 1, (grade - 3) * 3 + bucket + 4).astype(np.int8)


def _parted(
    table: NameTable, i: Rows, j: Rows, own: tuple[Ints, Ints], spelling: npt.NDArray[np.float32]
) -> Flags:
    """Whether each name has words that the other has not, beyond a matter of spelling.

    So do sister firms, and the departments of one house, however long the part they share.
    """
    left, right = own
    differing = (1 - spelling) * (table.compact.length[i] + table.compact.length[j])
    unlike = differing > OWN_UNLIKE * (left + right)
    return np.asarray((left >= OWN) & (right >= OWN) & unlike, np.bool_)


def _spelling(table: NameTable, i: Rows, j: Rows, same: Flags) -> npt.NDArray[np.float32]:
    """Share of letters in common of names that are not the same."""
    other = np.flatnonzero(~same)
    out = np.zeros(len(i), np.float32)
    out[other] = indel(table.compact, i[other], j[other], SIMILAR_NAME)
    return out


def _steps(
    dice: npt.NDArray[np.float64],
    contained: npt.NDArray[np.float64],
    spelling: npt.NDArray[np.float32],
    same: Flags,
    acronym: Flags,
) -> Levels:
    """0 other, 1 faint, 2 partial, then the grades half, contained, close, near, same."""
    return graded(
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


def _is_acronym(table: NameTable, i: Rows, j: Rows) -> Flags:
    left = (table.acronym_code[i] >= 0) & (table.acronym_code[i] == table.short_code[j])
    right = (table.acronym_code[j] >= 0) & (table.acronym_code[j] == table.short_code[i])
    return np.asarray(left | right, np.bool_)


def _shared(
    table: NameTable, i: Rows, j: Rows
) -> tuple[npt.NDArray[np.int64], Ints, Ints, tuple[Ints, Ints]]:
    """Rarity of the words two names share, of the lighter name, and of both together; and the
    letters in the words of each that the other has not.

    Words lie in rows and pairs in columns: each word of one side meets each of the other in one
    sweep over all pairs.
    """
    left, right = _words_of(table, i), _words_of(table, j)
    in_right = np.empty(left.shape, np.bool_)
    in_left = np.zeros(right.shape, np.bool_)
    for a, word in enumerate(left):
        equal = word == right
        equal.any(axis=0, out=in_right[a])
        in_left |= equal
    there, others = left >= 0, right >= 0
    in_right &= there
    in_left &= others
    shared = np.where(in_right, table.rarity[left], 0).sum(axis=0, dtype=np.int64)
    alone, others_alone = there ^ in_right, others ^ in_left
    best, others_best = _misspelt(table, left, right, alone, others_alone)
    shared += np.minimum(best.sum(axis=0), others_best.sum(axis=0))
    own = _letters(table, left, alone & (best == 0))
    others_own = _letters(table, right, others_alone & (others_best == 0))
    least = np.minimum(table.total[i], table.total[j])
    return shared, least, table.total[i] + table.total[j], (own, others_own)


def _letters(table: NameTable, words: Ints, chosen: Flags) -> Ints:
    """How many letters the chosen words have together, name by name."""
    return np.asarray(np.where(chosen, table.shapes[2, words], 0).sum(axis=0), np.int32)


def _words_of(table: NameTable, rows: Rows) -> Ints:
    """Word numbers, one row a place in the name, as many as the longest name has."""
    width = int(table.width[rows].max(initial=1))
    return np.ascontiguousarray(table.ids[rows, :width].T)


def _misspelt(
    table: NameTable, left: Ints, right: Ints, alone: Flags, others_alone: Flags
) -> tuple[Index, Index]:
    """Rarity that each word of either side carries to one it agrees with but for its spelling."""
    row, a, b = _likely(table, left, right, alone, others_alone)
    word, other = left[a, row], right[b, row]
    similar = _similar_words(table.words, word, other)
    keep = similar >= SIMILAR_WORD
    row, a, b = row[keep], a[keep], b[keep]
    weight = np.minimum(table.rarity[word[keep]], table.rarity[other[keep]])
    value = (weight * similar[keep]).astype(np.int64)
    best, limit = np.zeros(left.shape, np.int64), np.zeros(right.shape, np.int64)
    np.maximum.at(best, (a, row), value)
    np.maximum.at(limit, (b, row), value)
    return best, limit


def _shapes(words: Sequence[str]) -> npt.NDArray[np.int16]:
    """First letters, last letters and lengths of words."""
    shapes = [[ord(w[0]) for w in words], [ord(w[-1]) for w in words], [len(w) for w in words]]
    return np.minimum(np.array(shapes, np.int32), 255).astype(np.int16)


def _likely(
    table: NameTable, words: Ints, others: Ints, left: Flags, right: Flags
) -> tuple[Index, Index, Index]:
    """Pairs of words that may be one word misspelt, as (pair, place, place of the other): nearly
    as long, and alike at one end."""
    shapes = table.shapes[:, words]
    firsts, lasts, lengths = table.shapes[:, others]
    found = []
    for a, (first, last, length) in enumerate(shapes.transpose(1, 0, 2)):
        likely = (first == firsts) | (last == lasts)
        likely &= np.abs(length - lengths) <= 3
        likely &= left[a] & right
        b, row = np.nonzero(likely)
        found.append((row, np.full(len(row), a), b))
    row, a_place, b_place = map(np.concatenate, zip(*found, strict=True))
    return row, a_place, b_place


def _similar_words(words: Texts, a: Ints, b: Ints) -> npt.NDArray[np.float32]:
    low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
    pairs, inverse = np.unique(low << 32 | high, return_inverse=True)
    return jaro_winkler(words, pairs >> 32, pairs & 0xFFFFFFFF, SIMILAR_WORD)[inverse]
