"""Counting how often words and values occur in a population."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

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
    records = np.bincount(column.code, minlength=len(column.cells)).tolist()
    counts: Counter[str] = Counter()
    total = 0
    for cell, carried in zip(column.cells, records, strict=True):
        weight = 1 if comparator.by_value else carried
        for atom in cell:
            total += weight
            for term in comparator.words(atom):
                counts[term] += weight
    least = max(SEEN_TWICE, total // ONE_IN)
    return Terms(total, {term: n for term, n in counts.items() if n >= least})
