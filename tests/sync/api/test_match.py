"""Search before create: the answer is the one a record would get, and nothing is written."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from canonical.models import Change, Golden, SourceRecord
from sync.inbound import catalogue
from tests.canonical.api.conftest import Caller
from tests.factories import hub

pytestmark = pytest.mark.django_db
URL = "/api/v1/match/clients"
DATA: dict[str, Any] = {
    "legal_name": "Meridian Beratung GmbH",
    "website": "https://meridian-beratung.de",
    "tax_ids": [{"country": "DE", "type": "vat", "value": "DE136695976"}],
}


@pytest.fixture
def crm(caller: Caller) -> Client:
    hub.open_hub()
    return caller("match", system="crm")


def ask(client: Client, data: Any, url: str = URL, **more: Any) -> Any:
    return client.post(url, {"data": data, **more}, "application/json")


def test_it_says_what_the_record_would_get_and_writes_nothing(crm: Client) -> None:
    known = hub.golden_of(hub.put("erp", "client", "7", DATA, 1))
    before = (Golden.objects.count(), SourceRecord.objects.count(), Change.objects.count())
    answer = ask(crm, DATA)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["decision"]["band"] == "link"
    [candidate] = told["candidates"]
    assert candidate["golden_id"] == str(known.pk)
    assert candidate["golden"]["code"] == known.code
    assert candidate["record"] == {"system": "erp", "source_id": "7"}
    assert candidate["probability"] > 0.95
    evidence = {item["attribute"]: item for item in candidate["evidence"]}
    assert evidence["legal_name"]["weight"] > 0
    assert evidence["tax_id"]["theirs"] == evidence["tax_id"]["yours"]
    assert before == (Golden.objects.count(), SourceRecord.objects.count(), Change.objects.count())
    sent = hub.put("crm", "client", "1", DATA, 1)
    assert (sent.outcome, hub.golden_of(sent)) == ("linked", known)
    assert sent.match is not None
    assert sent.match["probability"] == candidate["probability"]


def test_what_nobody_knows_has_no_candidates(crm: Client) -> None:
    told = ask(crm, DATA).json()
    assert (told["decision"]["band"], told["candidates"]) == ("new", [])


def test_the_limit_cuts_the_least_likely(crm: Client) -> None:
    for number in range(4):
        hub.put("erp", "client", str(number), {**DATA, "trading_name": f"M{number}"}, 1)
        hub.put("psa", "client", str(number), {"legal_name": f"Meridian Beratung {number} AG"})
    every = ask(crm, DATA, limit=50).json()["candidates"]
    chances = [candidate["probability"] for candidate in every]
    assert chances == sorted(chances, reverse=True)
    assert ask(crm, DATA, limit=1).json()["candidates"] == every[:1]


def test_data_is_read_through_the_callers_mapping(caller: Caller) -> None:
    hub.open_hub()
    known = hub.client(DATA["legal_name"], system="erp", website=DATA["website"])
    catalogue.save(
        {
            "system": "crm",
            "entity": "client",
            "version": 1,
            "rules": [
                {"to": "legal_name", "from": "Name"},
                {"to": "website", "from": "Web"},
            ],
        },
        by="test",
    )
    crm = caller("match", system="crm")
    told = ask(crm, {"Name": DATA["legal_name"], "Web": DATA["website"]}).json()
    assert [c["golden_id"] for c in told["candidates"]] == [str(known.pk)]


def test_a_restricted_value_of_the_other_side_is_masked(caller: Caller) -> None:
    hub.open_hub()
    person = {"display_name": "Erika Muster", "date_of_birth": "1980-02-03"}
    hub.put("erp", "resource", "7", person, 1)
    for restricted, seen in ((False, False), (True, True)):
        asking = caller("match", system="crm", restricted=restricted)
        [candidate] = ask(asking, person, "/api/v1/match/resources").json()["candidates"]
        evidence = {item["attribute"]: item for item in candidate["evidence"]}
        assert evidence["date_of_birth"]["yours"]
        assert bool(evidence["date_of_birth"]["theirs"]) is seen


BAD: list[tuple[Any, str, str]] = [
    ({}, "/data", "missing"),
    ({"data": {}}, "/data", "nothing_identifies"),
    ({"data": []}, "/data", "not_an_object"),
    ({"data": {"nam": "x"}}, "/data/nam", "unknown_attribute"),
    ({"data": DATA, "limit": 0}, "/limit", "out_of_range"),
    ({"data": DATA, "limit": True}, "/limit", "out_of_range"),
    ({"data": DATA, "system": 7}, "/system", "wrong_type"),
    ({"data": DATA, "lmit": 7}, "/lmit", "unknown_member"),
]


@pytest.mark.parametrize(("body", "pointer", "code"), BAD)
def test_what_is_wrong_is_named_with_its_place(
    crm: Client, body: Any, pointer: str, code: str
) -> None:
    answer = crm.post(URL, body, "application/json")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


@pytest.mark.parametrize("system", ["erp", "nobody"])
def test_the_words_of_another_system_are_not_found(crm: Client, system: str) -> None:
    assert ask(crm, DATA, system=system).status_code == 404
