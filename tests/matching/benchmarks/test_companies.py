"""Generated companies: the same for the same seed, and matched well on a seed nobody tuned to."""

from __future__ import annotations

import numpy as np

from matching.benchmarks.companies import generate
from matching.engine.accuracy import accuracy, calibration_error, reliability
from matching.engine.batch import dedupe
from matching.engine.frame import read_frame
from matching.profiles import profile_for


def test_a_seed_makes_one_population() -> None:
    assert generate(200, 7) == generate(200, 7)
    assert generate(200, 7) != generate(200, 8)


def test_unseen_companies_come_together_and_stay_calibrated() -> None:
    columns, numbers = generate(2000, 20261)
    profile, truth = profile_for("client"), np.array(numbers)
    found = dedupe(profile, read_frame(profile, columns))
    assert accuracy(truth, found.clusters.label).f1 >= 0.97
    match = truth[found.i] == truth[found.j]
    assert calibration_error(reliability(found.model.probability(found.weight), match)) <= 0.03
