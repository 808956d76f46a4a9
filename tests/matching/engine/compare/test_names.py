"""Names of organisations: what two of them share, and what each has for itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.compare.base import PART, Atoms, Terms
from matching.engine.compare.names import CHUNK, Name

NAME = Name()
WORDS = "quarto quatro qarto kelmi kelmie logistics logistik foods food group ibm of".split()  # noqa: SIM905
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)


def level(left: str, right: str) -> str:
    """The label of the level, equal in both directions."""
    table = NAME.table(Atoms([left + PART, right + PART]), Terms(background=NAME.background))
    there, back = NAME.compare(table, np.array([0, 1]), np.array([1, 0])).tolist()
    assert there == back
    label: str = NAME.levels[there - 1].label
    return label.partition(",")[0]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("united states represented by secretary army", "united states represented secretary navy"),
        ("ritz carlton cafe buckhead", "ritz carlton dining room buckhead"),
        ("united states department energy", "united states department navy"),
    ],
)
def test_words_of_its_own_on_either_side_part_two_names(left: str, right: str) -> None:
    assert level(left, right) == "half"


@pytest.mark.parametrize(
    ("left", "right", "grade"),
    [
        ("bones restaurant", "bones", "close"),
        ("micro soft", "microsoft", "same"),
        ("micro softs development", "microsoft development", "near"),
        ("representd by secretary navy", "representedby secretary navy", "near"),
        ("international business machines", "ibm", "contained"),
        ("henry booth house", "henry booth houses", "near"),
    ],
)
def test_spelling_acronyms_and_additions_do_not(left: str, right: str, grade: str) -> None:
    assert level(left, right) == grade


def test_a_word_said_twice_counts_once() -> None:
    assert level("haymarket center haymarket center", "haymarket center") == "same"
    assert level("oregon oregon health science", "oregon state university") != "near"


@settings(max_examples=25, deadline=None)
@given(st.lists(NAMES, min_size=2, max_size=8, unique=True))
def test_few_pairs_and_many_are_graded_alike(names: list[str]) -> None:
    table = NAME.table(Atoms([name + PART for name in names]), Terms(background=NAME.background))
    i, j = np.indices((len(names), len(names))).reshape(2, -1)
    many = NAME.compare(table, *np.tile((i, j), CHUNK // len(i) + 1))
    each = [NAME.compare(table, i[k : k + 1], j[k : k + 1])[0] for k in range(len(i))]
    assert many[: len(i)].tolist() == each
