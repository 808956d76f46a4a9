"""What counts as a difference."""

from __future__ import annotations

from typing import Any

import pytest

from sync.models import DriftKind
from sync.reconciliation import comparison
from sync.reconciliation.comparison import Difference, Expected, Found


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [("a", "a", True), ("a", "b", False), (None, "", True), ([], None, True), (0, None, False)],
)
def test_saying_nothing_has_many_forms(ours: Any, theirs: Any, same: bool) -> None:
    assert comparison.same(ours, theirs) is same


def test_only_what_both_speak_of_is_compared() -> None:
    expected = Expected({"name": "Acme", "city": "Leeds", "terms": "net30"})
    found = Found({"name": "Acme", "terms": "net60", "owner": "someone"})
    assert comparison.differences(expected, found) == [Difference("terms", "net30", "net60")]


@pytest.mark.parametrize(
    ("expected", "found", "older", "kind"),
    [
        (Expected({"a": 1}), None, False, DriftKind.MISSING),
        (Expected({}, active=False), None, False, None),
        (Expected({"a": 1}), Found({"a": 1}), False, None),
        (Expected({"a": 1}), Found({"a": 2}), False, DriftKind.DRIFTED),
        (Expected({"a": 1}), Found({"a": 2}), True, DriftKind.STALE),
        (Expected({}, active=False), Found({"a": 2}), False, DriftKind.DRIFTED),
        (Expected({}, active=False), Found({"a": 2}, active=False), False, None),
        (Expected({"a": 1}), Found({"a": 1}, active=False), False, DriftKind.DRIFTED),
    ],
)
def test_kind(expected: Expected, found: Found | None, older: bool, kind: DriftKind | None) -> None:
    assert comparison.kind_of(expected, found, older) == kind
