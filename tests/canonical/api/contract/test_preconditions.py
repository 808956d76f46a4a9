"""If-Match and If-None-Match."""

from __future__ import annotations

import pytest

from canonical.api.contract.preconditions import (
    check_version,
    etag,
    expected_version,
    not_modified,
)
from canonical.api.contract.problems import Problem


@pytest.mark.parametrize(("header", "expected"), [('"7"', 7), (' "12" ', 12), ("*", None)], ids=str)
def test_if_match_names_a_version(header: str, expected: int | None) -> None:
    assert expected_version({"If-Match": header}, required=True) == expected


@pytest.mark.parametrize(
    ("header", "status"),
    [("", 428), ("7", 400), ('"7", "8"', 400), ('W/"7"', 412), ('"x"', 412), ('"1', 400)],
)
def test_if_match_refuses(header: str, status: int) -> None:
    with pytest.raises(Problem) as caught:
        expected_version({"If-Match": header}, required=True)
    assert caught.value.kind.status == status


def test_if_match_may_be_left_out_where_it_is_optional() -> None:
    assert expected_version({}, required=False) is None


def test_another_version_is_a_failed_precondition_that_names_the_present_one() -> None:
    check_version(None, 8)
    check_version(8, 8)
    with pytest.raises(Problem) as caught:
        check_version(7, 8)
    assert (caught.value.kind.status, caught.value.headers) == (412, {"ETag": etag(8)})


@pytest.mark.parametrize(
    ("header", "unchanged"),
    [('"7"', True), ('W/"7"', True), ('"6", "7"', True), ("*", True), ('"77"', False),
     ('"6"', False), ("7", False), ("", False), ('"6" "7"', False)],
)  # fmt: skip
def test_if_none_match(header: str, unchanged: bool) -> None:
    assert not_modified({"If-None-Match": header}, 7) is unchanged
