"""The change feed: in order, from any place, and honest about what it no longer has."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from canonical.models import FeedState
from tests.canonical.api.conftest import Caller
from tests.factories import journal

pytestmark = pytest.mark.django_db
URL = "/api/v1/changes"


@pytest.fixture
def client(caller: Caller) -> Client:
    return caller("read")


def read(client: Client, **query: Any) -> Any:
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_reader_sees_what_was_just_written_and_goes_on_from_there(client: Client) -> None:
    first, second = journal.clients(2)
    page = read(client)
    assert [row["golden"]["id"] for row in page["results"]] == [str(first.pk), str(second.pk)]
    assert page["next"] is None
    journal.change(first, legal_name="Renamed")
    [row] = read(client, after=page["next_cursor"])["results"]
    assert (row["kind"], row["golden"]["version"]) == ("updated", 2)
    assert row["record"]["legal_name"] == "Renamed"


def test_pages_follow_each_other_without_gap_or_repeat(client: Client) -> None:
    goldens = journal.clients(5)
    seen: list[str] = []
    page = read(client, limit=2)
    while True:
        seen += [row["golden"]["id"] for row in page["results"]]
        if page["next"] is None:
            break
        page = read(client, limit=2, after=page["next_cursor"])
    assert seen == [str(golden.pk) for golden in goldens]
    assert read(client, after=page["next_cursor"])["results"] == []


def test_one_entity_alone_moves_past_the_others(client: Client) -> None:
    journal.clients(3)
    page = read(client, entity="resources")
    assert page["results"] == []
    assert read(client, after=page["next_cursor"])["results"] == []


def test_held_versions_are_left_out_until_the_release(client: Client) -> None:
    held = journal.golden(legal_name="Acme", published=False)
    assert read(client)["results"] == []
    journal.change(held, "released")
    [row] = read(client)["results"]
    assert (row["kind"], row["record"]["legal_name"]) == ("released", "Acme")


def test_latest_is_the_end(client: Client) -> None:
    journal.clients(2)
    page = read(client, after="latest")
    assert page["results"] == []
    client_record = journal.golden(legal_name="New")
    [row] = read(client, after=page["next_cursor"])["results"]
    assert row["golden"]["id"] == str(client_record.pk)


@pytest.mark.parametrize("state", [{"timeline": 1}, {"horizon": 3}])
def test_a_cursor_that_means_nothing_any_more_is_gone(client: Client, state: Any) -> None:
    journal.clients(3)
    cursor = read(client, limit=1)["next_cursor"]
    FeedState.objects.update(**state)
    answer = client.get(URL, {"after": cursor, "entity": "clients"})
    assert answer.status_code == 410
    assert answer.json()["snapshot"] == "/api/v1/snapshot?entity=clients"


@pytest.mark.parametrize("query", [{"after": "x"}, {"entity": "invoices"}, {"limit": 0}, {"x": 1}])
def test_bad_parameters_are_refused(client: Client, query: Any) -> None:
    assert client.get(URL, query).status_code == 400


def test_restricted_values_need_the_grant(caller: Caller) -> None:
    journal.golden(legal_name="Acme", bank_accounts=[{"iban": "DE89370400440532013000"}])
    assert "DE89" not in caller("read").get(URL).content.decode()
    assert "DE89" in caller("read", restricted=True).get(URL).content.decode()
