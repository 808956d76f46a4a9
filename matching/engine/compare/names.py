"""Names of organisations, engagements, contracts: words weighed by how rare they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    numbering,
    numbers,
    values,
)
from matching.engine.compare.similarity import FEW, Texts, indel, jaro_winkler, texts
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

_SILENT = frozenset(("of", "and", "for", "the", "de", "du", "la"))


@dataclass(frozen=True, slots=True)
class NameTable:
    """Distinct names as rows of word numbers, which -1 pads, and their letters without spaces.

    `name` numbers the name of each value; `rarity` and `shapes` are those of each word, the last
    those of the padding, which weighs nothing and is like no word. `compact` and `acronym` number
    the letters, and the initials that another name may consist of.
    """

    name: Ints
    ids: Ints
    width: Levels
    total: Ints
    rarity: Ints
    shapes: npt.NDArray[np.int16]
    words: Texts
    compact: Ints
    acronym: Ints
    letters: Texts


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

_LIMITS = np.array(BUCKET_BITS) * RARITY_UNIT
_LEVEL = np.array(
    [
        [kind + 1] * len(_BUCKETS) if kind < HALF else range(start, start + len(_BUCKETS))
        for kind in range(HALF + len(_GRADES))
        for start in [HALF + 1 + (kind - HALF) * len(_BUCKETS)]
    ],
    np.int8,
)
"""The level of each grade and bucket."""


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
        ids, _, vocabulary = atoms.once(_words)
        values = np.bincount(atoms.part(0).code, minlength=len(ids))
        there = ids >= 0
        weight = np.broadcast_to(values[:, None], ids.shape)[there]
        often = np.bincount(ids[there], weight, len(vocabulary)).astype(np.int64)
        return Counted(len(atoms), vocabulary, often)

    def table(self, atoms: Atoms, terms: Terms) -> NameTable:
        name = atoms.part(0)
        ids, width, vocabulary = atoms.once(_words)
        rarity = np.append(terms.rarity(vocabulary), np.int32(0))
        compact = [core.replace(" ", "") for core in name.distinct]
        letters = values([*compact, *map(_acronym, name.distinct)])
        return NameTable(
            name=name.code,
            ids=ids,
            width=width,
            total=rarity[ids].sum(axis=1, dtype=np.int32),
            rarity=rarity,
            shapes=_shapes(vocabulary),
            words=texts(vocabulary),
            compact=letters.code[: len(compact)],
            acronym=letters.code[len(compact) :],
            letters=texts(letters.distinct),
        )

    def compare(self, table: NameTable, i: Index, j: Index) -> Levels:
        a, b = table.name[i], table.name[j]
        if len(i) <= CHUNK:
            return _grade(table, a, b, table.ids.shape[1])
        width = np.maximum(table.width[a], table.width[b])
        order = np.argsort(width, kind="stable")
        out = np.empty(len(i), np.int8)
        for start in range(0, len(i), CHUNK):  # short names together: their cube is small
            piece = order[start : start + CHUNK]
            out[piece] = _grade(table, a[piece], b[piece], int(width[piece[-1]]))
        return out


def _words(atoms: Atoms) -> tuple[Ints, Levels, list[str]]:
    """The numbers of each distinct name's first distinct words, -1 behind them, how many there are,
    and the words."""
    number, count = numbering(), list[int]()
    code = numbers(number, _distinct_words(atoms.part(0).distinct, count))
    width = np.array(count, np.int8)
    ids = np.full((len(width), max(count, default=1)), -1, np.int32)
    ids[np.arange(ids.shape[1]) < width[:, None]] = code
    return ids, width, list(number)


def _distinct_words(names: Iterable[str], count: list[int]) -> Iterator[str]:
    """The first distinct words of all names, one after the other; `count` learns how many."""
    for name in names:
        words = list(dict.fromkeys(name.split()))[:WORDS]
        count.append(len(words))
        yield from words


def _acronym(core: str) -> str:
    """The initials of a long name, if they are as few as a short name's letters."""
    if core.count(" ") < 2:
        return ""
    words = [w for w in core.split() if w not in _SILENT]
    return "".join([w[0] for w in words]) if 2 < len(words) < 7 else ""


