"""Weights corrected by pairs whose answer is known: stewards' labels, or shared identifiers.

Logistic regression on the levels, drawn towards the weights it starts from, so that a few
answers move little and what was never answered stays (damped Newton; undamped it diverges).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import Levels
from matching.engine.em import WINDOW, Fit, Floats, total_bits
from matching.engine.profile import Profile

ROUNDS = 30
LEASH = 1.5
"""Standard deviation in bits that a weight is believed to lie from where it starts."""


def refine(
    profile: Profile,
    fit: Fit,
    levels: Levels,
    yes: Floats,
    no: Floats,
    leave_out: Sequence[int] = (),
) -> Fit:
    """Correct the weights by `yes` matching and `no` other pairs on each row of levels.

    Comparisons in `leave_out` keep their weights and say nothing: those that gave the answers.
    """
    answered = yes + no > 0
    levels, yes, no = levels[answered], yes[answered], no[answered]
    places = [k for k in range(levels.shape[1]) if k not in set(leave_out)]
    design = _Design.of(profile, levels, places)
    muted = levels.copy()
    muted[:, list(leave_out)] = 0
    base = total_bits(profile, fit, muted) * np.log(2)
    shift = _newton(design, base, yes, no) / np.log(2)
    return Fit(fit.prior, _shifted(profile, fit, shift[1:], places))


@dataclass(frozen=True, slots=True)
class _Design:
    """A matrix of ones and noughts by its ones: intercept, then a column for each level above 0.

    `column[k]` names for each row the column of its level at one place, `size` where it has none.
    """

    column: tuple[npt.NDArray[np.int64], ...]
    rows: int
    size: int

    @classmethod
    def of(cls, profile: Profile, levels: Levels, places: Sequence[int]) -> _Design:
        rungs = [len(profile.comparisons[k].levels) for k in places]
        size = 1 + sum(rungs)
        first = 1 + np.cumsum([0, *rungs])
        columns = [
            np.where(levels[:, k] > 0, first[at] + levels[:, k] - 1, size)
            for at, k in enumerate(places)
        ]
        return cls((np.zeros(len(levels), np.int64), *columns), len(levels), size)

    def times(self, vector: Floats) -> Floats:
        """The matrix times a vector."""
        padded = np.append(vector, 0.0)
        total = np.zeros(self.rows)
        for column in self.column:
            total += padded[column]
        return total

    def summed(self, weight: Floats) -> Floats:
        """The transposed matrix times a vector."""
        total = np.zeros(self.size + 1)
        for column in self.column:
            total += np.bincount(column, weight, self.size + 1)
        return total[:-1]

    def squared(self, weight: Floats) -> Floats:
        """The transposed matrix times the matrix with weighted rows."""
        wide = self.size + 1
        total = np.zeros((wide, wide))
        for k, column in enumerate(self.column):
            for other in self.column[k:]:
                met = np.bincount(column * wide + other, weight, wide * wide).reshape(wide, wide)
                total += met if other is column else met + met.T
        return total[:-1, :-1]


def _newton(design: _Design, base: Floats, yes: Floats, no: Floats) -> Floats:
    """Maximum a posteriori shift of each column's coefficient, the intercept free."""
    penalty = np.full(design.size, 1 / (LEASH * np.log(2)) ** 2)
    penalty[0] = 1e-6
    shift = np.zeros(design.size)
    best = _loss(design, base, yes, no, shift, penalty)
    for _ in range(ROUNDS):
        step = _step(design, base, yes, no, shift, penalty)
        size = 1.0
        while size > 1e-4 and _loss(design, base, yes, no, shift - size * step, penalty) > best:
            size /= 2
        renewed = _loss(design, base, yes, no, shift - size * step, penalty)
        if best - renewed < 1e-9 * (1 + abs(best)):
            break
        shift, best = shift - size * step, renewed
    return shift


def _step(
    design: _Design, base: Floats, yes: Floats, no: Floats, shift: Floats, penalty: Floats
) -> Floats:
    chance = 1 / (1 + np.exp(-np.clip(base + design.times(shift), -40, 40)))
    count = yes + no
    gradient = design.summed(count * chance - yes) + penalty * shift
    curvature = design.squared(count * chance * (1 - chance))
    return np.asarray(np.linalg.solve(curvature + np.diag(penalty + 1e-9), gradient))


def _loss(
    design: _Design, base: Floats, yes: Floats, no: Floats, shift: Floats, penalty: Floats
) -> float:
    total = base + design.times(shift)
    fit = yes @ np.logaddexp(0, -total) + no @ np.logaddexp(0, total)
    return float(fit + 0.5 * (penalty * shift) @ shift)


def _shifted(
    profile: Profile, fit: Fit, shift: Floats, places: Sequence[int]
) -> tuple[Floats, ...]:
    bits, at = list(fit.bits), 0
    for k in places:
        rungs = len(profile.comparisons[k].levels)
        moved = np.clip(shift[at : at + rungs], -WINDOW, WINDOW)
        bits[k] = bits[k] + np.concatenate(([0.0], moved))
        at += rungs
    return tuple(bits)
