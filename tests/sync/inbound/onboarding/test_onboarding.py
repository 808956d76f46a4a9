"""Samples in any form, a mapping tried on them, and the system that comes of it."""

from __future__ import annotations

from typing import Any

import pytest

from canonical.entities import schema_of
from canonical.models import Crosswalk, System, Term
from sync.inbound import catalogue
from sync.inbound.onboarding import (
    BadSamples,
    BadSystem,
    known,
    read_samples,
    set_up,
    try_out,
)
from sync.inbound.suggest import fields_of, targets_of
from tests.factories import hub

SPEC: dict[str, Any] = {
    "system": "harbour",
    "entity": "client",
    "version": 1,
    "rules": [
        {"to": "legal_name", "from": "Firma", "transforms": [{"name": "trim"}]},
        {"to": "currency", "from": "Cur", "transforms": [{"name": "currency"}]},
        {"to": "client_status", "from": "Status", "transforms": [{"name": "code"}]},
    ],
}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "1", "b": "x"}',
        '[{"a": "1", "b": "x"}]',
        '{"a": "1", "b": "x"}\n{"a": "2", "b": "y"}',
        '{"a": "1",\n "b": "x"},\n{"a": "2", "b": "y"}',
        "a,b\n1,x\n2,y",
        "a;b\n1;x\n2;y",
        "a\tb\n1\tx",
    ],
)
def test_pastes_of_every_kind_are_read(text: str) -> None:
    assert read_samples(text)[0] == {"a": "1", "b": "x"}


@pytest.mark.parametrize("text", ["", "   ", "[]", '{"a": ', "just words"])
def test_what_holds_no_payload_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadSamples):
        read_samples(text)


@pytest.mark.django_db
def test_a_trial_tells_what_comes_out_and_what_is_wrong() -> None:
    trial = try_out(SPEC, [{"Firma": " A ", "Cur": "EUR", "Status": "warm"}, {"Cur": "?"}])
    assert trial.samples[0].values == {
        "legal_name": "A", "currency": "EUR", "client_status": "warm",
    }  # fmt: skip
    assert trial.samples[0].unmapped == [("client_status", "client_status", "warm")]
    assert "currency" in trial.samples[1].errors[0]
    assert trial.missing == ["party_type"]
    assert not trial.sound


@pytest.mark.django_db
def test_a_mapping_that_cannot_be_used_says_where() -> None:
    trial = try_out({**SPEC, "rules": [{"to": "nonsense", "from": "x"}]}, [{}])
    assert trial.issues[0].pointer == "/rules/0/to"
    assert trial.samples == []


@pytest.mark.django_db
def test_setting_up_makes_the_system_and_its_mapping() -> None:
    dated = {**SPEC, "envelope": {"modified_at": {"from": "Changed"}}}
    set_up(dated, "Harbour CRM", "crm", hub.STEWARD)
    assert System.objects.get(pk="harbour").order_by == "modified_at"
    assert catalogue.active("harbour", "client") is not None
    set_up({**SPEC, "system": "plain"}, "Plain", "crm", hub.STEWARD)
    assert System.objects.get(pk="plain").order_by == "received"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "name"), [("", "x"), ("a b", "x"), ("console", "x"), ("x" * 41, "x"), ("ok", "")]
)
def test_a_system_needs_a_code_and_a_name(code: str, name: str) -> None:
    with pytest.raises(BadSystem):
        set_up({**SPEC, "system": code}, name, "", hub.STEWARD)


@pytest.mark.django_db
def test_the_hub_tells_what_it_knows() -> None:
    hub.open_hub()
    hub.client("Ostwind Beratung AG", source_id="1", website="https://ow.example")
    term = Term.objects.get(vocabulary="client_status", code="active")
    Crosswalk.objects.create(
        system_id="crm", vocabulary_id="client_status", value="Live Customer", term=term
    )
    fields = fields_of([{"n": "Ostwind Beratung AG"}])
    told = known("client", targets_of(schema_of("client")), fields)
    assert "ostwind beratung ag" in told.held["legal_name"]
    assert {"active", "live customer"} <= told.words["client_status"]
