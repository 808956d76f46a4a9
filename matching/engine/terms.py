"""Counting how often words and values occur in a population."""

from __future__ import annotations

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
    total, terms, often = comparator.counted(column.atoms, column.carried)
    kept = np.flatnonzero(often >= max(SEEN_TWICE, total // ONE_IN))
    counts = zip(kept.tolist(), often[kept].tolist(), strict=True)
    return Terms(total, {terms[place]: count for place, count in counts})
