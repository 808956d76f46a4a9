"""One client under three names and ids in two CRMs and an ERP: linked, reviewed, merged, undone.

Everything is asked and told over HTTP; what goes out goes through the real lanes to a receiver
that really listens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import standardwebhooks
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from canonical import access
from canonical.models import System
from sync.models import Subscription
from sync.outbound.publishing import fanout
from sync.torture.receiver import Received, Receiver
from tests.canonical.api.conftest import token
from tests.factories import hub, targets

pytestmark = pytest.mark.django_db

SALES = {
    "legal_name": "Hansekontor Logistik GmbH",
    "website": "https://hansekontor.example",
    "phone": "+49 40 555 0100",
    "addresses": [{"role": "billing", "locality": "Hamburg", "country": "DE"}],
}
MARKETING = {
    "legal_name": "HANSEKONTOR LOGISTIK",
    "trading_name": "Hansekontor",
    "website": "www.hansekontor.example",
    "phone": "040 5550100",
    "addresses": [{"role": "billing", "locality": "Hamburg", "country": "DE"}],
}
LEDGER = {
    "legal_name": "Hansekontor Spedition und Logistik",
    "currency": "EUR",
    "addresses": [{"role": "billing", "locality": "Hamburg", "country": "DE"}],
}
CONTRACT = {"title": "Framework 2026", "client": {"source_id": "70012"}}


@dataclass
class Systems:
    """Each system, the steward and the data warehouse with a credential of its own."""

    callers: dict[str, Client] = field(default_factory=dict)

    def sign_in(self, code: str, *scopes: str) -> None:
        system = System.objects.create(code=code, name=code.title())
        bearer = token(access.issue_credential(system, scopes, name=code.title()))
        self.callers[code] = Client(headers={"Authorization": f"Bearer {bearer}"})

    def put(self, system: str, entity: str, source_id: str, data: Any) -> Any:
        answer = self.callers[system].put(
            f"/api/v1/systems/{system}/{entity}/{source_id}",
            {"data": data, "modified_at": "2026-03-01T08:00:00Z"},
            "application/json",
        )
        assert answer.status_code == 201, answer.content
        return answer.json()

    def post(self, caller: str, url: str, body: Any) -> Any:
        headers = {"Idempotency-Key": str(uuid4())}
        answer = self.callers[caller].post(url, body, "application/json", headers=headers)
        assert answer.status_code in {200, 201}, answer.content
        return answer.json()

    def get(self, url: str, caller: str = "stewards") -> Any:
        """What stands at an address, or where a 308 leads."""
        answer = self.callers[caller].get(url)
        if answer.status_code == 308:
            return self.get(answer["Location"], caller)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def behind(self, system: str, source_id: str) -> str:
        """The golden record behind a client's id."""
        url = f"/api/v1/systems/{system}/clients/{source_id}/golden"
        return str(self.get(url, system)["id"])


@pytest.fixture
def systems() -> Systems:
    cache.clear()
    found = Systems()
    for code in ("sales", "marketing", "ledger"):
        found.sign_in(code, "ingest", "match", "read")
    found.sign_in("stewards", "read", "steward")
    found.sign_in("warehouse", "sync", "read")
    return found


@dataclass
class Warehouse:
    """What a target makes of what it receives: the newest document of each record."""

    receiver: Receiver
    subscription: Subscription

    def take(self) -> dict[str, dict[str, Any]]:
        """Deliver what is due; the records it holds, by golden id."""
        targets.deliver(self.subscription)
        assert targets.at_rest(self.subscription)
        held: dict[str, dict[str, Any]] = {}
        for message in self.receiver.received:
            self._verify(message)
            document = message.event["data"]
            if document["state"] == "active":
                held[document["id"]] = document
            else:
                held.pop(document["id"], None)
        assert self.receiver.truth.older_after_newer == 0
        self._never_backwards()
        return held

    def _verify(self, message: Received) -> None:
        webhook = standardwebhooks.Webhook(self.subscription.secret)
        webhook.verify(message.body, dict(message.headers))

    def _never_backwards(self) -> None:
        told: dict[str, list[int]] = {}
        for message in self.receiver.received:
            told.setdefault(message.event["subject"], []).append(message.event["recordversion"])
        assert all(versions == sorted(set(versions)) for versions in told.values()), told

    def clients(self) -> list[dict[str, Any]]:
        return [row for row in self.take().values() if row["entity"] == "client"]


@pytest.fixture
def warehouse(systems: Systems, settings: Settings) -> Iterator[Warehouse]:
    settings.ALLOW_LOCAL_TARGETS = True
    with Receiver(guarded=False) as receiver:
        wanted = {
            "name": "Data warehouse",
            "system": "warehouse",
            "url": f"{receiver.url}/sink",
            "entities": ["clients", "contracts"],
        }
        made = systems.post("warehouse", "/api/v1/subscriptions", wanted)
        subscription = Subscription.objects.get(pk=made["id"])
        fanout.fan_out()
        fanout.load_pending()
        yield Warehouse(receiver, subscription)


@dataclass(frozen=True)
class Story:
    """The golden id of the two CRMs' client, that of the ERP's, and the ERP's contract."""

    golden: str
    newcomer: str
    contract: str
    review: str


