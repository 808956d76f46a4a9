"""Weights corrected by pairs whose answer is known: stewards' labels, or shared identifiers.

Logistic regression on the levels, drawn towards the weights it starts from, so that a few
answers move little and what was never answered stays (damped Newton; undamped it diverges).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
    design = _one_hot(profile, levels, places)
    muted = levels.copy()
    muted[:, list(leave_out)] = 0
    base = total_bits(profile, fit, muted) * np.log(2)
    shift = _newton(design, base, yes, no) / np.log(2)
    return Fit(fit.prior, _shifted(profile, fit, shift[1:], places))


def _one_hot(profile: Profile, levels: Levels, places: Sequence[int]) -> Floats:
    """Intercept, then a column for each level above 0 of each comparison."""
    columns = [np.ones(len(levels))]
    for k in places:
        rungs = range(1, len(profile.comparisons[k].levels) + 1)
        columns.extend((levels[:, k] == rung).astype(np.float64) for rung in rungs)
    return np.array(columns).T


def _newton(design: Floats, base: Floats, yes: Floats, no: Floats) -> Floats:
    """Maximum a posteriori shift of each column's coefficient, the intercept free."""
    penalty = np.full(design.shape[1], 1 / (LEASH * np.log(2)) ** 2)
    penalty[0] = 1e-6
    shift = np.zeros(design.shape[1])
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
    design: Floats, base: Floats, yes: Floats, no: Floats, shift: Floats, penalty: Floats
) -> Floats:
    chance = 1 / (1 + np.exp(-np.clip(base + design @ shift, -40, 40)))
    count = yes + no
    gradient = design.T @ (count * chance - yes) + penalty * shift
    curvature = (design * (count * chance * (1 - chance))[:, None]).T @ design
    return np.asarray(np.linalg.solve(curvature + np.diag(penalty + 1e-9), gradient))


def _loss(
    design: Floats, base: Floats, yes: Floats, no: Floats, shift: Floats, penalty: Floats
) -> float:
    total = base + design @ shift
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
