"""A record written as a row and read back is the same data; nothing in it runs in a spreadsheet."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.documents.flat import columns, flat, nested
from canonical.entities import ENTITIES, schema_of

CLIENT = schema_of("client")
DOCUMENT: dict[str, Any] = {
    "legal_name": "=cmd|' /C calc'!A0",
    "phone": "+4940123",
    "credit_limit": {"amount": "500.00", "currency": "EUR"},
    "tax_exempt": False,
    "payment_terms": {"code": "net30", "net_days": 30},
    "account_owner": {"id": "0190", "code": "RS-000007"},
    "addresses": [{"role": "billing", "country": "DE", "lines": ["Am Kai 3"]}],
    "bank_accounts": [{"iban": "DE89370400440532013000"}],
}


def test_a_row_is_safe_and_leaves_restricted_values_out() -> None:
    names = columns(CLIENT)
    row = dict(zip(names, flat(CLIENT, DOCUMENT, names), strict=True))
    assert row["legal_name"] == "'=cmd|' /C calc'!A0"
    assert row["phone"] == "'+4940123"
    assert row["credit_limit.amount"] == "500.00"
    assert row["account_owner"] == "RS-000007"
    assert not any("bank" in name for name in names)


def test_a_row_is_read_back_as_data_is_sent() -> None:
    row = {
        "legal_name": "Ostwind AG",
        "tax_exempt": "false",
        "payment_terms.net_days": "30",
        "credit_limit.amount": "500.00",
        "credit_limit.currency": "EUR",
        "account_owner": "RS-000007",
        "parent": "ERP-17",
        "addresses": '[{"role": "billing", "country": "DE", "region": null}]',
        "unheard": "of",
    }
    assert nested(CLIENT, row) == {
        "legal_name": "Ostwind AG",
        "tax_exempt": False,
        "payment_terms": {"net_days": 30},
        "credit_limit": {"amount": "500.00", "currency": "EUR"},
        "account_owner": {"golden_id": "RS-000007"},
        "parent": {"source_id": "ERP-17"},
        "addresses": [{"role": "billing", "country": "DE"}],
        "unheard": "of",
    }


@pytest.mark.parametrize("text", ["{", "[1,", "nonsense", "3"])
def test_what_cannot_be_read_is_left_for_the_validation(text: str) -> None:
    assert nested(CLIENT, {"addresses": text})["addresses"] in (text, 3)


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_entity_has_columns_of_distinct_names(entity: str) -> None:
    names = columns(schema_of(entity))
    assert len(names) == len(set(names)) > 5


@given(st.text(max_size=20))
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = flat(CLIENT, {"legal_name": text}, ["legal_name"])[0]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
