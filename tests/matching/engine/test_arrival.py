"""Order of arrival changes few clusters, and never what is clear."""

from __future__ import annotations

import numpy as np

from matching.benchmarks.companies import generate
from matching.engine.arrival import Arrivals, Placed, agreement, steady
from matching.engine.batch import dedupe
from matching.engine.frame import read_frame
from matching.profiles import profile_for

CLIENT = profile_for("client")


def test_the_same_records_in_another_order_make_nearly_the_same_clusters() -> None:
    columns, _ = generate(1500, 7)
    frame, systems = (
        read_frame(CLIENT, columns),
        np.unique(columns["source"], return_inverse=True)[1],
    )
    model = dedupe(CLIENT, frame, systems=systems).model
    arrivals, random = Arrivals(CLIENT, model, frame, systems), np.random.default_rng(1)
    placed = [arrivals.place(random.permutation(frame.size).tolist()) for _ in range(4)]
    assert min(agreement(placed[0], other) for other in placed[1:]) > 0.97
    assert steady(placed).mean() > 0.94
    again = arrivals.place(range(frame.size))
    assert agreement(again, arrivals.place(range(frame.size))) == 1.0


def test_agreement_counts_sets() -> None:
    one, two = Placed(np.array([0, 0, 2, 3]), 0), Placed(np.array([0, 0, 2, 2]), 0)
    assert agreement(one, two) == 0.25
    assert steady([one, two]).tolist() == [True, True, False, False]
