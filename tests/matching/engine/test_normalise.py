"""Features: nested and flattened documents alike, placeholders dropped, a stable packed form."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from matching.engine.normalise import Features, OutdatedFeatures, features
from matching.profiles import PROFILES, profile_for

CLIENT = profile_for("client")
NESTED = {
    "legal_name": "Acme Widgets International GmbH & Co. KG",
    "tax_ids": [{"type": "vat", "country": "DE", "value": "DE 136695976"}],
    "addresses": [
        {"role": "billing", "lines": ["12 Main Street"], "locality": "Köln", "postal_code": "50667"}
    ],
    "contacts": [{"name": "A", "email": "a@acme.de", "phone": "+49 221 1234567"}],
}
FLAT = {
    "legal_name": "acme widgets intl gmbh & co kg",
    "tax_id": "136695976",
    "country": "Germany",
    "address_line": "12 main st.",
    "locality": "koln",
    "postal_code": "50667",
    "phone": "0221 / 1234567",
    "email": "a@acme.de",
}


def cell(values: Mapping[str, object], field: str) -> tuple[str, ...]:
    return features(CLIENT, values).cells[CLIENT.position[field]]


@pytest.mark.parametrize("field", ["name", "tax_id", "phone", "address", "web"])
def test_nested_and_flattened_documents_read_alike(field: str) -> None:
    assert cell(NESTED, field) == cell(FLAT, field) != ()


@pytest.mark.parametrize("entity", PROFILES)
def test_packs_and_unpacks(entity: str) -> None:
    profile = profile_for(entity)
    for values in (NESTED, FLAT, {}):
        found = features(profile, values)
        assert Features.unpack(found.pack()) == found


def test_refuses_features_of_another_version() -> None:
    packed = features(CLIENT, FLAT).pack()
    with pytest.raises(OutdatedFeatures, match="packed by 0"):
        Features.unpack(b"0" + packed[1:])


@pytest.mark.parametrize(
    "values",
    [
        {"legal_name": "n/a"},
        {"legal_name": "TEST"},
        {"tax_id": "999999999"},
        {"phone": "000-000-0000"},
        {"phone": "123456789"},
        {"email": "noreply@acme.de"},
        {"website": "https://www.facebook.com/acme"},
        {"website": "no"},
        {"addresses": [{"lines": ["unknown"], "locality": "tbd"}]},
        {"legal_name": None, "addresses": None, "contacts": []},
    ],
)
def test_placeholders_say_nothing(values: dict[str, object]) -> None:
    assert features(CLIENT, values).empty


def test_placeholder_days_say_nothing() -> None:
    assert features(profile_for("resource"), {"date_of_birth": "1900-01-01"}).empty
    assert features(profile_for("contract"), {"effective_from": "9999-12-31"}).empty


@pytest.mark.parametrize(
    ("name", "core", "form"),
    [
        ("Societe Generale S.A.", "society general", "sa"),
        ("I.B.M. Corp.", "ibm", "inc"),
        ("PT Astra International Tbk", "astra international", "plc"),
        ("ООО Газпром", "gazprom", "ooo"),
        ("Novo Nordisk A/S", "novo nordisk", "as"),
        ("Fabrica, Sociedad de Responsabilidad Limitada", "fabrica", "sarl"),
        ("The Boeing Company", "boeing", "co"),
        ("Limited", "limited", ""),
    ],
)
def test_parts_names_from_legal_forms(name: str, core: str, form: str) -> None:
    assert cell({"legal_name": name}, "name")[0] == f"{core}\x1f{form}"


def test_reads_whom_it_is_about() -> None:
    said = "The United States of America as represented by the Secretary of the Navy"
    assert cell({"legal_name": said}, "name") == ("secretary navy\x1f",)


def test_reads_both_sides_of_trading_as() -> None:
    names = cell({"legal_name": "Miller Foods LLC d/b/a Sunny Bakery"}, "name")
    assert "miller food\x1fllc" in names
    assert "sunny bakery\x1f" in names
