"""The worklist over HTTP: filtered, page by page, given to someone, put off, closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from canonical import writer
from canonical.models import User, WorkItem
from tests.canonical.api.conftest import Caller
from tests.factories.firm import Firm, SignIn, firm, sign_in
from tests.matching.api.conftest import Post

__all__ = ["firm", "sign_in"]
pytestmark = pytest.mark.django_db
URL = "/api/v1/work-items"


@pytest.fixture
def steward(caller: Caller) -> Client:
    return caller("read", "steward", system="console")


@pytest.fixture
def ada(sign_in: SignIn) -> Client:
    """A steward who is signed in."""
    return sign_in("steward")


def kinds(caller: Client, **query: str) -> list[str]:
    answer = caller.get(URL, query)
    assert answer.status_code == 200, answer.content
    return [item["kind"] for item in answer.json()["results"]]


def one(kind: str) -> tuple[WorkItem, str]:
    item = WorkItem.objects.get(kind=kind)
    return item, f"{URL}/{item.pk}"


def conflict() -> tuple[WorkItem, str]:
    item = WorkItem.objects.create(
        kind="version_conflict", subject="crm/client/A-1", title="x", opened_at=writer.now()
    )
    return item, f"{URL}/{item.pk}"


def test_an_item_tells_what_it_is_about(firm: Firm, steward: Client) -> None:
    item, url = one("possible_match")
    item.value_at_risk = 4800
    item.save()
    told = steward.get(url).json()
    assert told == steward.get(URL, {"kind": "possible_match"}).json()["results"][0]
    assert told["golden"]["code"] == firm.twin.code
    assert told["concerns"] == {"review": str(firm.review.pk)}
    assert steward.get(f"/api/v1/reviews/{told['concerns']['review']}").status_code == 200
    assert (told["value_at_risk"], told["late"], told["assignee"]) == ("4800.0000", False, None)
    assert steward.get(f"{URL}/{firm.acme.pk}").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"possible_match", "quarantined", "unmapped_value"}),
        ({"kind": "possible_match,quarantined"}, {"possible_match", "quarantined"}),
        ({"entity": "clients", "system": "psa"}, {"possible_match", "quarantined"}),
        ({"entity": "resources"}, set()),
        ({"search": "LUKE"}, {"unmapped_value"}),
        ({"late": "true"}, {"quarantined"}),
        ({"assignee": "a-steward"}, {"unmapped_value"}),
        ({"assignee": "none", "late": "false"}, {"possible_match", "quarantined"}),
    ],
)
def test_filters_narrow(
    firm: Firm, steward: Client, ada: Client, query: dict[str, str], found: set[str]
) -> None:
    late = writer.now() - timedelta(minutes=1)
    WorkItem.objects.filter(kind="quarantined").update(due=late)
    WorkItem.objects.filter(kind="unmapped_value").update(assignee=User.objects.get())
    assert set(kinds(steward, **query)) == found


@pytest.mark.parametrize("order", ["value", "due", "oldest", "newest"])
def test_pages_follow_each_other(firm: Firm, steward: Client, order: str) -> None:
    seen, url = [], f"{URL}?limit=1&order={order}"
    while url:
        page = steward.get(url).json()
        seen += page["results"]
        url = page["next"]
    assert [item["id"] for item in seen] == [
        item["id"] for item in steward.get(URL, {"order": order}).json()["results"]
    ]
    assert len(seen) == WorkItem.objects.count()
    cursor = steward.get(URL, {"limit": 1}).json()["next_cursor"]
    assert steward.get(URL, {"cursor": cursor, "late": "true"}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "nonsense"},
        {"entity": "people"},
        {"late": "1"},
        {"order": "random"},
        {"assignee": "nobody-of-this-name"},
        {"assignee": "me"},
        {"whose": "me"},
    ],
)
def test_a_bad_filter_is_named(steward: Client, query: dict[str, str]) -> None:
    answer = steward.get(URL, query)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["pointer"] in query


def test_work_is_given_taken_and_given_back(firm: Firm, post: Post, ada: Client) -> None:
    item, url = one("possible_match")
    assert post(f"{url}/assign", {"assignee": "a-steward"}).json()["assignee"] == "a-steward"
    assert kinds(ada, assignee="me") == ["possible_match"]
    assert post(f"{url}/assign", {"assignee": None}).json()["assignee"] is None
    mine = ada.post(f"{url}/assign", {"assignee": "me"}, "application/json",
                    headers={"Idempotency-Key": "mine"})  # fmt: skip
    assert mine.json()["assignee"] == "a-steward"
    for nobody in ("me", "ghost"):
        answer = post(f"{url}/assign", {"assignee": nobody})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/assignee")
    item.refresh_from_db()
    assert item.assignee == User.objects.get(username="a-steward")


def test_work_is_put_off_and_taken_up(firm: Firm, post: Post, steward: Client) -> None:
    _, url = one("quarantined")
    until = (writer.now() + timedelta(days=2)).isoformat()
    told = post(f"{url}/snooze", {"until": until, "reason": "asked the owner"}).json()
    assert told["snoozed_until"]
    assert "quarantined" not in kinds(steward)
    assert kinds(steward, snoozed="true") == ["quarantined"]
    assert post(f"{url}/snooze", {"until": None}).json()["snoozed_until"] is None
    assert "quarantined" in kinds(steward)


BAD: list[tuple[str, dict[str, Any], int]] = [
    ("assign", {}, 400),
    ("assign", {"assignee": 7}, 400),
    ("snooze", {"until": "tomorrow"}, 400),
    ("snooze", {"until": "2020-01-01T00:00:00Z"}, 422),
    ("close", {"reason": " "}, 400),
    ("close", {"reason": "x", "preview": True}, 400),
]


@pytest.mark.parametrize(("deed", "body", "status"), BAD)
def test_what_makes_no_sense_is_refused(
    steward: Client, post: Post, deed: str, body: dict[str, Any], status: int
) -> None:
    _, url = conflict()
    answer = post(f"{url}/{deed}", body)
    assert answer.status_code == status, answer.content


def test_only_what_nothing_else_closes_is_closed(firm: Firm, post: Post) -> None:
    _, url = one("possible_match")
    assert post(f"{url}/close", {"reason": "enough"}).status_code == 422
    _, url = conflict()
    told = post(f"{url}/close", {"reason": "a migration"}).json()
    assert (told["state"], told["late"]) == ("done", False)
    assert told["closed_at"]
    assert post(f"{url}/close", {"reason": "again"}).status_code == 409
    assert post(f"{url}/assign", {"assignee": None}).status_code == 409


def test_reading_is_not_deciding(caller: Caller) -> None:
    _, url = conflict()
    reader = caller("read")
    assert reader.get(URL).status_code == 200
    headers = {"Idempotency-Key": "k"}
    answer = reader.post(f"{url}/close", {"reason": "x"}, "application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient-scope")
