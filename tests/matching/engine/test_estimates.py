"""Estimates from a stratified sample hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.estimates import Estimate, Stratum, matches, share, squared_and_added


def test_nothing_answered_is_nothing_known() -> None:
    assert matches([Stratum(100, 0, 0)]) is None
    assert share(Estimate(0, 0, 0, 0), 0) is None


def test_where_all_were_answered_nothing_is_uncertain() -> None:
    found = matches([Stratum(3, 3, 2), Stratum(4, 4, 4)])
    assert found == Estimate(6, 6, 6, 7)


def test_a_stratum_nobody_was_asked_about_may_be_anything() -> None:
    found = matches([Stratum(100, 50, 40), Stratum(100, 0, 0)])
    assert found is not None
    assert found.value == pytest.approx(160)
    answered = matches([Stratum(100, 50, 40)])
    assert answered is not None
    assert found.low < found.value - 75
    assert found.high > answered.high + 15


def test_a_share_of_a_sum_moves_with_both() -> None:
    right, missed = Estimate(90, 80, 95, 10), Estimate(10, 5, 30, 10)
    recall = squared_and_added(lambda a, b: a / (a + b), [right, missed])
    assert recall.value == pytest.approx(0.9)
    assert recall.low == pytest.approx(0.9 - (0.15**2 + (0.9 - 80 / 90) ** 2) ** 0.5)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    random, held, trials = np.random.default_rng(1), 0, 600
    sizes, shares, asked = (5000, 800, 120), (0.998, 0.93, 0.6), (60, 60, 60)
    for _ in range(trials):
        truth = [round(n * p) for n, p in zip(sizes, shares, strict=True)]
        drawn = [
            Stratum(n, k, int(random.hypergeometric(m, n - m, k)))
            for n, m, k in zip(sizes, truth, asked, strict=True)
        ]
        found = matches(drawn)
        assert found is not None
        held += found.low <= sum(truth) <= found.high
    assert 0.92 <= held / trials <= 1.0


@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500), st.integers(0, 500)), min_size=1)
)
def test_an_estimate_lies_within_its_interval(parts: list[tuple[int, int, int]]) -> None:
    strata = [Stratum(n, min(k, n), min(m, k, n)) for n, k, m in parts]
    found = matches(strata)
    if found is None:
        return
    assert found.low - 1e-6 <= found.value <= found.high + 1e-6
    assert found.high - 1e-6 <= sum(s.size for s in strata) * 1.5
