"""The Source API on the real intake: one record in, back, retired, and behind its id."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from canonical import access
from canonical.models import Change, Golden, SourceRecord, System
from tests.canonical.api.conftest import Caller, token
from tests.sync.api.source import ACME, Door


@pytest.fixture
def crm(caller: Caller) -> Door:
    return Door(caller("ingest", "read"))


def service(*scopes: str, restricted: bool = False) -> Client:
    """A service that reaches every system."""
    issued = access.issue_credential(None, scopes, restricted=restricted, every_system=True)
    return Client(
        raise_request_exception=False, headers={"Authorization": f"Bearer {token(issued)}"}
    )


def test_a_new_record_makes_a_golden_record(crm: Door) -> None:
    answer = crm.put("A-1", ACME, modified_at="2026-03-01T00:00:00Z")
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created")
    golden = answer.json()["golden"]
    assert golden["url"] == f"/api/v1/clients/{golden['id']}"
    assert crm.client.get(golden["url"]).json()["legal_name"] == ACME["legal_name"]


def test_the_same_again_changes_nothing(crm: Door) -> None:
    first = crm.put("A-1", ACME, modified_at="2026-03-01T00:00:00Z")
    again = crm.put("A-1", ACME, modified_at="2026-03-01T00:00:00Z")
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    assert again.json()["golden"] == first.json()["golden"]
    assert Change.objects.count() == 1


def test_newer_applies_and_older_is_kept_but_never_applied(crm: Door) -> None:
    crm.put("A-1", ACME, modified_at="2026-03-02T00:00:00Z")
    newer = crm.put("A-1", {"legal_name": "Acme AG"}, modified_at="2026-03-03T00:00:00Z")
    older = crm.put("A-1", {"legal_name": "Old GmbH"}, modified_at="2026-03-01T00:00:00Z")
    assert (newer.json()["outcome"], older.json()["outcome"]) == ("updated", "stale")
    assert Golden.objects.get().client.legal_name == "Acme AG"


def test_another_system_links_to_it(crm: Door, caller: Caller) -> None:
    ACME_BOTH = {**ACME, "lei": "529900T8BM49AURSDO55"}
    first = crm.put("A-1", ACME_BOTH).json()
    erp = Door(caller("ingest", system="erp"), "erp")
    linked = erp.put("C-1", ACME_BOTH).json()
    assert (linked["outcome"], linked["golden"]["id"]) == ("linked", first["golden"]["id"])
    assert 0.9 < linked["match"]["probability"] <= 1


def test_a_source_may_declare_whom_it_means(crm: Door, caller: Caller) -> None:
    golden = crm.put("A-1", ACME).json()["golden"]
    erp = Door(caller("ingest", system="erp"), "erp")
    declared = erp.put("C-1", {"legal_name": "Quite Different"}, same_as=golden["code"]).json()
    assert (declared["outcome"], declared["golden"]["id"]) == ("linked", golden["id"])
    unknown = erp.put("C-2", ACME, same_as="CL-999999")
    assert unknown.json()["errors"][0]["pointer"] == "/same_as"


def test_a_reference_waits_for_its_record(caller: Caller) -> None:
    client = caller("ingest", "read")
    waiting = Door(client, entity="engagements").put(
        "E-1", {"name": "Move", "client": {"source_id": "A-1"}}
    )
    assert waiting.json()["pending_references"] == ["client"]
    parent = Door(client).put("A-1", ACME).json()["golden"]
    engagement = client.get(waiting.json()["golden"]["url"]).json()
    assert engagement["client"]["id"] == parent["id"]


def test_an_unknown_term_never_refuses(crm: Door) -> None:
    answer = crm.put("A-1", {**ACME, "client_status": "prospekt"})
    assert answer.status_code == 201
    assert answer.json()["unmapped_values"] == [
        {"attribute": "client_status", "vocabulary": "client_status", "value": "prospekt"}
    ]


@pytest.mark.parametrize(
    ("data", "pointer", "code"),
    [
        ([], "/data", "not_an_object"),
        ({"nmae": "x"}, "/data/nmae", "unknown_attribute"),
        ({"legal_name": 7}, "/data/legal_name", "not_text"),
        ({**ACME, "country": "ZZ"}, "/data/country", "unknown_attribute"),
        ({**ACME, "annual_revenue": {"amount": "1e9"}}, "/data/annual_revenue", None),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(
    crm: Door, data: object, pointer: str, code: str | None
) -> None:
    answer = crm.put("A-1", data)
    error = answer.json()["errors"][0]
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")
    assert error["pointer"].startswith(pointer)
    assert code in {None, error["code"]}
    assert not SourceRecord.objects.exists()


def test_nothing_that_identifies_is_quarantined(crm: Door) -> None:
    answer = crm.put("A-1", {"currency": "EUR"})
    assert (answer.status_code, answer.json()["outcome"]) == (201, "quarantined")
    assert answer.json()["golden"] is None
    assert crm.get("A-1").json()["state"] == "quarantined"
    assert crm.client.get(crm.url("A-1") + "/golden").status_code == 404


def test_a_record_reads_back_to_the_digit_as_it_was_sent(crm: Door) -> None:
    body = b'{"data":{"legal_name":"Acme","extensions":{"crm.score":10.500}}}'
    assert crm.client.put(crm.url("A-1"), body, "application/json").status_code == 201
    held = crm.get("A-1").json()
    assert Decimal(str(held["raw"]["extensions"]["crm.score"])) == Decimal("10.500")
    assert (held["state"], held["link"]["cause"]) == ("active", "created")
    behind = crm.client.get(crm.url("A-1") + "/golden")
    assert (behind.status_code, behind["Location"]) == (308, held["link"]["golden"]["url"])
    assert crm.get("A-2").status_code == 404


def test_restricted_values_are_shown_to_the_system_itself_or_by_grant(caller: Caller) -> None:
    account = {"iban": "DE89370400440532013000", "bic": "COBADEFFXXX"}
    door = Door(caller("ingest", "read"))
    door.put("A-1", {**ACME, "bank_accounts": [account]})
    assert door.get("A-1").json()["raw"]["bank_accounts"] == [account]
    masked = Door(service("read")).get("A-1").json()
    assert (masked["raw"], masked["mapped"]["bank_accounts"]) == (None, None)
    granted = Door(service("read", restricted=True)).get("A-1").json()
    assert granted["mapped"]["bank_accounts"] == [account]


def test_a_deletion_retires_and_a_newer_version_revives(crm: Door) -> None:
    golden = crm.put("A-1", ACME, modified_at="2026-03-01T00:00:00Z").json()["golden"]
    gone = crm.delete("A-1", "?modified_at=2026-03-02T00:00:00Z")
    assert (gone.status_code, gone.json()["outcome"]) == (200, "updated")
    assert crm.client.get(golden["url"]).json()["state"] == "retired"
    assert crm.delete("A-1", "?modified_at=2026-03-02T00:00:00Z").json()["outcome"] == "unchanged"
    crm.put("A-1", ACME, modified_at="2026-03-03T00:00:00Z")
    assert crm.client.get(golden["url"]).json()["state"] == "active"


def test_a_deletion_of_something_unknown(crm: Door) -> None:
    assert crm.delete("A-1").status_code == 404
    assert crm.delete("A-1", "?modified_at=2026-03-02T00:00:00Z").status_code == 200
    late = crm.put("A-1", ACME, modified_at="2026-03-01T00:00:00Z")
    assert crm.client.get(late.json()["golden"]["url"]).json()["state"] == "retired"
    for query in ("?version=x", "?version=-1", "?modified_at=yesterday", "?versoin=1"):
        assert crm.delete("A-1", query).status_code == 400


def test_a_dry_run_tells_and_takes_back(crm: Door) -> None:
    told = crm.put("A-1", ACME, "?dry_run=true")
    assert told.status_code == 200
    assert (told.json()["outcome"], told.json()["golden"]) == ("created", None)
    assert not SourceRecord.objects.exists()
    assert not Golden.objects.exists()
    crm.put("A-1", ACME)
    assert crm.delete("A-1", "?dry_run=true").json()["outcome"] == "updated"
    assert SourceRecord.objects.get().state == "active"
    assert crm.put("A-1", ACME, "?dry_run=yes").status_code == 400


@pytest.mark.parametrize(
    "source_id",
    [
        "a/b",
        "/a/",
        "a//b",
        "batch",
        "größe 7",
        "%2F",
        "a?b#c",
        "a+b&c",
        "李",
        "." * 255,
    ],
)
def test_ids_are_the_systems_own(crm: Door, source_id: str) -> None:
    assert crm.put(source_id, ACME).status_code == 201
    assert SourceRecord.objects.get().source_id == source_id
    assert crm.get(source_id).json()["source_id"] == source_id
    assert crm.delete(source_id).status_code == 200


@pytest.mark.parametrize("source_id", ["x" * 256, "a\tb", " ", "a\x7fb"])
def test_ids_that_are_none_are_refused(crm: Door, source_id: str) -> None:
    assert crm.put(source_id, ACME).status_code == 400


def test_unknown_entities_and_foreign_systems_are_not_found(crm: Door) -> None:
    System.objects.create(code="erp", name="erp")
    for url in ("/api/v1/systems/erp/clients/1", "/api/v1/systems/crm/client/1"):
        assert crm.client.get(url).status_code == 404
    batch = crm.client.post("/api/v1/systems/erp/clients/batch", [], "application/json")
    assert batch.status_code == 404


def test_a_system_that_is_not_there_is_not_found_by_anyone(db: None) -> None:
    anyone = service("ingest", "read")
    assert Door(anyone, "nonesuch").put("1", ACME).status_code == 404
    assert Door(anyone, "console").put("1", ACME).status_code == 404
