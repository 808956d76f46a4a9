"""What makes a steward stop before a merge, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from mdm.console.compare.contradictions import contradictions


def vat(*values: str, country: str = "GB") -> list[dict[str, str]]:
    return [{"type": "vat", "country": country, "value": value} for value in values]


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ({}, {}, []),
        ({"tax_ids": vat("1")}, {}, []),
        ({"tax_ids": vat("1")}, {"tax_ids": vat("2", country="DE")}, []),
        ({"tax_ids": vat("1", "2")}, {"tax_ids": vat("2", "3")}, []),
        ({"tax_ids": vat("1")}, {"tax_ids": vat("2")}, ["different tax ids: GB vat 1 and 2"]),
        (
            {"identifiers": [{"scheme": "crn", "value": "7"}]},
            {"identifiers": [{"scheme": "crn", "value": "8"}]},
            ["different identifiers: crn 7 and 8"],
        ),
        ({"lei": "A"}, {"lei": "B"}, ["different LEIs: A, B"]),
        ({"lei": "A"}, {"lei": "A"}, []),
        (
            {"responsible_entity": "uk"},
            {"responsible_entity": "de"},
            ["responsible for them: de, uk"],
        ),
        ({"contracting_entity": "uk"}, {"contracting_entity": "de"}, ["contracted them: de, uk"]),
        ({"scope": {"entity": "uk"}}, {"scope": {"entity": "de"}}, ["hold for different legal"]),
        ({"scope": None}, {"scope": {"entity": "de"}}, []),
    ],
)
def test_contradictions(left: dict[str, Any], right: dict[str, Any], said: list[str]) -> None:
    found = contradictions([left, right])
    assert len(found) == len(said)
    for sentence, words in zip(found, said, strict=True):
        assert words in sentence
