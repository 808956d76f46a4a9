"""SCIM against the real scim2-server, in an environment and a process of its own."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from canonical.golden.cause import Cause
from canonical.models import Golden, Link, OrderBy, SourceRecord, System
from sync import connectors, egress
from sync.connections import Wish, connect
from sync.erasure import erase
from sync.inbound.arrivals import Item
from sync.inbound.pulls import Reading
from sync.inbound.receive import receive, retire
from sync.models import Attempt, Connection, Lane, Pull, Subscription
from sync.models.connections import LoginKind
from sync.outbound.delivery.deliver import drain
from sync.outbound.publishing import fanout
from sync.outbound.subscriptions import subscribe
from tests.factories import hub, targets
from tests.standins import environment
from tests.standins.server import SECRET
from tests.sync.connectors.bench import messages_of
from tests.sync.connectors.samples import RESOURCE

SERVER = ["scim2-server==0.8.3"]
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Its address."""
    python = environment.python(SERVER)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(python.parent / "scim2-server"), "--port", str(port), "--bearer-token", SECRET,
               "--dynamic-tenants"]  # fmt: skip
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, running)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(10)


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if running.poll() is not None:
            pytest.fail(f"scim2-server ended with {running.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("scim2-server did not listen within 30 seconds")


class Provider:
    """One tenant of the server, as its administrator sees it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(headers={"authorization": f"Bearer {SECRET}"}, trust_env=False)

    def users(self) -> list[dict[str, Any]]:
        found = self._http.get(f"{self.url}/Users").json()
        return list(found.get("Resources", []))

    def add(self, **user: Any) -> str:
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], **user}
        made = self._http.post(f"{self.url}/Users", json=body,
                               headers={"content-type": "application/scim+json"})  # fmt: skip
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def provider(server: str, request: pytest.FixtureRequest, settings: Settings) -> Iterator[Provider]:
    settings.ALLOW_LOCAL_TARGETS = True
    made = Provider(f"{server}/{request.node.name.replace('_', '-')}")
    yield made
    made.close()


@pytest.fixture
def target(provider: Provider) -> Subscription:
    System.objects.create(code="erp", name="ERP", order_by=OrderBy.RECEIVED)
    System.objects.create(code="idp", name="People", order_by=OrderBy.MODIFIED_AT)
    connect(
        Wish(
            system="idp", connector="scim", url=provider.url, login_kind=LoginKind.KEY,
            login={"header": "authorization", "prefix": "Bearer "}, secret=SECRET,
            entities=["resource"],
        ),
        "test",
    )  # fmt: skip
    made = subscribe(owner="test", name="people", system="idp", connector="scim",
                     entities=["resource"])  # fmt: skip
    fanout.fan_out()
    fanout.load_pending()
    made.refresh_from_db()
    return made


def say(source_id: str, **data: Any) -> Golden:
    [answer] = receive(hub.SENDER, "erp", "resource", [Item(source_id, data)])
    return hub.golden_of(answer)


def deliver(target: Subscription) -> None:
    for _ in range(6):
        fanout.fan_out()
        if not drain(target.pk):
            return


def pull() -> dict[str, int]:
    reading = Reading(Pull.objects.get(connection="idp", entity="resource"))
    for _ in reading:
        pass
    return dict(reading.outcomes)


BOSS = {"resource_type": "employee", "display_name": "Olu Adé", "given_name": "Olu",
        "family_name": "Adé", "email": "olu@firm.example", "user_name": "oade",
        "worker_id": "9", "employment_status": "active"}  # fmt: skip
PERSON = {**RESOURCE, "manager": {"source_id": "R-9"}, "phone": "+442079460000"}


def test_people_are_made_changed_and_left(provider: Provider, target: Subscription) -> None:
    boss, person = say("R-9", **BOSS), say("R-1", **PERSON)
    deliver(target)
    assert targets.at_rest(target), list(Lane.objects.values_list("last_error"))
    users = {user["externalId"]: user for user in provider.users()}
    grace = users[person.code]
    enterprise = grace["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]
    assert (grace["userName"], grace["active"]) == ("gokafor", True)
    assert [email["value"] for email in grace["emails"]] == ["grace.okafor@firm.example"]
    assert enterprise["employeeNumber"] == "21001"
    assert enterprise["manager"]["value"] == users[boss.code]["id"]
    say("R-1", **{**PERSON, "job_title": None, "family_name": "Okafor-Lee"})
    deliver(target)
    [changed] = [user for user in provider.users() if user["externalId"] == person.code]
    assert (changed["id"], changed["name"]["familyName"]) == (grace["id"], "Okafor-Lee")
    assert "title" not in changed
    retire(hub.SENDER, "erp", "resource", "R-1")
    deliver(target)
    [left] = [user for user in provider.users() if user["externalId"] == person.code]
    assert left["active"] is False
    assert len(provider.users()) == 2
    hub.assert_sound()


def test_a_person_who_is_erased_is_deleted_there_and_stays_so(
    provider: Provider, target: Subscription
) -> None:
    person = say("R-1", **RESOURCE)
    say("R-9", **BOSS)
    deliver(target)
    retire(hub.SENDER, "erp", "resource", "R-1")
    deliver(target)
    assert len(provider.users()) == 2
    holders = erase(person.pk, Cause(actor="user:1", name="Ada", reason="asked to be forgotten"))
    assert holders == {"erp": ["R-1"]}
    deliver(target)
    assert person.code not in [user["externalId"] for user in provider.users()]
    assert len(provider.users()) == 1
    Lane.objects.update(resend=True, confirmed_digest="")
    targets.make_due(target)
    deliver(target)
    assert len(provider.users()) == 1
    assert targets.at_rest(target)
    hub.assert_sound()


def test_a_repeat_finds_its_user(provider: Provider, target: Subscription) -> None:
    person = say("R-1", **RESOURCE)
    deliver(target)
    # As after a lost acknowledgement: the hub does not know the id that was given.
    Link.objects.filter(record__system="idp").delete()
    SourceRecord.objects.filter(system="idp").delete()
    Lane.objects.update(resend=True, confirmed_digest="", confirmed=0)
    targets.make_due(target)
    deliver(target)
    assert [user["externalId"] for user in provider.users()] == [person.code]


def test_what_is_read_back_is_what_was_meant(provider: Provider, target: Subscription) -> None:
    goldens = [say("R-9", **BOSS), say("R-1", **PERSON)]
    deliver(target)
    with egress.Client() as client:
        speaker = connectors.for_connection(Connection.objects.get(pk="idp"), client)
        held = {each.key: each for each in speaker.read("resource")}
        for message in messages_of(target, goldens):
            projection = speaker.projection(message)
            found = held[message.key]
            assert {n: found.values.get(n) for n in projection} == projection
            [again] = speaker.read("resource", [found.source_id])
            assert again.values == found.values


def test_people_there_come_in_and_go_on_from_the_cursor(
    provider: Provider, target: Subscription
) -> None:
    for number, name in enumerate(("Mei Chen", "Lars Holm", "Ida Roth")):
        given, family = name.split()
        provider.add(userName=given.lower(), displayName=name, active=True,
                     name={"givenName": given, "familyName": family},
                     emails=[{"value": f"{given}@people.example", "primary": True}],
                     externalId="" if number else None)  # fmt: skip
    assert pull() == {"created": 3}
    assert set(pull()) <= {"unchanged"}
    mei = Golden.objects.get(resource__display_name="Mei Chen")
    document = hub.document(mei)
    assert (document["email"], document["employment_status"]) == ("mei@people.example", "active")
    say("R-5", **{**BOSS, "display_name": "Mei Chen", "given_name": "Mei", "family_name": "Chen",
                  "email": "mei@people.example", "user_name": "mei", "worker_id": "5"})  # fmt: skip
    deliver(target)
    assert len(provider.users()) == 3
    assert {u["userName"]: u.get("externalId") for u in provider.users()}["mei"] == mei.code


def test_a_name_that_is_taken_is_for_a_person(provider: Provider, target: Subscription) -> None:
    provider.add(userName="gokafor")
    say("R-1", **RESOURCE)
    deliver(target)
    lane, attempt = Lane.objects.get(), Attempt.objects.get()
    assert (lane.parked, attempt.status) == ("dead", 409)
