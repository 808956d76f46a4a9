"""Unknown systems' fields are recognised by their names and by what stands in them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

import pytest

from canonical.entities import schema_of
from sync.inbound.mapping import compile_mapping
from sync.inbound.suggest import (
    Choice,
    Known,
    choices_in,
    fields_of,
    id_field,
    modified_field,
    propose,
    spec_of,
    targets_of,
)

ENGLISH = """Account ID,Account Name,Phone,Website,Billing Street,Billing City,Billing Zip,\
Billing Country,VAT Number,Owner,Currency,Status,Last Modified Date,Credit Limit,IBAN,Notes
1A,Nordlicht Beratung GmbH,+49 40 1234567,https://nl.example,Am Kai 3,Hamburg,20457,Germany,\
DE136695976,u17,EUR,active,2026-02-01T09:00:00Z,"50,000.00",DE89370400440532013000,likes tea
1B,Ostwind AG,+49 381 555123,www.ow.example,Strandweg 1,Rostock,18055,Germany,,u18,EUR,warm,\
2026-02-03T09:00:00Z,"12,500.00",,
1C,Quill Ltd,+44 20 7946 0991,https://q.example,2 Mill Lane,Leeds,LS1 4AP,United Kingdom,\
GB980780684,u17,GBP,active,2026-02-05T09:00:00Z,,GB33BUKB20201555555555,
"""
GERMAN = """Kundennummer;Firma;Strasse;PLZ;Ort;Land;USt-IdNr.;Telefon;Webseite;Währung;Geändert am
K-1;Nordlicht GmbH;Am Kai 3;20457;Hamburg;DE;DE136695976;040 123456;nl.example;EUR;\
12.03.2026 09:15
K-2;Ostwind AG;Weg 1;18055;Rostock;DE;;0381 55512;ow.example;EUR;13.03.2026 10:00
"""
NESTED = [
    {
        "id": 7,
        "properties": {"company": "Ostwind AG", "homepage": "https://ow.example"},
        "people": [{"fullName": "Ada Stern", "mail": "ada@ow.example"}],
    }
]
TARGETS = targets_of(schema_of("client"))
WORDS = Known(words={"client_status": frozenset({"active", "prospect"})})


def rows(text: str, sign: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=sign))


def found(payloads: list[dict[str, Any]], known: Known = WORDS) -> dict[str, str]:
    fields = fields_of(payloads)
    apart = (id_field(fields), modified_field(fields))
    suggestions = propose(TARGETS, [f for f in fields if f not in apart], known)
    return {s.target.path: s.expression for s in suggestions}


def test_an_english_export_is_recognised() -> None:
    assert found(rows(ENGLISH, ",")) == {
        "legal_name": '"Account Name"',
        "phone": '[Phone, "Billing Country"]',
        "website": "Website",
        "addresses[billing].lines": '"Billing Street"',
        "addresses[billing].locality": '"Billing City"',
        "addresses[billing].postal_code": '"Billing Zip"',
        "addresses[billing].country": '"Billing Country"',
        "tax_ids[].value": '"VAT Number"',
        "account_owner": "Owner",
        "currency": "Currency",
        "client_status": "Status",
        "credit_limit": '["Credit Limit", Currency]',
        "bank_accounts[].iban": "IBAN",
    }


def test_a_german_export_is_recognised_with_its_id_and_its_date() -> None:
    payloads = rows(GERMAN, ";")
    fields = fields_of(payloads)
    own, dated = id_field(fields), modified_field(fields)
    assert (own.label, dated.label) == ("Kundennummer", "Geändert am")  # type: ignore[union-attr]
    assert {"legal_name", "website", "phone", "currency", "tax_ids[].value"} < set(found(payloads))


def test_lists_inside_payloads_fill_lists() -> None:
    chosen = found(NESTED)
    assert chosen["legal_name"] == "properties.company"
    assert chosen["contacts[].name"] == "fullName"
    assert chosen["contacts[].email"] == "mail"


@pytest.mark.parametrize(
    ("column", "values", "path"),
    [
        ("x1", ["DE89370400440532013000", "GB33BUKB20201555555555"], "bank_accounts[].iban"),
        ("x2", ["DE136695976", "FR40303265045"], "tax_ids[].value"),
        ("x3", ["7LTWFZYICNSX8D621K86"], "lei"),
    ],
)
def test_values_that_prove_themselves_need_no_name(
    column: str, values: list[str], path: str
) -> None:
    payloads = [{"id": f"K{number}", column: value} for number, value in enumerate(values)]
    assert found(payloads) == {path: column}


def test_values_that_are_held_are_recognised() -> None:
    known = Known(held={"legal_name": frozenset({"ostwind ag"})})
    assert found([{"c17": "Ostwind AG"}], known) == {"legal_name": "c17"}
    assert found([{"c17": "Westwind AG"}], known) == {}


def test_the_look_of_values_decides_between_like_names() -> None:
    known = Known(shapes={"legal_name": Counter({"a a": 5, "a a a": 3})})
    payloads = [{"name": "20457", "company": "Ostwind Beratung AG"}]
    assert found(payloads, known)["legal_name"] == "company"


def test_what_does_not_read_as_the_attribute_is_not_suggested() -> None:
    assert "website" not in found([{"website": "n/a"}, {"website": "none yet"}])
    assert "currency" not in found([{"currency": "three"}])


def test_what_was_chosen_is_a_mapping_and_is_read_back() -> None:
    choices = {
        "legal_name": Choice("Firma", ({"name": "trim"},)),
        "party_type": Choice(constant="organization"),
        "addresses[billing].locality": Choice("Ort", ({"name": "trim"},)),
        "contacts[].email": Choice("mail", ({"name": "trim"},), each="people"),
    }
    spec = spec_of("harbour", "client", TARGETS, choices, Choice("changed"))
    record = compile_mapping(spec).apply(
        {"Firma": " A  B ", "Ort": "Kiel", "people": [{"mail": "a@b.example"}]}
    )
    assert record.errors == []
    assert record.values == {
        "legal_name": "A B",
        "party_type": "organization",
        "addresses": [{"role": "billing", "locality": "Kiel"}],
        "contacts": [{"email": "a@b.example"}],
    }
    assert choices_in(spec, TARGETS) == choices


def test_one_row_of_any_shape_is_taken_apart_without_fail() -> None:
    deep: Any = "x"
    for _ in range(30):
        deep = {"a b": deep}
    odd = [{"": 1, 'q"uote': None, "list": [1, 2], "lists": [[{"a": 1}]], "deep": deep}]
    assert found(odd) == {}
