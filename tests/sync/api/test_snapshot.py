"""The snapshot: all of it, and together with the feed no record and no version is missed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from sync.outbound.publishing import snapshot
from tests.canonical.api.conftest import Caller
from tests.factories import journal

pytestmark = pytest.mark.django_db
URL = "/api/v1/snapshot"


@pytest.fixture
def client(caller: Caller) -> Client:
    return caller("read")


def lines(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


def test_everything_published_stands_between_two_lines(client: Client) -> None:
    journal.golden(legal_name="Held", published=False)
    first, second = journal.clients(2)
    beginning, *records, end = lines(client.get(URL))
    assert [record["id"] for record in records] == [str(first.pk), str(second.pk)]
    assert end == {"complete": {"records": 2}}
    assert records[0] == client.get(f"/api/v1/clients/{first.pk}").json()
    assert client.get(beginning["snapshot"]["changes"]).json()["results"] == []


def test_one_entity_alone(client: Client) -> None:
    journal.clients(2)
    beginning, *records, _ = lines(client.get(URL, {"entity": "resources"}))
    assert records == []
    assert "entity=resources" in beginning["snapshot"]["changes"]


def test_what_changes_meanwhile_comes_in_the_feed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records are read two at a time; one is changed and one is made behind the reader's back."""
    monkeypatch.setattr(snapshot, "PORTION", 2)
    made = journal.clients(5)
    stream: Iterator[bytes] = client.get(URL).streaming_content  # type: ignore[attr-defined]
    beginning = json.loads(next(stream))["snapshot"]
    copy = {}
    for _ in range(2):
        record = json.loads(next(stream))
        copy[record["id"]] = record
    journal.change(made[0], legal_name="Renamed")
    journal.change(made[4], legal_name="Renamed too")
    late = journal.golden(legal_name="Late")
    for line in list(stream)[:-1]:
        record = json.loads(line)
        copy[record["id"]] = record
    assert copy[str(made[0].pk)]["legal_name"] != "Renamed"
    for row in client.get(beginning["changes"]).json()["results"]:
        held = copy.get(row["golden"]["id"])
        if held is None or held["version"] < row["golden"]["version"]:
            copy[row["golden"]["id"]] = row["record"]
    assert copy[str(made[0].pk)]["legal_name"] == "Renamed"
    assert copy[str(made[4].pk)]["legal_name"] == "Renamed too"
    assert copy.keys() == {str(golden.pk) for golden in (*made, late)}


@pytest.mark.parametrize(
    ("accepted", "squeezed"), [("gzip, br", True), ("gzip;q=0", False), ("br", False)]
)
def test_it_is_compressed_for_who_takes_that(client: Client, accepted: str, squeezed: bool) -> None:
    journal.clients(3)
    answer = client.get(URL, headers={"Accept-Encoding": accepted})
    assert answer.get("Content-Encoding") == ("gzip" if squeezed else None)
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert len((gzip.decompress(body) if squeezed else body).splitlines()) == 5


@pytest.mark.parametrize("accepted", ["application/x-ndjson", "application/json", "*/*"])
def test_lines_are_lines_whatever_json_is_accepted(client: Client, accepted: str) -> None:
    assert len(lines(client.get(URL, headers={"Accept": accepted}))) == 2


def test_restricted_values_need_the_grant(caller: Caller) -> None:
    journal.golden(legal_name="Acme", bank_accounts=[{"iban": "DE89370400440532013000"}])
    for restricted in (False, True):
        records = lines(caller("read", restricted=restricted).get(URL))
        assert ("DE89" in json.dumps(records)) is restricted


@pytest.mark.parametrize("query", [{"entity": "invoices"}, {"after": "latest"}])
def test_bad_parameters_are_refused(client: Client, query: Any) -> None:
    assert client.get(URL, query).status_code == 400
