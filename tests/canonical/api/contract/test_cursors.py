"""Cursors: opaque, signed, bound to their list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.api.contract.cursors import Page, known_parameters, page_limit, seal, unseal
from canonical.api.contract.problems import Problem


@given(st.lists(st.integers() | st.text(max_size=20), max_size=4))
def test_a_position_comes_back(position: list[int | str]) -> None:
    assert unseal(seal("clients", position), "clients") == position


@pytest.mark.parametrize("cursor", ["", "x", "e30:abc", "é", seal("contracts", [1])[:-1] + "!"])
def test_what_was_not_given_is_refused(cursor: str) -> None:
    with pytest.raises(Problem, match="no cursor"):
        unseal(cursor, "clients")


def test_a_cursor_of_other_filters_is_refused() -> None:
    with pytest.raises(Problem, match="other filters"):
        unseal(seal("clients?state=active", [7]), "clients?state=retired")


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1e2", "２", "99999999999999"])
def test_a_limit_out_of_range_is_refused(limit: str) -> None:
    with pytest.raises(Problem, match="1 to 200"):
        page_limit({"limit": limit})


def test_a_page_is_cut_and_names_the_next() -> None:
    page = Page.of([1, 2, 3], 2, "numbers", lambda n: [n])
    assert (page.results, unseal(str(page.next_cursor), "numbers")) == ([1, 2], [2])
    assert Page.of([1, 2], 2, "numbers", lambda n: [n]).next_cursor is None


def test_a_misspelt_parameter_is_refused() -> None:
    known_parameters(["state"], ["state", "limit"])
    with pytest.raises(Problem, match="'sate'"):
        known_parameters(["sate"], ["state"])
