"""From a system's words to ours: terms, references, and what means nothing yet."""

from __future__ import annotations

from typing import Any

import pytest

from canonical.entities import schema_of
from canonical.resolution import Found, Resolved, placed, references, resolve

ENGAGEMENT = {
    "name": "Audit",
    "client": {"source_id": "7"},
    "contracts": [{"source_id": "a"}, {"golden_id": "g"}],
    "engagement_stage": "Won!",
    "manager": {"system": "hr", "source_id": "9"},
}


def resolved(
    entity: str, values: dict[str, Any], terms: dict[str, str], targets: dict[str, str]
) -> Resolved:
    return resolve(schema_of(entity), values, lambda _, value: terms.get(value), targets.get)


def test_references_are_found_with_their_paths() -> None:
    assert references(schema_of("engagement"), ENGAGEMENT) == [
        Found("client", "client", {"source_id": "7"}, ordering=True),
        Found("contracts[0]", "contract", {"source_id": "a"}, ordering=True),
        Found("contracts[1]", "contract", {"golden_id": "g"}, ordering=True),
        Found("manager", "resource", {"system": "hr", "source_id": "9"}, ordering=False),
    ]


def test_references_inside_objects_lists_and_pinned_parts_are_found() -> None:
    card = {
        "scope": {"client": {"source_id": "7"}},
        "lines": [{"grade": "x"}, {"resource": {"source_id": "r"}}],
        "lines[senior].resource": {"golden_id": "g"},
    }
    paths = [found.path for found in references(schema_of("rate_card"), card)]
    assert paths == ["scope.client", "lines[1].resource", "lines[senior].resource"]


def test_what_is_known_takes_the_place_of_what_was_said() -> None:
    targets = {"client": "C", "contracts[0]": "K1", "contracts[1]": "K2", "manager": "M"}
    answer = resolved("engagement", ENGAGEMENT, {"Won!": "won"}, targets)
    assert answer.values == {
        "name": "Audit",
        "client": "C",
        "contracts": ["K1", "K2"],
        "engagement_stage": "won",
        "manager": "M",
    }
    assert (answer.unmapped, answer.pending) == ([], [])


def test_what_is_unknown_is_left_out_and_named() -> None:
    answer = resolved("engagement", ENGAGEMENT, {}, {"contracts[1]": "K2"})
    assert answer.values == {"name": "Audit", "contracts": ["K2"]}
    assert answer.unmapped == [("engagement_stage", "engagement_stage", "Won!")]
    assert answer.pending == ["client", "contracts[0]", "manager"]


def test_an_object_left_with_nothing_is_left_out() -> None:
    answer = resolved("client", {"payment_terms": {"code": "N30"}, "tags": ["x"]}, {}, {})
    assert answer.values == {"tags": ["x"]}
    assert answer.unmapped == [("payment_terms.code", "payment_terms", "N30")]


def test_pinned_parts_are_resolved_like_the_parts_they_stand_for() -> None:
    values = {"items[3].item_status": "Done", "items[4].bill_date": "2026-01-31"}
    answer = resolved("billing_schedule", values, {"Done": "invoiced"}, {})
    assert answer.values == {"items[3].item_status": "invoiced", "items[4].bill_date": "2026-01-31"}


def test_places_of_golden_references() -> None:
    values = {"client": "C", "contracts": ["K1", "K2"], "name": "Audit"}
    assert list(placed(schema_of("engagement"), values)) == [
        ("client", "client", "C", True),
        ("contracts[0]", "contract", "K1", True),
        ("contracts[1]", "contract", "K2", True),
    ]


@pytest.mark.parametrize(
    "path", ["x", "legal_name[1]", "tags[gold]", "addresses[billing].town", "addresses[]", "a.b"]
)
def test_paths_that_name_nothing(path: str) -> None:
    with pytest.raises(KeyError):
        schema_of("client").at(path)
