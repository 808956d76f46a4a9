"""Learning without labels: what pairs may teach, and what they may not."""

from __future__ import annotations

import numpy as np

from matching.engine import em
from matching.engine.compare.base import Levels
from matching.engine.model import default_model
from matching.engine.profile import Profile
from matching.engine.train import fitted, identified
from matching.profiles import profile_for

CLIENT, RESOURCE = profile_for("client"), profile_for("resource")


def rows(profile: Profile, many: int, **said: int) -> Levels:
    """That many pairs of these levels; -1 is the best level of an attribute."""
    ladders = {c.attribute: len(c.levels) + 1 for c in profile.comparisons}
    row = [said.get(name, 0) % rungs for name, rungs in ladders.items()]
    return np.tile(np.array(row, np.int8), (many, 1))


def test_names_alone_teach_how_many_match_but_not_how_matches_look() -> None:
    start = default_model(CLIENT)
    alike, other = rows(CLIENT, 900, legal_name=-1), rows(CLIENT, 300, legal_name=1)
    model = fitted(CLIENT, start, np.concatenate((alike, other)))
    assert model.weights == start.weights
    assert model.prior > start.prior


def test_a_mistyped_number_among_equals_teaches_nothing() -> None:
    equal = {"given_name": -1, "family_name": -1, "date_of_birth": -1, "address": -1}
    same = rows(RESOURCE, 1500, **equal, national_id=-1)
    strangers = rows(RESOURCE, 1500, given_name=-1, date_of_birth=1, national_id=1)
    mistyped = rows(RESOURCE, 120, **equal, national_id=1)
    without, with_them = (
        np.concatenate(identified(RESOURCE, em.start(RESOURCE), em.patterns(levels)).bits)
        for levels in (
            np.concatenate((same, strangers)),
            np.concatenate((same, strangers, mistyped)),
        )
    )
    assert np.abs(without - with_them).max() < 0.01
