"""Targets over HTTP: comparisons, differences, and whose word stands."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from sync.models import Drift, Lane, Subscription
from sync.reconciliation import runs
from sync.torture.receiver import Receiver
from tests.canonical.api.conftest import Caller
from tests.factories import journal, targets
from tests.openapi import document
from tests.sync.api.source import fits

pytestmark = pytest.mark.django_db
BASE = "/api/v1/targets"
DRIFT, RUNS = f"{BASE}/{{code}}/drift", f"{BASE}/{{code}}/reconciliations"
HEAL = f"{DRIFT}/{{id}}/heal"


def post(client: Client, url: str, body: Any) -> Any:
    return client.post(url, body, "application/json", headers={"Idempotency-Key": str(uuid4())})


def example(path: str) -> Any:
    return document()["paths"][path]["post"]["requestBody"]["content"]["application/json"][
        "example"
    ]


@pytest.fixture
def target(settings: Settings) -> Any:
    """One that holds two clients, the second of them changed by hand."""
    settings.ALLOW_LOCAL_TARGETS = True
    with Receiver() as receiver:
        made = targets.subscription(receiver, system=journal.system("crm").pk,
                                    read_url=f"{receiver.url}/sink")  # fmt: skip
        _, second = journal.clients(2)
        targets.deliver(made)
        receiver.truth.data["/sink", str(second.pk)]["legal_name"] = "Changed by hand"
        yield made


@pytest.fixture
def client(caller: Caller) -> Client:
    return caller("sync", system="crm")


def test_a_comparison_is_asked_for_and_read(client: Client, target: Subscription) -> None:
    asked = post(client, f"{BASE}/crm/reconciliations", example(RUNS))
    [waiting] = fits(RUNS, "post", asked)["reconciliations"]
    assert waiting["state"] == "waiting"
    [due] = runs.due()
    runs.work(due)
    read = client.get(f"{BASE}/crm/reconciliations/{waiting['id']}")
    told = fits(f"{RUNS}/{{id}}", "get", read)
    assert (told["state"], told["counts"]["drifted"]) == ("done", 1)
    listed = fits(RUNS, "get", client.get(f"{BASE}/crm/reconciliations"))
    assert listed["results"] == [told]


def test_a_difference_is_listed_and_healed(client: Client, target: Subscription) -> None:
    runs.work(runs.request(target, "test").pk)
    [drift] = fits(DRIFT, "get", client.get(f"{BASE}/crm/drift", {"kind": "drifted"}))["results"]
    assert [d["attribute"] for d in drift["differences"]] == ["legal_name"]
    url = f"{BASE}/crm/drift/{drift['id']}/heal"
    assert fits(HEAL, "post", post(client, url, example(HEAL)))["state"] == "healing"
    assert Lane.objects.get(golden=drift["golden"]["id"]).resend
    Drift.objects.update(state="healed")
    assert post(client, url, {"word": "hub"}).status_code == 409
    assert client.get(f"{BASE}/crm/drift").json()["results"] == []


def test_taking_a_targets_values_in_is_a_stewards(client: Client, target: Subscription) -> None:
    runs.work(runs.request(target, "test").pk)
    url = f"{BASE}/crm/drift/{Drift.objects.get().pk}/heal"
    assert post(client, url, {"word": "target"}).status_code == 403
    assert post(client, url, {"word": "nobody"}).status_code == 400
    assert fits(HEAL, "post", post(client, url, {"word": "accept"}))["state"] == "accepted"


def test_a_target_of_others_is_not_found(caller: Caller, target: Subscription) -> None:
    other = caller("sync", system="erp")
    for path in ("drift", "reconciliations", f"reconciliations/{uuid4()}"):
        assert other.get(f"{BASE}/crm/{path}").status_code == 404


@pytest.mark.parametrize("query", [{"kind": "odd"}, {"state": "odd"}, {"shadow": "1"}, {"x": "1"}])
def test_what_is_asked_wrongly_is_refused(
    client: Client, target: Subscription, query: dict[str, str]
) -> None:
    assert client.get(f"{BASE}/crm/drift", query).status_code == 400