def test_one_client_of_three_systems(systems: Systems, warehouse: Warehouse) -> None:
    story = two_link_and_one_waits(systems, warehouse)
    merge = the_steward_confirms(systems, story)
    each_value_tells_its_source(systems, story)
    everyone_sees_one_client(systems, warehouse, story)
    the_merge_is_undone(systems, merge, story)
    everyone_sees_two_clients(systems, warehouse, story)
    automation_does_not_repeat_it(systems, story)
    hub.assert_sound()


def two_link_and_one_waits(systems: Systems, warehouse: Warehouse) -> Story:
    sales = systems.put("sales", "clients", "006-A", SALES)
    marketing = systems.put("marketing", "clients", "9001", MARKETING)
    golden = sales["golden"]["id"]
    assert (sales["outcome"], marketing["outcome"]) == ("created", "linked")
    assert marketing["golden"]["id"] == golden

    ledger = systems.put("ledger", "clients", "70012", LEDGER)
    newcomer = ledger["golden"]["id"]
    assert ledger["outcome"] == "review"
    assert systems.get(ledger["golden"]["url"])["in_review"] is True
    contract = systems.put("ledger", "contracts", "K-1", CONTRACT)["golden"]["id"]
    assert systems.get(f"/api/v1/contracts/{contract}")["client"]["id"] == newcomer

    [client] = warehouse.clients()
    assert (client["id"], client["legal_name"]) == (golden, SALES["legal_name"])
    return Story(golden, newcomer, contract, ledger["review_url"])


def the_steward_confirms(systems: Systems, story: Story) -> dict[str, Any]:
    [review] = systems.get("/api/v1/reviews")["results"]
    assert (review["url"], review["arrived"]["source_id"]) == (story.review, "70012")
    body = {"decision": "match", "reason": "One entry in the register"}
    decided = systems.post("stewards", f"{review['url']}/decide", body)
    assert decided["effect"]["golden"]["id"] == story.golden
    [merge] = decided["effect"]["merges"]
    return dict(merge)


def each_value_tells_its_source(systems: Systems, story: Story) -> None:
    lineage = systems.get(f"/api/v1/clients/{story.golden}/lineage")["attributes"]
    winners = {row["attribute"]: row["winner"] for row in lineage}
    assert winners["trading_name"]["system"] == "marketing"
    assert winners["currency"]["system"] == "ledger"
    names = next(row for row in lineage if row["attribute"] == "legal_name")
    told = {names["value"], *(losing["value"] for losing in names["losing"])}
    assert told == {SALES["legal_name"], MARKETING["legal_name"], LEDGER["legal_name"]}


def everyone_sees_one_client(systems: Systems, warehouse: Warehouse, story: Story) -> None:
    sources = systems.get(f"/api/v1/clients/{story.golden}/sources")["results"]
    assert {row["source_id"] for row in sources} == {"006-A", "9001", "70012"}
    assert {
        systems.behind("sales", "006-A"),
        systems.behind("marketing", "9001"),
        systems.behind("ledger", "70012"),
        systems.get(f"/api/v1/clients/{story.newcomer}")["id"],
        systems.get(f"/api/v1/contracts/{story.contract}")["client"]["id"],
    } == {story.golden}
    [client] = warehouse.clients()
    assert (client["id"], client["currency"]) == (story.golden, "EUR")
    assert warehouse.take()[story.contract]["client"]["id"] == story.golden


def the_merge_is_undone(systems: Systems, merge: dict[str, Any], story: Story) -> None:
    before = datetime.fromisoformat(merge["at"]) - timedelta(microseconds=1)
    then = f"?as_of={before:%Y-%m-%dT%H:%M:%S.%fZ}"
    body = {"reason": "A subsidiary after all"}
    undone = systems.post("stewards", f"{merge['url']}/undo", body)
    assert undone["golden"]["id"] == story.newcomer
    for golden in (story.golden, story.newcomer):
        url = f"/api/v1/clients/{golden}"
        assert content(systems.get(url)) == content(systems.get(url + then))


def content(document: dict[str, Any]) -> dict[str, Any]:
    """What an undo restores: all but the version, its time, and the review that is over."""
    beside = ("version", "updated_at", "in_review")
    return {name: value for name, value in document.items() if name not in beside}


def everyone_sees_two_clients(systems: Systems, warehouse: Warehouse, story: Story) -> None:
    assert systems.behind("sales", "006-A") == story.golden
    assert systems.behind("marketing", "9001") == story.golden
    assert systems.behind("ledger", "70012") == story.newcomer
    assert systems.get(f"/api/v1/contracts/{story.contract}")["client"]["id"] == story.newcomer
    held = warehouse.take()
    assert held.keys() == {story.golden, story.newcomer, story.contract}
    assert held[story.newcomer]["legal_name"] == LEDGER["legal_name"]
    assert held[story.golden]["currency"] is None
    assert held[story.contract]["client"]["id"] == story.newcomer


def automation_does_not_repeat_it(systems: Systems, story: Story) -> None:
    data = {**LEDGER, "legal_name": "Hansekontor Spedition & Logistik"}
    answer = (
        systems.callers["ledger"]
        .put(
            "/api/v1/systems/ledger/clients/70012",
            {"data": data, "modified_at": "2026-04-01T08:00:00Z"},
            "application/json",
        )
        .json()
    )
    assert (answer["outcome"], answer["review_url"]) == ("updated", None)
    assert systems.behind("ledger", "70012") == story.newcomer
