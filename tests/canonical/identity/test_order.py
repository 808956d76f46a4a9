"""Which version counts and since when a value is said: a function of the set of versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.identity.order import FromTheFuture, Said, advance, fold, ordering
from canonical.validation import instant_text

DAWN = datetime(2026, 1, 1, tzinfo=UTC)


def said(key: str, retired: bool = False, digest: str = "d", **values: Any) -> Said:
    return Said(key, key, digest, DAWN + timedelta(days=int(key[1:])), retired, values)


def test_the_newest_counts_and_a_value_is_as_old_as_its_latest_run() -> None:
    standing = fold([said("t1", a=1, b=1), said("t2", a=1, b=2), said("t3", a=1, b=1)])
    assert standing.current is not None
    assert standing.current.values == {"a": 1, "b": 1}
    assert standing.changed_at == {
        "a": instant_text(DAWN + timedelta(days=1)),
        "b": instant_text(DAWN + timedelta(days=3)),
    }


def test_a_value_that_went_and_came_back_is_new() -> None:
    standing = fold([said("t1", a=1), said("t2"), said("t3", a=1)])
    assert standing.changed_at == {"a": instant_text(DAWN + timedelta(days=3))}


def test_a_deletion_keeps_the_values_and_their_age() -> None:
    standing = fold([said("t1", a=1), said("t2", retired=True), said("t3", a=1)])
    assert not standing.retired
    assert standing.changed_at == {"a": instant_text(DAWN + timedelta(days=1))}
    assert fold([said("t1", a=1), said("t2", retired=True)]).retired


def test_a_deletion_wins_over_the_version_it_names() -> None:
    for digest in ("a", "z"):
        assert fold([said("t1", a=1, digest="m"), said("t1", retired=True, digest=digest)]).retired


def test_only_deletions_stand_for_nothing() -> None:
    standing = fold([said("t1", retired=True)])
    assert (standing.current, standing.retired, standing.changed_at) == (None, True, {})


VERSIONS = st.lists(
    st.builds(
        lambda n, retired, digest, value: said(
            f"t{n}", retired, digest, **({} if retired else {"a": value})
        ),
        st.integers(1, 4),
        st.booleans(),
        st.sampled_from("xyz"),
        st.integers(0, 2),
    ),
    max_size=6,
    unique_by=lambda v: (v.order_key, v.retired, v.digest),
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(VERSIONS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(versions: list[Said], random: Any) -> None:
    assert fold(versions) == fold(random.sample(versions, len(versions)))


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(VERSIONS)
def test_one_newer_version_more_needs_no_history(versions: list[Said]) -> None:
    before, newest = fold(versions), said("t9", a=1)
    assert fold([*versions, newest]).changed_at == advance(
        before.changed_at, before.current.values if before.current else {}, newest
    )


@pytest.mark.parametrize(
    ("order_by", "version", "modified", "key", "fell_back"),
    [
        ("version", 7, None, "v00000000000000000007", False),
        ("version", None, None, "v00000000000000000003~2026-01-01T00:00:00.000000Z", True),
        ("modified_at", None, DAWN, "t2026-01-01T00:00:00.000000Z", False),
        ("modified_at", 7, None, "t2026-01-01T00:00:00.000000Z", True),
        ("received", 7, DAWN - timedelta(days=9), "t2026-01-01T00:00:00.000000Z", False),
    ],
)
def test_the_key_is_what_the_system_declares(
    order_by: str, version: int | None, modified: datetime | None, key: str, fell_back: bool
) -> None:
    newest = "v00000000000000000003~2025-01-01T00:00:00.000000Z"
    found = ordering(order_by, version, modified, DAWN, newest)
    assert (found.key, found.fell_back) == (key, fell_back)
    assert found.happened_at == (modified or DAWN)


def test_large_version_numbers_sort_as_numbers() -> None:
    keys = [ordering("version", n, None, DAWN).key for n in (2, 10, 2**63 - 1)]
    assert keys == sorted(keys)


def test_a_day_ahead_is_clock_skew_more_is_refused() -> None:
    ordering("modified_at", None, DAWN + timedelta(hours=24), DAWN)
    with pytest.raises(FromTheFuture):
        ordering("version", 1, DAWN + timedelta(hours=24, seconds=1), DAWN)
