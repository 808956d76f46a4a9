"""Learning a model from a population: frequencies, weights, what is too common to look under."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching.engine import em
from matching.engine.compare.base import Levels
from matching.engine.frame import Frame
from matching.engine.model import BIT, Model, bits, default_model
from matching.engine.profile import Profile
from matching.engine.terms import count_terms

ENOUGH = 500
"""Fewer candidate pairs than this teach nothing: the starting weights stay."""


def counted(profile: Profile, frame: Frame, model: Model | None = None) -> Model:
    """The model with the value frequencies of this population."""
    return replace(model or default_model(profile), terms=count_terms(profile, frame))


def fitted(profile: Profile, model: Model, levels: Levels) -> Model:
    """The model with weights learned without labels from the levels of candidate pairs."""
    if len(levels) < ENOUGH:
        return model
    fit = em.learn(profile, em.patterns(levels))
    weights = {
        c.attribute: tuple(np.rint(row * BIT).astype(int).tolist())
        for c, row in zip(profile.comparisons, fit.bits, strict=True)
    }
    notes = {**model.notes, "pairs": len(levels), "share_of_matches": round(fit.prior, 6)}
    return replace(model, prior=bits(fit.prior / (1 - fit.prior)), weights=weights, notes=notes)
