"""What another model would change in a population, before it goes live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.engine.batch import Result
from matching.engine.compare.base import Index
from matching.engine.profile import Profile


@dataclass(frozen=True, slots=True)
class Difference:
    """Pairs of rows that would come together or part, enter review or leave it."""

    merged: Index
    parted: Index
    into_review: Index
    out_of_review: Index

    def counts(self) -> dict[str, int]:
        """How many pairs of each kind."""
        return {name: len(getattr(self, name)) for name in self.__slots__}


def difference(profile: Profile, old: Result, new: Result) -> Difference:
    """Compare the outcomes of two models on the same rows; pairs are (n, 2) arrays of rows."""
    return Difference(
        merged=_together_only_in(new, old),
        parted=_together_only_in(old, new),
        into_review=_reviewed_only_in(profile, new, old),
        out_of_review=_reviewed_only_in(profile, old, new),
    )


def _together_only_in(one: Result, other: Result) -> Index:
    a, b = one.clusters.label, other.clusters.label
    apart = (a[one.i] == a[one.j]) & (b[one.i] != b[one.j])
    return np.column_stack((one.i[apart], one.j[apart]))


def _reviewed_only_in(profile: Profile, one: Result, other: Result) -> Index:
    mine = np.setdiff1d(_reviewed(profile, one), _reviewed(profile, other))
    return np.column_stack((mine >> 32, mine & 0xFFFFFFFF))


def _reviewed(profile: Profile, result: Result) -> Index:
    chance = result.model.probability(result.weight)
    limits = profile.thresholds
    between = (chance >= limits.review) & (chance < limits.link)
    return result.i[between] << 32 | result.j[between]
