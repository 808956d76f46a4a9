"""Subscribing, changing, pausing and replaying over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from canonical.models import System
from sync.models import Lane, Replay, Subscription
from sync.outbound.publishing import fanout
from tests.canonical.api.conftest import Caller
from tests.factories import journal

pytestmark = pytest.mark.django_db
URL = "/api/v1/subscriptions"
WANTED = {"name": "Data warehouse", "url": "https://warehouse.example.com/hook"}


def post(client: Client, url: str, body: Any = None) -> Any:
    headers = {"Idempotency-Key": str(uuid4())}
    return client.post(url, body or {}, "application/json", headers=headers)


@pytest.fixture
def client(caller: Caller) -> Client:
    return caller("sync", "read")


def test_a_subscription_shows_its_secret_once(client: Client) -> None:
    made = post(client, URL, WANTED)
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert made.json()["system"] == "data-warehouse"
    assert made.json()["entities"][0] == "clients"
    read = client.get(made["Location"])
    assert read.status_code == 200
    assert "secret" not in read.json()
    assert [row["id"] for row in client.get(URL).json()["results"]] == [made.json()["id"]]


def test_the_secret_is_encrypted_in_its_column(client: Client, django_db_blocker: Any) -> None:
    from django.db import connection

    secret = post(client, URL, WANTED).json()["secret"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM sync_subscription")
        [(stored,)] = cursor.fetchall()
    assert secret not in stored
    assert Subscription.objects.get().secret == secret


@pytest.mark.parametrize(
    ("member", "value", "pointer"),
    [
        ("url", "http://warehouse.example.com/", "/url"),
        ("url", "https://127.0.0.1/", "/url"),
        ("url", 7, "/url"),
        ("name", "", "/name"),
        ("entities", [], "/entities"),
        ("entities", ["invoices"], "/entities"),
        ("attributes", ["colour"], "/attributes"),
        ("filter", {"colour": "red"}, "/filter/colour"),
        ("filter", {"clients": {"currency": {"x": 1}}}, "/filter/client/currency"),
        ("filter", [], None),
        ("mode", "sometimes", "/mode"),
        ("receipts", "yes", "/receipts"),
        ("max_concurrency", 0, "/max_concurrency"),
        ("rate", 0, "/rate"),
        ("windows", [{"rrule": "FREQ=SECONDLY", "starts": "2026-01-01T00:00", "minutes": 5,
                      "time_zone": "UTC"}], "/windows/0/rrule"),
        ("windows", [{"rrule": "FREQ=DAILY", "starts": "2026-01-01T00:00", "minutes": 5,
                      "time_zone": "Mars/Olympus"}], "/windows/0/time_zone"),
        ("restricted", True, "/restricted"),
        ("system", "nobody", "/system"),
        ("colour", "red", "/colour"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    client: Client, member: str, value: Any, pointer: str | None
) -> None:
    answer = post(client, URL, {**WANTED, member: value})
    if pointer is None:
        assert answer.status_code == 201
        return
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_a_filter_may_name_entities_by_their_paths(client: Client) -> None:
    wanted = {
        **WANTED,
        "filter": {"clients": {"currency": "EUR"}, "contract": {"cap_alert_pct": 5}},
    }
    made = post(client, URL, wanted)
    assert made.json()["filter"] == {
        "client": {"currency": ["EUR"]},
        "contract": {"cap_alert_pct": [5]},
    }


def test_a_system_subscribes_for_itself_only(caller: Caller) -> None:
    crm = caller("sync", system="crm")
    System.objects.create(code="erp", name="ERP")
    assert post(crm, URL, {**WANTED, "system": "erp"}).status_code == 404
    made = post(crm, URL, {**WANTED, "system": "crm"})
    assert made.status_code == 201
    url = f"{URL}/{made.json()['id']}"
    other = caller("sync", system="psa")
    assert [other.get(url).status_code, other.delete(url).status_code] == [404, 404]
    assert post(other, f"{url}/pause").status_code == 404


def test_it_can_be_changed_paused_resumed_and_ended(client: Client) -> None:
    url = f"{URL}/{post(client, URL, WANTED).json()['id']}"
    changed = client.patch(url, {"mode": "every", "filter": {"clients": {"currency": "EUR"}}},
                           "application/json")  # fmt: skip
    assert (changed.json()["mode"], changed.json()["loading"]) == ("every", True)
    fixed = client.patch(url, {"system": "crm"}, "application/json")
    assert fixed.json()["errors"][0]["pointer"] == "/system"
    assert post(client, f"{url}/pause").json()["status"] == "paused"
    assert post(client, f"{url}/resume").json()["status"] == "active"
    secrets = {post(client, f"{url}/rotate-secret").json()["secret"] for _ in range(2)}
    assert len(secrets) == 2
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert Subscription.objects.get().secret == ""


def test_the_same_post_twice_makes_one_subscription(client: Client) -> None:
    headers = {"Idempotency-Key": "once"}
    answers = [client.post(URL, WANTED, "application/json", headers=headers) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert Subscription.objects.count() == 1


class TestReplay:
    @pytest.fixture
    def url(self, client: Client) -> str:
        journal.clients(3)
        journal.golden("resource", display_name="Erika")
        made = post(client, URL, WANTED).json()["id"]
        fanout.fan_out()
        fanout.load_pending()
        Lane.objects.update(confirmed=1, confirmed_digest="known")
        return f"{URL}/{made}/replay"

    @pytest.mark.parametrize(
        ("scope", "lanes"),
        [({"entity": "clients"}, 3), ({"from_position": 4}, 1), ({"from_position": 0}, 4)],
    )
    def test_a_scope(self, client: Client, url: str, scope: Any, lanes: int) -> None:
        answer = post(client, url, {**scope, "reason": "lost a day"})
        assert (answer.status_code, answer.json()["deliveries"]) == (202, lanes)
        assert Lane.objects.filter(resend=True, confirmed_digest="").count() == lanes
        assert Replay.objects.get().reason == "lost a day"

    def test_from_a_cursor_of_the_feed(self, client: Client, url: str) -> None:
        cursor = client.get("/api/v1/changes?limit=2").json()["next_cursor"]
        assert post(client, url, {"from_position": cursor}).json()["deliveries"] == 3

    @pytest.mark.parametrize(
        "scope", [{}, {"entity": "clients", "ids": []}, {"entity": "x"}, {"ids": ["x"]},
                  {"ids": [7]}, {"from_position": -1}, {"from_position": "x"}, {"all": True}],
    )  # fmt: skip
    def test_an_unclear_scope_is_refused(self, client: Client, url: str, scope: Any) -> None:
        assert post(client, url, scope).status_code == 400

    def test_many_need_a_confirmation(
        self, client: Client, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sync.outbound.replay.WITHOUT_CONFIRMATION", 2)
        refused = post(client, url, {"entity": "clients"})
        assert (refused.status_code, refused.json()["lanes"]) == (422, 3)
        assert not Lane.objects.filter(resend=True).exists()
        assert post(client, url, {"entity": "clients", "confirm": True}).status_code == 202
