"""Lists and single golden records, as a consumer reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from canonical.identity import merging
from canonical.models import Golden, WorkKind
from canonical.worklist import Need, open_items
from tests.canonical.api.conftest import Caller
from tests.canonical.arrivals import CAUSE, arrive

# The same in every worker, which must collect the same tests.
NOBODY = "01990a3e-0000-7000-8000-000000000000"
ACME = {"legal_name": "Acme Holdings PLC", "client_status": "active", "currency": "GBP"}
BETA = {"legal_name": "Beta, Söhne & Co", "client_status": "prospect", "currency": "EUR"}


def get(_client: Client, _path: str, /, **query: Any) -> Any:
    return _client.get(f"/api/v1/{_path}", query)


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [record["legal_name"] for record in answer.json()["results"]]


@pytest.fixture
def reader(caller: Caller) -> Client:
    return caller("read")


@pytest.fixture
def acme(db: None) -> Golden:
    return arrive("client", ACME, source_id="A-1")


@pytest.fixture
def beta(db: None) -> Golden:
    return arrive("client", BETA, source_id="B-1")


def test_a_record_by_id_and_by_code(reader: Client, acme: Golden) -> None:
    answer = get(reader, f"clients/{acme.pk}")
    body = answer.json()
    assert (answer.status_code, answer["ETag"]) == (200, '"1"')
    assert body == get(reader, f"clients/{acme.code.lower()}").json()
    assert body["id"] == str(acme.pk)
    assert body["legal_name"] == "Acme Holdings PLC"
    assert (body["entity"], body["state"], body["merged_into"]) == ("client", "active", None)
    assert (body["in_review"], body["tags"], body["extensions"]) == (False, [], {})
    assert body["sources"] == [{"system": "crm", "source_id": "A-1"}]
    assert body["created_at"].endswith("Z")


@pytest.mark.parametrize("name", [NOBODY, "CL-999999", "%F0%9F%98%80", "a" * 500, "x%2Fy"])
def test_no_such_record(reader: Client, acme: Golden, name: str) -> None:
    assert get(reader, f"clients/{name}").status_code == 404


def test_a_record_of_another_entity_is_not_found(reader: Client, acme: Golden) -> None:
    assert get(reader, f"contracts/{acme.pk}").status_code == 404


def test_an_unchanged_version_is_not_sent_again(reader: Client, acme: Golden) -> None:
    url = f"/api/v1/clients/{acme.pk}"
    answer = reader.get(url, headers={"If-None-Match": '"1"'})
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", '"1"')
    arrive("client", ACME | {"website": "https://acme.example"}, source_id="A-1")
    assert reader.get(url, headers={"If-None-Match": '"1"'}).status_code == 200


def test_a_merged_id_points_to_the_survivor(reader: Client, acme: Golden, beta: Golden) -> None:
    gamma = arrive("client", {"legal_name": "Gamma"}, source_id="G-1")
    merging.merge(beta.pk, [acme.pk], CAUSE)
    merging.merge(gamma.pk, [beta.pk], CAUSE)
    answer = get(reader, f"clients/{acme.code}", fields="legal_name")
    assert answer.status_code == 308
    assert answer["Location"] == f"/api/v1/clients/{gamma.pk}?fields=legal_name"
    assert answer.json()["merged_into"]["code"] == gamma.code
    assert answer.json()["detail"] == f"{acme.code} was merged into {gamma.code}."
    assert names(get(reader, "clients")) == ["Gamma"]
    assert len(get(reader, "clients", state="merged").json()["results"]) == 2


def test_pages_follow_each_other_and_miss_nothing(reader: Client) -> None:
    made = [arrive("client", ACME, source_id=str(n)).code for n in range(5)]
    seen, url = [], "/api/v1/clients?limit=2&client_status=active"
    while url:
        page = reader.get(url).json()
        seen += [record["code"] for record in page["results"]]
        url = page["next"]
        arrive("client", ACME, source_id=f"late {len(seen)}") if len(seen) == 2 else None
    assert seen[:5] == made
    assert len(seen) == 6


def test_a_cursor_belongs_to_its_filters(reader: Client, acme: Golden, beta: Golden) -> None:
    cursor = get(reader, "clients", limit=1).json()["next_cursor"]
    answer = get(reader, "clients", limit=1, currency="EUR", cursor=cursor)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"currency": "EUR"}, ["beta"]),
        ({"client_status": "active,prospect"}, ["acme", "beta"]),
        ({"legal_name": "Beta, Söhne & Co"}, ["beta"]),
        ({"search": "söhne"}, ["beta"]),
        ({"search": "holdings"}, ["acme"]),
        ({"search": "B-1"}, ["beta"]),
        ({"system": "crm", "source_id": "A-1"}, ["acme"]),
        ({"system": "erp"}, []),
        ({"state": "retired"}, []),
        ({"credit_limit_gte": "1", "credit_limit_lte": "99.5"}, []),
        ({"updated_since": "2020-01-01T00:00:00Z"}, ["acme", "beta"]),
        ({"updated_since": "2999-01-01"}, []),
        ({"tax_exempt": "true"}, []),
        ({"parent": "CL-000001"}, []),
        ({"refers_to": NOBODY}, []),
    ],
    ids=str,
)
def test_filters(
    reader: Client, acme: Golden, beta: Golden, query: dict[str, str], found: list[str]
) -> None:
    by_name = {"acme": ACME["legal_name"], "beta": BETA["legal_name"]}
    assert names(get(reader, "clients", **query)) == [by_name[name] for name in found]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"sate": "active"}, "sate"),
        ({"state": "gone"}, "state"),
        ({"legal_name__startswith": "A"}, "legal_name__startswith"),
        ({"golden__head_hash": "x"}, "golden__head_hash"),
        ({"bank_accounts": "x"}, "bank_accounts"),
        ({"credit_limit_gte": "1e400"}, "credit_limit_gte"),
        ({"tax_exempt": "1"}, "tax_exempt"),
        ({"search": "x"}, "search"),
        ({"limit": "201"}, "limit"),
        ({"fields": "legal_name,password"}, "fields"),
        ({"expand": "legal_name"}, "expand"),
        ({"updated_since": "yesterday"}, "updated_since"),
        ({"effective_on": "2026-02-30"}, "effective_on"),
        ({"source_id": "7"}, "system"),
        ({"cursor": "x"}, "cursor"),
        ({"currency": "E" * 300}, "currency"),
        ({"client_status": ",".join("a" * 51)}, "client_status"),
    ],
    ids=str,
)
def test_a_parameter_that_means_nothing_is_refused(
    reader: Client, query: dict[str, str], parameter: str
) -> None:
    answer = get(reader, "clients", **query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == parameter


def test_restricted_attributes_cannot_be_filtered_or_searched(reader: Client) -> None:
    arrive("resource", {"display_name": "Erika Muster", "national_id": "X-77-Y"})
    assert get(reader, "resources", national_id="X-77-Y").status_code == 400
    assert get(reader, "resources", date_of_birth_gte="1980-01-01").status_code == 400
    assert get(reader, "resources", search="X-77-Y").json()["results"] == []


def test_restricted_values_need_the_grant(caller: Caller) -> None:
    golden = arrive(
        "resource",
        {
            "display_name": "Erika",
            "date_of_birth": "1980-02-29",
            "cost_rate": {"amount": "75.00", "currency": "EUR", "unit": "HUR"},
        },
    )
    plain = get(caller("read"), f"resources/{golden.pk}").json()
    assert (plain["date_of_birth"], plain["cost_rate"]) == (None, None)
    assert "date_of_birth" in plain["masked"]
    granted = get(caller("read", restricted=True), f"resources/{golden.pk}").json()
    assert (granted["date_of_birth"], granted["masked"]) == ("1980-02-29", [])
    assert granted["cost_rate"]["amount"] == "75.00"


def test_restricted_parts_of_lists_are_masked(caller: Caller) -> None:
    line = {"line_no": "1", "rate_unit": "HUR", "bill_rate": "180.00", "cost_rate": "75.00"}
    golden = arrive("rate_card", {"name": "Standard", "lines": [line]})
    [shown] = get(caller("read"), f"rate-cards/{golden.pk}").json()["lines"]
    assert (shown["bill_rate"], shown["cost_rate"]) == ("180.00", None)
    [shown] = get(caller("read", restricted=True), f"rate-cards/{golden.pk}").json()["lines"]
    assert shown["cost_rate"] == "75.00"


def reference(golden: Golden) -> dict[str, str]:
    return {"golden_id": str(golden.pk)}


def test_references_carry_codes_and_can_be_expanded(reader: Client, acme: Golden) -> None:
    contract = arrive("contract", {"title": "Framework", "client": reference(acme)})
    engagement = arrive(
        "engagement",
        {"name": "Move", "client": reference(acme), "contracts": [reference(contract)]},
    )
    url = f"engagements/{engagement.code}"
    body = get(reader, url).json()
    assert body["client"] == {"id": str(acme.pk), "code": acme.code}
    assert body["contracts"] == [{"id": str(contract.pk), "code": contract.code}]
    whole = get(reader, url, expand="client,contracts", fields="client,contracts").json()
    assert whole["client"]["legal_name"] == "Acme Holdings PLC"
    assert whole["contracts"][0]["client"]["code"] == acme.code
    assert "name" not in whole
    found = get(reader, "engagements", refers_to=contract.code).json()["results"]
    assert [record["code"] for record in found] == [engagement.code]
    found = get(reader, "engagements", client=f"{acme.code},{NOBODY}").json()["results"]
    assert [record["code"] for record in found] == [engagement.code]


def test_what_was_known_then_references_included(reader: Client, acme: Golden) -> None:
    contract = arrive("contract", {"title": "First", "client": reference(acme)}, source_id="K")
    then = contract.updated_at + timedelta(microseconds=1)
    arrive("client", ACME | {"legal_name": "Acme plc"}, source_id="A-1")
    arrive("contract", {"title": "Second", "client": reference(acme)}, source_id="K")
    url = f"contracts/{contract.pk}"
    known = get(reader, url, as_of=then.isoformat(), expand="client")
    assert (known["ETag"], known.json()["title"]) == ('"1"', "First")
    assert known.json()["client"]["legal_name"] == "Acme Holdings PLC"
    assert get(reader, url, expand="client").json()["client"]["legal_name"] == "Acme plc"
    assert get(reader, url, as_of="2001-01-01").status_code == 404
    assert get(reader, url, as_of="2999-01-01").json()["title"] == "Second"


def test_before_its_merge_a_record_stood_for_itself(
    reader: Client, acme: Golden, beta: Golden
) -> None:
    beta.refresh_from_db()
    then = beta.updated_at.isoformat()
    merging.merge(beta.pk, [acme.pk], CAUSE)
    answer = get(reader, f"clients/{acme.pk}", as_of=then)
    assert (answer.status_code, answer.json()["state"]) == (200, "active")


def test_what_holds_on_a_day(reader: Client) -> None:
    lines = [
        {"line_no": "1", "rate_unit": "HUR", "bill_rate": "100.00", "effective_to": "2026-04-01"},
        {"line_no": "2", "rate_unit": "HUR", "bill_rate": "110.00", "effective_from": "2026-04-01"},
    ]
    golden = arrive("rate_card", {"name": "2026", "effective_from": "2026-01-01", "lines": lines})
    url = f"rate-cards/{golden.code}"
    march, april = (get(reader, url, effective_on=f"2026-{m}").json() for m in ("03-31", "04-01"))
    assert [line["line_no"] for line in march["lines"]] == ["1"]
    assert [line["line_no"] for line in april["lines"]] == ["2"]
    assert april["effective"] is True
    assert get(reader, url, effective_on="2025-12-31").json()["effective"] is False
    assert get(reader, "rate-cards", effective_on="2025-12-31").json()["results"] == []
    assert len(get(reader, "rate-cards", effective_on="2030-01-01").json()["results"]) == 1


def test_open_reviews_show(reader: Client, acme: Golden, beta: Golden) -> None:
    open_items([Need(WorkKind.POSSIBLE_MATCH, "r-1", "Same?", "client", acme.pk)])
    held = arrive("client", {"legal_name": "Held"}, source_id="H", held=True)
    shown = {r["id"]: r["in_review"] for r in get(reader, "clients").json()["results"]}
    assert shown == {str(acme.pk): True, str(beta.pk): False, str(held.pk): True}


def test_decimals_are_exact_text(reader: Client) -> None:
    golden = arrive(
        "contract",
        {"title": "Big", "total_value": {"amount": "99999999999.9999", "currency": "JPY"}},
    )
    assert get(reader, f"contracts/{golden.pk}").json()["total_value"] == {
        "amount": "99999999999.9999",
        "currency": "JPY",
    }


@pytest.mark.parametrize("count", [2, 9])
def test_a_page_costs_the_same_whatever_its_size(
    reader: Client,
    acme: Golden,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(count):
        arrive("contract", {"title": f"C{n}", "client": reference(acme)}, source_id=str(n))
    with django_assert_num_queries(4):  # the token, the ids, the records, codes of references
        assert len(get(reader, "contracts").json()["results"]) == count
    with django_assert_num_queries(4):  # the token, the ids, the records, the clients
        get(reader, "contracts", expand="client")
    with django_assert_num_queries(2):
        get(reader, f"clients/{acme.pk}")


def test_updated_since_pages_in_the_order_of_change(reader: Client) -> None:
    first = arrive("client", {"legal_name": "One"}, source_id="1")
    arrive("client", {"legal_name": "Two"}, source_id="2")
    arrive("client", {"legal_name": "One again"}, source_id="1")
    since = (first.updated_at - timedelta(hours=1)).astimezone(UTC).isoformat()
    page = get(reader, "clients", updated_since=since, limit=1).json()
    assert page["results"][0]["legal_name"] == "Two"
    assert names(reader.get(page["next"])) == ["One again"]
    assert datetime.fromisoformat(page["results"][0]["updated_at"])
