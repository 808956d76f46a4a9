"""Pairwise accuracy against hand-counted cases."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.inbound.accuracy import Accuracy, pairwise


@pytest.mark.parametrize(
    ("truth", "found", "expected"),
    [
        ({}, {}, (1.0, 1.0)),
        ({"a": 1, "b": 1}, {"a": "x", "b": "x"}, (1.0, 1.0)),
        ({"a": 1, "b": 1}, {"a": "x", "b": "y"}, (1.0, 0.0)),
        ({"a": 1, "b": 2}, {"a": "x", "b": "x"}, (0.0, 1.0)),
        ({"a": 1, "b": 1, "c": 1, "d": 2}, {"a": "x", "b": "x", "d": "x"}, (1 / 3, 1 / 3)),
        ({"a": 1, "b": 1}, {"a": "x", "z": "x"}, (1.0, 0.0)),
    ],
)
def test_precision_and_recall(
    truth: dict[str, int], found: dict[str, str], expected: tuple[float, float]
) -> None:
    accuracy = pairwise(truth, found)
    assert (accuracy.precision, accuracy.recall) == expected


def test_f1_of_nothing_right_is_nothing() -> None:
    assert Accuracy(records=4, right=0, found=2, true=2).f1 == 0
    assert Accuracy(records=4, right=1, found=2, true=1).f1 == pytest.approx(2 / 3)


@given(st.dictionaries(st.integers(0, 20), st.tuples(st.integers(0, 4), st.integers(0, 4))))
def test_counting_groups_equals_counting_pairs(labels: dict[int, tuple[int, int]]) -> None:
    truth = {record: real for record, (real, _) in labels.items()}
    found = {record: group for record, (_, group) in labels.items()}
    pairs = list(itertools.combinations(labels, 2))
    same = {pair for pair in pairs if truth[pair[0]] == truth[pair[1]]}
    together = {pair for pair in pairs if found[pair[0]] == found[pair[1]]}
    accuracy = pairwise(truth, found)
    assert (accuracy.right, accuracy.found, accuracy.true) == (
        len(same & together),
        len(together),
        len(same),
    )
