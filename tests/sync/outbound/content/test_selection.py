"""Filters."""

from __future__ import annotations

from typing import Any

import pytest

from canonical.entities import schema_of
from sync.outbound.content.selection import Unreadable, read_filter, selects

DOCUMENT = {
    "currency": "EUR",
    "tax_exempt": True,
    "industry": {"scheme": "naics", "code": "5416"},
    "addresses": [{"country": "DE"}, {"country": "FR"}],
    "state": "active",
}
SCHEMAS = {entity: schema_of(entity) for entity in ("client", "engagement")}


@pytest.mark.parametrize(
    ("paths", "passes"),
    [
        ({}, True),
        ({"currency": ["EUR", "USD"]}, True),
        ({"currency": ["USD"]}, False),
        ({"tax_exempt": [True]}, True),
        ({"tax_exempt": ["false"]}, False),
        ({"industry.code": ["5416"]}, True),
        ({"addresses.country": ["FR"]}, True),
        ({"addresses.country": ["US"]}, False),
        ({"website": [None]}, True),
        ({"website": ["x"]}, False),
        ({"currency": ["EUR"], "state": ["retired"]}, False),
        ({"currency.deeper": ["EUR"]}, False),
    ],
)
def test_selects(paths: dict[str, list[Any]], passes: bool) -> None:
    assert selects({"client": paths}, "client", DOCUMENT) is passes
    assert selects({"engagement": paths}, "client", DOCUMENT)


def test_the_short_form_is_for_all_entities() -> None:
    assert read_filter({"currency": "EUR"}, SCHEMAS) == {
        "client": {"currency": ["EUR"]},
        "engagement": {"currency": ["EUR"]},
    }


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ([], ""),
        ({"client_status": "active"}, "/client_status"),
        ({"client": {"colour": "red"}}, "/client/colour"),
        ({"currency": []}, "/currency"),
        ({"currency": [["EUR"]]}, "/currency"),
    ],
)
def test_an_unreadable_filter_names_the_place(given: Any, where: str) -> None:
    with pytest.raises(Unreadable) as error:
        read_filter(given, SCHEMAS)
    assert error.value.where == where
