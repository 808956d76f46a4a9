"""How a system is described: paths, forms, rendering, and the mapping that is derived."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import connectors
from sync.connectors import forms, paths
from sync.connectors.forms import Surroundings
from sync.connectors.paths import ABSENT
from sync.connectors.profile import Child, Field, Object, held, mapping_spec, out, render
from sync.inbound import catalogue
from sync.inbound.mapping import compile_mapping
from sync.outbound.content.envelope import Message, Target

NOWHERE = Surroundings({}, {})


def message(content: dict[str, Any], **references: list[str]) -> Message:
    codes = content.pop("codes", {})
    content["target"] = {"codes": codes}
    return Message("m", 1, b"", {}, content=content, target=Target("t", references=references))


THING = Object(
    "client",
    "Thing",
    (
        Field("Name", "legal_name", required=True, otherwise=("trading_name",)),
        Field("Kind", "client_status", forms.CODE),
        Field("Parent.Id", "parent", forms.REFERENCE),
        Field("Limit", "credit_limit", forms.money("Currency")),
        Field("City", "addresses[role=billing].locality"),
        Field("Site", "website", default="none"),
        out("Mail", "email"),
    ),
    children=(
        Child(
            "contacts", "Person", "email", (Field("Mail", "email"), Field("Firm", "record.duns"))
        ),
    ),
)


def test_a_record_is_rendered_and_read_back_alike() -> None:
    content = {
        "legal_name": "Acme", "trading_name": None, "client_status": "active", "website": None,
        "parent": {"id": "g-2", "code": "CL-2"}, "email": None, "duns": "315",
        "credit_limit": {"amount": "10.50", "currency": "EUR"},
        "addresses": [{"role": "registered", "locality": "Rome"}, {"role": "billing",
                                                                    "locality": "Bonn"}],
        "contacts": [{"email": "a@b.example"}], "codes": {"client_status": "Customer"},
    }  # fmt: skip
    rendered = render(THING, message(content, **{"g-2": ["T-2", "T-3"]}))
    assert rendered.values == {
        "Name": "Acme", "Kind": "Customer", "Parent.Id": "T-2", "Limit": Decimal("10.50"),
        "City": "Bonn", "Site": "none", "Mail": None,
    }  # fmt: skip
    assert rendered.filled.keys() == rendered.values.keys() - {"Mail"}
    [person] = rendered.elements
    assert (person.key, person.values) == ("a@b.example", {"Mail": "a@b.example", "Firm": "315"})
    there = {"Name": " Acme ", "Kind": "Customer", "Parent": {"Id": "T-2"}, "Limit": "10.5",
             "City": "Bonn", "Site": "none", "Mail": ""}  # fmt: skip
    meant = {n: v for n, v in rendered.attributes.items() if n != "contacts"}
    assert held(THING, there) == meant


def test_what_is_not_carried_is_absent_and_what_is_nothing_is_emptied() -> None:
    rendered = render(THING, message({"legal_name": "Acme", "client_status": None}))
    assert rendered.values == {"Name": "Acme", "Kind": None}
    assert render(THING, message({"legal_name": None, "trading_name": None})).missing
    masked = {"legal_name": "Acme", "website": None, "masked": ["website"]}
    assert "Site" not in render(THING, message(masked)).values


def test_a_reference_without_an_id_there_waits() -> None:
    content = {"legal_name": "Acme", "parent": {"id": "g-2", "code": "CL-2"}}
    rendered = render(THING, message(content))
    assert "Parent.Id" not in rendered.values
    assert "parent" not in rendered.attributes


def test_a_reference_as_text_waits_too_and_is_emptied_by_nothing() -> None:
    owner = forms.as_text(forms.REFERENCE)
    assert owner.out({"id": "unknown there"}, "", NOWHERE) is None
    assert owner.out(None, "", NOWHERE) == ""


def test_what_reaches_a_system_is_what_its_fields_read() -> None:
    assert THING.attributes == {
        "legal_name", "trading_name", "client_status", "parent", "credit_limit", "addresses",
        "website", "email", "contacts", "duns",
    }  # fmt: skip
    needed = Object("engagement", "Work", (Field("Client", "client", forms.REFERENCE,
                                                 required=True),))  # fmt: skip
    assert needed.parents == {"client"}


def test_the_mapping_reads_what_the_fields_write() -> None:
    mapping = compile_mapping(mapping_spec(THING, "crm"))
    record = mapping.apply(
        {"Name": "Acme", "Kind": "Customer", "Parent": {"Id": "T-2"}, "Limit": "10.50",
         "Currency": "EUR", "City": "Bonn", "Site": "https://a.example", "Mail": "a@b.example"}
    )  # fmt: skip
    assert record.errors == []
    assert record.values == {
        "legal_name": "Acme", "client_status": "Customer", "parent": {"source_id": "T-2"},
        "credit_limit": {"amount": "10.50", "currency": "EUR"}, "website": "https://a.example",
        "addresses": [{"role": "billing", "locality": "Bonn"}],
    }  # fmt: skip


SHIPPED = [(name, thing) for name, kind in connectors.SYSTEMS.items()
           for thing in kind.profile.objects.values()]  # fmt: skip


@pytest.mark.parametrize(("name", "thing"), SHIPPED, ids=[f"{n}-{t.entity}" for n, t in SHIPPED])
def test_every_mapping_that_ships_fills_attributes_that_exist(name: str, thing: Object) -> None:
    spec = mapping_spec(thing, name)
    assert catalogue.check(spec).entity == thing.entity


@pytest.mark.parametrize("path", ["", "A", "a..b", "a[b]", "a[role=x", "a b"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is no path"):
        paths.steps(path)


def test_paths_find_elements_by_their_parts_and_places() -> None:
    document = {"a": {"b": [{"r": "x", "v": 1}, {"r": "y", "v": 2}]}, "c": [7, 8]}
    assert paths.read(document, "a.b[r=y].v") == paths.Spot(2, "a.b[1].v")
    assert paths.read(document, "c[1]").value == 8
    assert paths.read(document, "c[5]").value is None
    assert paths.read(document, "d.e").value is ABSENT


@given(st.decimals(min_value=0, max_value=1, places=4))
def test_shares_go_out_as_percentages_and_compare_with_what_is_held(share: Decimal) -> None:
    written = forms.PERCENT.out(str(share), "", NOWHERE)
    assert written == share * 100
    assert forms.PERCENT.same(f"{share * 100:.6f}") == forms.PERCENT.same(written)


@given(st.text(alphabet="abc ", max_size=20), st.integers(-9, 9))
def test_values_as_text_compare_with_themselves(text: str, number: int) -> None:
    for form, value in ((forms.TEXT, text), (forms.INTEGER, number)):
        written = forms.as_text(form).out(value, "", NOWHERE)
        assert isinstance(written, str)
        assert form.same(written) == form.same(value)
