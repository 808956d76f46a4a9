"""Counting how often words and values occur in a population."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import chain

import numpy as np

from matching.engine.compare.base import Comparator, Terms
from matching.engine.frame import Column, Frame
from matching.engine.profile import Profile

SEEN_TWICE, ONE_IN = 2, 100_000
"""Terms seen less often than twice, or than once in so many, are left out: unknown and very
rare weigh the same, and a model of millions stays a file that a person can open."""


def count_terms(profile: Profile, frame: Frame) -> Mapping[str, Terms]:
    """For each comparison the frequency of its terms, the rarest left out."""
    return {
        c.attribute: _count(c, frame.columns[profile.position[c.field]])
        for c in profile.comparisons
    }


def _count(comparator: Comparator, column: Column) -> Terms:
    if type(comparator).words is Comparator.words:  # a value is its own term
        often = np.flatnonzero(column.carried >= SEEN_TWICE).tolist()
        counts = Counter({column.atoms[k]: int(column.carried[k]) for k in often})
        return _kept(int(column.carried.sum()), counts)
    if comparator.by_value:
        return _kept(len(column.atoms), Counter(_all_words(comparator, column.atoms)))
    counts = Counter(_all_words(comparator, column.atoms))
    for place in np.flatnonzero(column.carried > 1).tolist():
        more = int(column.carried[place]) - 1
        for term in comparator.words(column.atoms[place]):
            counts[term] += more
    return _kept(int(column.carried.sum()), counts)


def _all_words(comparator: Comparator, atoms: list[str]) -> chain[str]:
    return chain.from_iterable(map(comparator.words, atoms))


def _kept(total: int, counts: Counter[str]) -> Terms:
    least = max(SEEN_TWICE, total // ONE_IN)
    return Terms(total, {term: n for term, n in counts.items() if n >= least})
