"""The bounds that spare comparisons never change an answer."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, Indel, JaroWinkler

from matching.engine.compare.similarity import indel, jaro_winkler, one_slip, texts

WORDS = st.lists(st.text("abcz é19", max_size=9), min_size=1, max_size=12)


def slips(word: str) -> list[str]:
    """The word, and some words that one slip makes of it."""
    return [word, word[1:], word[:-1], word[1:2] + word[:1] + word[2:], "a" + word, word + "é"]


@given(WORDS, st.sampled_from([0.7, 0.8, 0.88, 0.9]))
def test_equals_what_every_pair_computed_would_give(words: list[str], least: float) -> None:
    values = [slip for word in words for slip in slips(word)]
    rows = np.array(list(product(range(len(values)), repeat=2)))
    i, j = rows[:, 0], rows[:, 1]
    column = texts(values)
    pairs = [(values[a], values[b]) for a, b in rows]
    close = [JaroWinkler.normalized_similarity(a, b, score_cutoff=least) for a, b in pairs]
    assert jaro_winkler(column, i, j, least).tolist() == np.array(close, np.float32).tolist()
    alike = [Indel.normalized_similarity(a, b, score_cutoff=least) for a, b in pairs]
    assert indel(column, i, j, least).tolist() == np.array(alike, np.float32).tolist()
    assert one_slip(column, i, j).tolist() == [OSA.distance(a, b) <= 1 for a, b in pairs]


@pytest.mark.parametrize("values", [[], [""], ["", "a"]])
def test_nothing_and_little_can_be_compared(values: list[str]) -> None:
    column = texts(values)
    i = np.arange(len(values))
    assert one_slip(column, i, i).all()