def _grade(table: NameTable, i: Rows, j: Rows, width: int) -> Levels:
    shared, left_own, right_own = _shared(table, i, j, width)
    one, other = table.compact[i], table.compact[j]
    same, acronym = one == other, (table.acronym[i] == other) | (table.acronym[j] == one)
    left, right = table.total[i], table.total[j]
    least = np.minimum(left, right)
    dice = 2 * shared / np.maximum(left + right, 1)
    contained = shared / np.maximum(least, 1)
    spelling = indel(table.letters, one, other, SIMILAR_NAME)
    dice, shared = _prefer_spelling(dice, shared, spelling, least)
    grade = _steps(dice, contained, spelling, same, acronym)
    letters = table.letters.length[one] + table.letters.length[other]
    parted = _parted(letters, left_own, right_own, spelling) & ~same & ~acronym
    grade[parted & (grade > HALF)] = HALF
    return _LEVEL[grade, _LIMITS.searchsorted(np.where(same, least, shared))]


def _parted(letters: Ints, left: Index, right: Index, spelling: npt.NDArray[np.float32]) -> Flags:
    """Whether each name has words that the other has not, beyond a matter of spelling.

    So do sister firms, and the departments of one house, however long the part they share.
    """
    unlike = (1 - spelling) * letters > OWN_UNLIKE * (left + right)
    return np.asarray((left >= OWN) & (right >= OWN) & unlike, np.bool_)


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


def _shared(
    table: NameTable, i: Rows, j: Rows, width: int
) -> tuple[npt.NDArray[np.int64], Index, Index]:
    """Rarity of the words two names share, and the letters in the words of each that the other
    has not.

    Words lie in rows and pairs in columns: each word of one side meets each of the other in one
    sweep over all pairs.
    """
    words, others = _words_of(table, i, width), _words_of(table, j, width)
    equal = words[:, None] == others
    alone, others_alone = ~equal.any(axis=1), ~equal.any(axis=0)
    shared = np.where(alone, 0, table.rarity[words]).sum(axis=0, dtype=np.int64)
    shapes, other_shapes = table.shapes[:, words], table.shapes[:, others]
    likely = _likely(shapes, other_shapes)
    likely &= alone[:, None] & others_alone
    best, others_best = _misspelt(table, words, others, likely)
    shared += np.minimum(best.sum(axis=0), others_best.sum(axis=0))
    own = (shapes[2] * (alone & (best == 0))).sum(axis=0)
    others_own = (other_shapes[2] * (others_alone & (others_best == 0))).sum(axis=0)
    return shared, own, others_own


def _words_of(table: NameTable, rows: Rows, width: int) -> Ints:
    """Word numbers, one row a place in the name."""
    return np.ascontiguousarray(table.ids[rows, :width].T)


def _shapes(words: Sequence[str]) -> npt.NDArray[np.int16]:
    """First letters, last letters and lengths of words, and of the padding behind them."""
    ends = "".join([word[0] + word[-1] for word in words]).encode("utf-32-le", "surrogatepass")
    out = np.zeros((3, len(words) + 1), np.int16)
    out[:2, :-1] = np.minimum(np.frombuffer(ends, np.uint32), 255).reshape(-1, 2).T
    out[2, :-1] = np.minimum(np.fromiter(map(len, words), np.int64), 255)
    return out


def _likely(words: npt.NDArray[np.int16], others: npt.NDArray[np.int16]) -> Flags:
    """Which pairs of words may be one word misspelt: nearly as long, and alike at one end."""
    first, last, length = words[:, :, None]
    firsts, lasts, lengths = others
    likely: Flags = (first == firsts) | (last == lasts)
    likely &= np.abs(length - lengths) <= 3
    return likely


def _misspelt(table: NameTable, left: Ints, right: Ints, likely: Flags) -> tuple[Index, Index]:
    """Rarity that each word of either side carries to one it agrees with but for its spelling."""
    best, limit = np.zeros(left.shape, np.int64), np.zeros(right.shape, np.int64)
    a, b, row = likely.nonzero()
    if not len(row):
        return best, limit
    word, other = left[a, row], right[b, row]
    similar = _similar_words(table.words, word, other)
    weight = np.minimum(table.rarity[word], table.rarity[other])
    value = np.where(similar >= SIMILAR_WORD, weight * similar, 0).astype(np.int64)
    np.maximum.at(best, (a, row), value)
    np.maximum.at(limit, (b, row), value)
    return best, limit


def _similar_words(words: Texts, a: Ints, b: Ints) -> npt.NDArray[np.float32]:
    low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
    if len(a) <= FEW:
        return jaro_winkler(words, low, high, SIMILAR_WORD)
    pairs, inverse = np.unique(low << 32 | high, return_inverse=True)
    return jaro_winkler(words, pairs >> 32, pairs & 0xFFFFFFFF, SIMILAR_WORD)[inverse]
