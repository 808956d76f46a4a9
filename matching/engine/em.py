"""Weights without labels: expectation maximisation over candidate pairs, kept within bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import Level, Levels
from matching.engine.profile import Profile

Floats = npt.NDArray[np.float64]

ROUNDS = 200
SETTLED = 1e-5
BELIEF_M, BELIEF_U = 30.0, 30.0
"""The profile's own shares count as this many pairs, for matches and for non-matches."""

WINDOW = 4.0
"""Bits by which a weight may move away from the profile's own."""

EXCUSE = 1.5
"""Bits by which a contradiction may be taken more lightly than the profile takes it."""

TELLING = 3
"""Comparisons that a pair must have something to say in to teach their weights. With fewer, what
matching looks like cannot be told from how often it happens (Allman, Matias, Rhodes, Annals of
Statistics 37, 2009): such pairs teach the prior alone."""

PRIOR_RANGE = (1e-4, 0.9)


@dataclass(frozen=True, slots=True)
class Fit:
    """Share of matching pairs, and for each comparison the bits of each level, 0 first."""

    prior: float
    bits: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Patterns:
    """Distinct rows of levels and how many pairs show each; rows and pairs have a code each."""

    levels: Levels
    count: Floats
    distinct: npt.NDArray[np.int64]
    code: npt.NDArray[np.int64]

    def row(self) -> npt.NDArray[np.int64]:
        """The row of every pair."""
        return np.searchsorted(self.distinct, self.code)


def patterns(levels: Levels) -> Patterns:
    """Count equal rows of levels."""
    radix = [int(column.max(initial=0)) + 1 for column in levels.T]
    code = np.zeros(len(levels), np.int64)
    for column, base in zip(levels.T, radix, strict=True):
        code *= base
        code += column
    distinct, count = np.unique(code, return_counts=True)
    rows = np.empty((len(distinct), len(radix)), np.int8)
    rest = distinct.copy()
    for place in reversed(range(len(radix))):
        rest, rows[:, place] = np.divmod(rest, radix[place])
    return Patterns(rows, count.astype(np.float64), distinct, code)


def start(profile: Profile) -> Fit:
    """What the profile says before anything was learned."""
    bits = tuple(np.array([0.0, *(v.bits for v in c.levels)]) for c in profile.comparisons)
    return Fit(profile.prior, bits)


def total_bits(profile: Profile, fit: Fit, levels: Levels) -> Floats:
    """Prior and evidence of each row of levels in bits, overlaps counted once."""
    total = np.full(len(levels), np.log2(fit.prior / (1 - fit.prior)))
    rows = [bits[levels[:, k]] for k, bits in enumerate(fit.bits)]
    for row in rows:
        total += row
    for places, against, objects, cap in profile.shared:
        excess = np.maximum(sum(rows[k] for k in places) - cap, 0)
        total -= np.where(rows[against] < objects[levels[:, against]], excess, 0)
    return total


def learn(profile: Profile, data: Patterns) -> Fit:
    """Alternate between who matches and what matching looks like, until it settles."""
    fit = first = start(profile)
    for _ in range(ROUNDS):
        match = chance(total_bits(profile, fit, data.levels))
        renewed = _renew(profile, first, data, match)
        moved = abs(renewed.prior - fit.prior)
        fit = renewed
        if moved < SETTLED:
            break
    return fit


def chance(bits: Floats) -> Floats:
    """Probability of a total in bits."""
    return 1 / (1 + np.exp2(-np.clip(bits, -60, 60)))


def _renew(profile: Profile, first: Fit, data: Patterns, match: Floats) -> Fit:
    telling = data.count * ((data.levels > 0).sum(axis=1) >= TELLING)
    yes, no = telling * match, telling * (1 - match)
    bits = tuple(
        _bits(data.levels[:, k], yes, no, c.levels, first.bits[k])
        for k, c in enumerate(profile.comparisons)
    )
    prior = float(data.count @ match / data.count.sum())
    return Fit(min(max(prior, PRIOR_RANGE[0]), PRIOR_RANGE[1]), bits)


def _bits(
    levels: Levels, yes: Floats, no: Floats, rungs: tuple[Level, ...], first: Floats
) -> Floats:
    """Log of the ratio of shares, each drawn towards the profile's own, within the window."""
    m0 = np.array([rung.m for rung in rungs])
    u0 = m0 / np.exp2(first[1:])
    m = _share(levels, yes, m0, BELIEF_M)
    u = _share(levels, no, u0, BELIEF_U)
    upwards = np.where(first[1:] < 0, EXCUSE, WINDOW)
    learned = np.clip(np.log2(m / u), first[1:] - WINDOW, first[1:] + upwards)
    return np.concatenate(([0.0], learned))


def _share(levels: Levels, weight: Floats, prior: Floats, belief: float) -> Floats:
    found = np.bincount(levels, weight, len(prior) + 1)[1:]
    return np.asarray((found + belief * prior) / (found.sum() + belief), np.float64)
