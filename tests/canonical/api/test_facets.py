"""Sources, history, relations and lineage of a golden record; rates and vocabularies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from canonical.models import Crosswalk, Golden, LegalEntity, System, Term, Vocabulary
from tests.canonical.api.conftest import Caller
from tests.canonical.arrivals import arrive


def get(_client: Client, _path: str, /, **query: Any) -> Any:
    return _client.get(f"/api/v1/{_path}", query)


def reference(golden: Golden) -> dict[str, str]:
    return {"golden_id": str(golden.pk)}


@pytest.fixture
def reader(caller: Caller) -> Client:
    return caller("read")


@pytest.fixture
def acme(db: None) -> Golden:
    golden = arrive("client", {"legal_name": "Acme Holdings PLC", "currency": "GBP"})
    return arrive(
        "client",
        {"legal_name": "ACME HLDGS", "client_status": "Kunde"},
        system="erp",
        source_id="C-9",
        same_as=golden,
    )


def test_sources_say_what_they_said(reader: Client, acme: Golden) -> None:
    page = get(reader, f"clients/{acme.code}/sources").json()
    crm, erp = sorted(page["results"], key=lambda source: source["system"])
    assert (crm["source_id"], crm["values"]["currency"]) == ("1", "GBP")
    assert (erp["state"], erp["link_cause"], erp["contributes"]) == ("active", "matched", True)
    assert erp["unmapped_values"] == [
        {"attribute": "client_status", "vocabulary": "client_status", "value": "Kunde"}
    ]


def test_sources_show_pending_references_and_mask(caller: Caller) -> None:
    golden = arrive(
        "resource",
        {"display_name": "Erika", "national_id": "X-7", "manager": {"source_id": "unknown"}},
    )
    [source] = get(caller("read"), f"resources/{golden.pk}/sources").json()["results"]
    assert source["pending_references"] == ["manager"]
    assert source["values"]["national_id"] is None


def test_history_tells_what_each_version_changed(reader: Client, acme: Golden) -> None:
    arrive("client", {"legal_name": "Acme plc", "currency": "GBP"})
    url = f"clients/{acme.pk}/history"
    newest, *older = get(reader, url).json()["results"]
    assert (newest["version"], newest["kind"]) == (3, "updated")
    assert newest["actor"] == {"id": "credential:test", "name": "Test"}
    assert newest["changes"] == [
        {"attribute": "legal_name", "before": "Acme Holdings PLC", "after": "Acme plc"}
    ]
    assert [version["version"] for version in older] == [2, 1]
    first = get(reader, url, limit=1).json()
    assert first["results"] == [newest]
    assert reader.get(first["next"]).json()["results"] == older[:1]
    created = {change["attribute"]: change for change in older[-1]["changes"]}
    assert created["legal_name"]["before"] is None


def test_history_masks(caller: Caller) -> None:
    golden = arrive("resource", {"display_name": "Erika", "national_id": "X-7"})
    answer = get(caller("read"), f"resources/{golden.pk}/history")
    assert "X-7" not in answer.content.decode()


def test_relations_in_both_directions(reader: Client, acme: Golden) -> None:
    contract = arrive("contract", {"title": "Framework", "client": reference(acme)})
    lines = [{"line_no": "1", "description": "Move"}]
    other = arrive("contract", {"title": "SOW", "parent": reference(contract), "lines": lines},
                   source_id="2")  # fmt: skip
    rows = get(reader, f"contracts/{contract.code}/relations").json()["results"]
    shown = [(r["direction"], r["attribute"], r["record"]["code"]) for r in rows]
    assert shown == [("out", "client", acme.code), ("in", "parent", other.code)]
    page = get(reader, f"contracts/{contract.code}/relations", limit=1).json()
    assert reader.get(page["next"]).json()["results"] == rows[1:]
    incoming = get(reader, f"clients/{acme.pk}/relations", direction="in").json()["results"]
    assert [r["record"]["url"] for r in incoming] == [f"/api/v1/contracts/{contract.pk}"]
    assert get(reader, f"clients/{acme.pk}/relations", direction="up").status_code == 400


def test_lineage_names_winner_rule_and_losers(reader: Client, acme: Golden) -> None:
    answer = get(reader, f"clients/{acme.code}/lineage")
    assert answer["ETag"] == '"2"'
    rows = {row["attribute"]: row for row in answer.json()["attributes"]}
    row = rows["legal_name"]
    assert row["value"] == row["winner"]["value"] == "Acme Holdings PLC"
    assert (row["winner"]["system"], row["sentence"]) == (
        "crm",
        "The value of the most trusted system wins.",
    )
    assert [said["value"] for said in row["losing"]] == ["ACME HLDGS"]


def test_lineage_masks_and_names_references(caller: Caller, acme: Golden) -> None:
    golden = arrive(
        "resource",
        {"display_name": "Erika", "national_id": "X-7", "supplier": reference(acme)},
    )
    answer = get(caller("read"), f"resources/{golden.pk}/lineage")
    assert "X-7" not in answer.content.decode()
    rows = {row["attribute"]: row for row in answer.json()["attributes"]}
    assert rows["supplier"]["value"]["code"] == acme.code


@pytest.fixture
def work(acme: Golden) -> dict[str, Golden]:
    lines = [
        {"line_no": "1", "grade": "G7", "rate_unit": "HUR", "bill_rate": "180.00",
         "cost_rate": "75.00", "effective_to": "2026-04-01"},
        {"line_no": "2", "grade": "G7", "rate_unit": "HUR", "bill_rate": "190.00",
         "effective_from": "2026-04-01"},
    ]  # fmt: skip
    card = arrive("rate_card", {"name": "2026", "currency": "EUR", "lines": lines})
    contract = arrive("contract", {"title": "F", "rate_card": reference(card)})
    return {
        "card": card,
        "contract": contract,
        "engagement": arrive(
            "engagement",
            {"name": "Move", "client": reference(acme), "contracts": [reference(contract)]},
        ),
        "resource": arrive("resource", {"display_name": "Erika", "grade": "G7"}),
    }


def rate(reader: Client, work: dict[str, Golden], **query: Any) -> Any:
    names = {name: work[name].code for name in ("engagement", "resource")}
    return get(reader, "rates", **(names | query))


def test_the_rate_that_holds(reader: Client, work: dict[str, Golden]) -> None:
    body = rate(reader, work, on="2026-03-12").json()
    assert body["rate"] == {"amount": "180.00", "currency": "EUR"}
    assert (body["found_by"], body["matched_by"]) == ("contract.rate_card", ["grade"])
    assert body["rate_card"]["code"] == work["card"].code
    assert body["line"]["cost_rate"] is None
    assert rate(reader, work, on="2026-04-01").json()["rate"]["amount"] == "190.00"


def test_the_rate_that_held_as_we_knew_it(reader: Client, work: dict[str, Golden]) -> None:
    then = (work["resource"].updated_at + timedelta(microseconds=1)).isoformat()
    line = {"line_no": "1", "grade": "G7", "rate_unit": "HUR", "bill_rate": "210.00"}
    arrive("rate_card", {"name": "2026", "currency": "EUR", "lines": [line]})
    assert rate(reader, work, on="2026-03-12").json()["rate"]["amount"] == "210.00"
    known = rate(reader, work, on="2026-03-12", as_of=then)
    assert known.json()["rate"]["amount"] == "180.00"


def test_a_card_for_the_engagement_comes_before_its_contracts(
    reader: Client, work: dict[str, Golden]
) -> None:
    line = {"line_no": "1", "rate_unit": "DAY", "bill_rate": "900.00"}
    scope = {"engagement": reference(work["engagement"])}
    arrive("rate_card", {"name": "Special", "scope": scope, "lines": [line]}, source_id="S")
    body = rate(reader, work, on="2026-03-12").json()
    assert (body["found_by"], body["unit"]) == ("scope.engagement", "DAY")
    assert rate(reader, work, on="2026-03-12", unit="HUR").json()["unit"] == "HUR"


def test_a_standard_card_serves_where_its_scope_fits(
    reader: Client, work: dict[str, Golden]
) -> None:
    engagement = arrive("engagement", {"name": "Other"}, source_id="O")
    card = {"rate_card_type": "standard", "lines": [{"rate_unit": "HUR", "bill_rate": "99.00"}]}
    arrive("rate_card", card | {"name": "Standard"}, source_id="std")
    body = rate(reader, work, engagement=engagement.code).json()
    assert (body["found_by"], body["rate"]["amount"]) == ("standard", "99.00")


def test_no_rate_says_what_was_tried(reader: Client, work: dict[str, Golden]) -> None:
    answer = rate(reader, work, on="2026-03-12", unit="ANN")
    assert answer.status_code == 404
    assert work["card"].code in answer.json()["detail"]
    assert get(reader, "rates", resource="RS-000001").status_code == 400
    assert rate(reader, work, engagement="EN-999999").status_code == 404


def test_vocabularies(reader: Client, caller: Caller) -> None:
    names = {row["name"]: row for row in get(reader, "vocabularies").json()["results"]}
    assert (names["client_status"]["extensible"], names["office"]["extensible"]) == (False, True)
    entities = Vocabulary.objects.get(pk="legal_entity")
    term = Term.objects.create(vocabulary=entities, code="DE01", label="Muster GmbH")
    LegalEntity.objects.create(term=term, name="Muster GmbH", country="DE", currency="EUR")
    Crosswalk.objects.create(
        system=System.objects.get(pk="crm"), vocabulary=entities, value="10", term=term
    )
    body = get(reader, "vocabularies/legal_entity", system="crm").json()
    assert body["terms"][0]["details"]["time_zone"] == "UTC"
    assert body["crosswalk"] == [{"value": "10", "term": "DE01", "outbound": False}]
    assert get(reader, "vocabularies/legal_entity", system="erp").status_code == 404
    assert get(reader, "vocabularies/nonesuch").status_code == 404
