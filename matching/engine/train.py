"""Learning a model from a population: frequencies, weights, what is too common to look under."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matching.engine import em
from matching.engine.compare.base import Index, Levels
from matching.engine.compare.exact import Identifier
from matching.engine.frame import Frame
from matching.engine.model import BIT, Calibration, Model, bits, default_model
from matching.engine.profile import Profile
from matching.engine.supervise import refine
from matching.engine.terms import count_terms

ENOUGH = 500
"""Fewer candidate pairs than this teach nothing: the starting weights stay."""

ENOUGH_IDENTIFIED = 1000
"""Fewer pairs that share, or contradict in, an identifier do harm (52 hurt, 879 helped)."""

ENOUGH_LABELS = 50
"""Fewer answers from people do not move the calibration."""


MOST_APART = 6
"""Bits that being held apart by one system may count against a match."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Pairs of rows that a person has answered."""

    i: Index
    j: Index
    match: npt.NDArray[np.bool_]


NO_LABELS = Labels(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_))


def counted(profile: Profile, frame: Frame, model: Model | None = None) -> Model:
    """The model with the value frequencies of this population."""
    return replace(model or default_model(profile), terms=count_terms(profile, frame))


def fitted(profile: Profile, model: Model, levels: Levels) -> Model:
    """The model with weights learned without labels from the levels of candidate pairs."""
    if len(levels) < ENOUGH:
        return model
    data = em.patterns(levels)
    fit = identified(profile, em.learn(profile, data), data)
    notes = {**model.notes, "pairs": len(levels), "share_of_matches": round(fit.prior, 6)}
    return replace(_with(profile, model, fit), notes=notes)


def apart(weight: Index, same: npt.NDArray[np.bool_]) -> int:
    """What being held apart by one system tells, in 1/1024 bit, never in favour of a match.

    `same` marks the candidate pairs of one system; where they are too few, it tells nothing.
    """
    if min(same.sum(), (~same).sum()) < ENOUGH:
        return 0
    chance = em.chance(weight / BIT)
    inside, across = (min(max(float(chance[s].mean()), 1e-6), 1 - 1e-6) for s in (same, ~same))
    told = bits(inside / (1 - inside) * (1 - across) / across)
    return max(min(told, 0), -MOST_APART * BIT)


def _with(profile: Profile, model: Model, fit: em.Fit) -> Model:
    weights = {
        c.attribute: tuple(np.rint(row * BIT).astype(int).tolist())
        for c, row in zip(profile.comparisons, fit.bits, strict=True)
    }
    return replace(model, prior=bits(fit.prior / (1 - fit.prior)), weights=weights)


def identified(profile: Profile, fit: em.Fit, data: em.Patterns) -> em.Fit:
    """Where enough pairs share an identifier, let them teach the other comparisons.

    A contradiction teaches as far as it is believed: where all else agrees, somebody mistyped.
    """
    places = [k for k, c in enumerate(profile.comparisons) if isinstance(c, Identifier)]
    said = data.levels[:, places]
    tops = np.array([len(profile.comparisons[k].levels) for k in places])
    same = (said == tops).any(axis=1)
    differ = ((said == 1) | (said == 2)).any(axis=1) & ~same
    if min(data.count @ same, data.count @ differ) < ENOUGH_IDENTIFIED:
        return fit
    match = em.chance(em.total_bits(profile, fit, data.levels))
    yes = data.count * same
    no = data.count * differ * (1 - match)
    return refine(profile, fit, data.levels, yes, no, leave_out=places)


def taught(profile: Profile, model: Model, levels: Levels, match: npt.NDArray[np.bool_]) -> Model:
    """The model corrected and calibrated by pairs that people have answered."""
    data = em.patterns(levels)
    yes = np.bincount(data.row(), match, len(data.count)).astype(np.float64)
    odds = 2.0 ** (model.prior / BIT)
    rows = tuple(np.array(model.weights[c.attribute]) / BIT for c in profile.comparisons)
    fit = refine(profile, em.Fit(odds / (1 + odds), rows), data.levels, yes, data.count - yes)
    notes = {**model.notes, "labels": len(match)}
    return replace(_with(profile, model, fit), notes=notes)


def calibrated(model: Model, weight: Index, match: npt.NDArray[np.bool_]) -> Model:
    """The model whose stated probabilities fit these answered totals (Platt, 1999)."""
    if len(match) < ENOUGH_LABELS or match.all() or not match.any():
        return model
    slope, offset = _platt(weight / BIT, match.astype(np.float64))
    return replace(model, calibration=Calibration(round(slope * BIT), round(offset * BIT)))


def _platt(total: em.Floats, match: em.Floats) -> tuple[float, float]:
    """Slope and offset in bits, by damped Newton, drawn a little towards 1 and 0."""
    x = np.column_stack((total, np.ones(len(total)))) * np.log(2)
    theta, leash = np.array([1.0, 0.0]), np.diag([4.0, 0.25])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(x @ theta, -40, 40)))
        gradient = x.T @ (chance - match) + leash @ (theta - np.array([1.0, 0.0]))
        curvature = (x * (chance * (1 - chance))[:, None]).T @ x + leash
        step = np.linalg.solve(curvature, gradient)
        theta = theta - np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-8:
            break
    return max(float(theta[0]), 0.1), float(theta[1])
