"""Deliveries over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from sync.models import Attempt, Lane
from sync.outbound.publishing import fanout
from sync.outbound.subscriptions import subscribe
from tests.canonical.api.conftest import Caller
from tests.factories import hub, journal
from tests.openapi import document
from tests.sync.api.source import fits

pytestmark = pytest.mark.django_db
URL = "/api/v1/deliveries"


@pytest.fixture
def client(caller: Caller) -> Client:
    return caller("sync", system="crm")


@pytest.fixture
def lane(client: Client) -> Lane:
    golden = journal.golden(legal_name="Acme")
    subscribe(
        owner="test", name="Sink", system="crm", url="https://x.example/", entities=["client"]
    )
    fanout.fan_out()
    fanout.load_pending()
    return Lane.objects.get(golden=golden)


STATES: list[tuple[dict[str, Any], str]] = [
    ({}, "pending"),
    ({"attempt": 2}, "retrying"),
    ({"confirmed": 1}, "confirmed"),
    ({"confirmed": 1, "resend": True}, "pending"),
    ({"parked": "dead", "attempt": 14}, "dead"),
    ({"parked": "dependency"}, "waiting"),
    ({"parked": "unverified"}, "unverified"),
]


@pytest.mark.parametrize(("state", "status"), STATES)
def test_a_status_is_the_same_in_the_list_and_in_the_filter(
    client: Client, lane: Lane, state: dict[str, Any], status: str
) -> None:
    Lane.objects.update(**state)
    [shown] = client.get(URL).json()["results"]
    assert shown["status"] == status
    assert [row["id"] for row in client.get(URL, {"status": status}).json()["results"]] == [lane.pk]
    assert client.get(URL, {"status": "held"}).json()["results"] == []


def test_one_delivery_tells_its_attempts(client: Client, lane: Lane) -> None:
    Attempt.objects.create(
        lane=lane, version=1, fence=1, message_id=uuid4(), started_at=lane.due_at,
        verdict="failed", settled=True, status=503, reason="answered 503", response="try later",
    )  # fmt: skip
    shown = client.get(f"{URL}/{lane.pk}").json()
    assert [tried["status"] for tried in shown["tried"]] == [503]


def test_a_dead_one_is_sent_again(client: Client, lane: Lane) -> None:
    Lane.objects.update(parked="dead", attempt=14)
    headers = {"Idempotency-Key": "again"}
    answer = client.post(f"{URL}/{lane.pk}/replay", {}, "application/json", headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")


@pytest.mark.parametrize(
    "query", [{"status": "x"}, {"entity": "x"}, {"golden": "x"}, {"subscription": 7}, {"cursor": 1}]
)
def test_bad_parameters_are_refused(client: Client, query: Any) -> None:
    assert client.get(URL, query).status_code == 400


@pytest.mark.parametrize("name", ["0", "x", "9" * 30, "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_one_is_not_found(client: Client, name: str) -> None:
    assert client.get(f"{URL}/{name}").status_code == 404


def test_those_of_another_system_are_not_found(caller: Caller, lane: Lane) -> None:
    other = caller("sync", system="erp")
    assert other.get(f"{URL}/{lane.pk}").status_code == 404
    assert other.get(URL).json()["results"] == []


def test_what_was_given_up_tells_what_hangs_on_it(client: Client, lane: Lane) -> None:
    assert client.get(f"{URL}/{lane.pk}").json()["impact"] is None
    Lane.objects.update(parked="dead")
    told = client.get(f"{URL}/{lane.pk}").json()["impact"]
    assert told["client"] == lane.golden.code
    assert "value_at_risk" in told


def test_a_refused_record_is_edited_and_sent_again(caller: Caller) -> None:
    hub.open_hub()
    golden = hub.client("Acme Mining")
    subscribe(
        owner="test", name="Sink", system="crm", url="https://x.example/", entities=["client"]
    )
    fanout.fan_out()
    fanout.load_pending()
    lane = Lane.objects.get()
    Lane.objects.update(parked="dead")
    path = "/api/v1/deliveries/{id}/correct"
    content = document()["paths"][path]["post"]["requestBody"]["content"]
    body = content["application/json"]["example"]
    steward, sender = caller("steward", system="crm"), caller("sync", system="crm")
    url = f"{URL}/{lane.pk}/correct"

    def post(by: Client, sent: Any) -> Any:
        headers = {"Idempotency-Key": str(uuid4())}
        return by.post(url, sent, "application/json", headers=headers)

    assert post(sender, body).status_code == 403
    wrong = post(steward, {**body, "values": {"website": 7}})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"][:7]) == (400, "/values")
    assert post(steward, {"values": {}, "reason": ""}).status_code == 400
    assert fits(path, "post", post(steward, body))["status"] == "pending"
    assert hub.document(golden)["website"] == body["values"]["website"]
    lane.refresh_from_db()
    assert lane.parked == "none"
