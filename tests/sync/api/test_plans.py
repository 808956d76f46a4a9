"""Plans over HTTP: how far a merge has come, and who still believes the old state."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from canonical.models import Merge
from sync.models import Lane
from sync.outbound.publishing import fanout
from sync.outbound.subscriptions import subscribe
from tests.canonical.api.conftest import Caller
from tests.factories import journal
from tests.sync.api.source import fits

pytestmark = pytest.mark.django_db
LIST = "/api/v1/plans"


@pytest.fixture
def merge() -> Merge:
    """A merge that one target of the caller's system has yet to hear of."""
    journal.system("crm")
    survivor, absorbed = journal.clients(2)
    subscribe(
        owner="test", name="Sink", system="crm", url="https://x.example/", entities=["client"]
    )
    fanout.fan_out()
    fanout.load_pending()
    Lane.objects.update(confirmed=1)
    made = Merge.objects.create(survivor=survivor, absorbed=absorbed, by="Ada", at=timezone.now())
    journal.change(absorbed, "merged", state="merged", merged_into=str(survivor.pk))
    journal.change(survivor, "absorbed")
    fanout.fan_out()
    return made


@pytest.fixture
def client(caller: Caller) -> Client:
    return caller("sync", system="crm")


def test_a_plan_is_listed_and_read(client: Client, merge: Merge) -> None:
    [plan] = fits(LIST, "get", client.get(LIST, {"merge": str(merge.pk), "state": "open"}))[
        "results"
    ]
    assert [step["action"] for step in plan["steps"]] == ["update", "notify"]
    assert fits(f"{LIST}/{{id}}", "get", client.get(f"{LIST}/{plan['id']}")) == plan
    assert client.get(LIST, {"state": "completed"}).json()["results"] == []


def test_who_still_believes_the_old_state(client: Client, merge: Merge) -> None:
    url = f"{LIST}/unacknowledged"
    first = fits(url, "get", client.get(url, {"limit": 1}))
    rest = fits(url, "get", client.get(url, {"limit": 1, "cursor": first["next_cursor"]}))
    told = [(row["system"], row["action"]) for page in (first, rest) for row in page["results"]]
    assert told == [("crm", "update"), ("crm", "notify")]


def test_another_systems_plans_are_not_shown(caller: Caller, merge: Merge) -> None:
    assert caller("sync", system="erp").get(LIST).json()["results"] == []


@pytest.mark.parametrize("query", [{"state": "lost"}, {"merge": "1"}, {"colour": "red"}])
def test_what_is_asked_wrongly_is_refused(client: Client, query: dict[str, str]) -> None:
    assert client.get(LIST, query).status_code == 400
