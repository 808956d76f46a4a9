"""Events at the door: proved in the way of each vendor, put down, and answered at once."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from canonical.models import System
from sync.connections import Wish, connect
from sync.models import Connection, Hint
from sync.outbound.content.envelope import signature_headers

pytestmark = pytest.mark.django_db

SECRET = "s3cret-of-the-app"
STANDARD = "whsec_" + base64.b64encode(b"a key of the relay, 24 bytes").decode()
URL = "http://testserver/api/v1/systems/vendor/events"
SOAP = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
<notifications xmlns="http://soap.sforce.com/2005/09/outbound">
 <OrganizationId>00D1</OrganizationId><ActionId>04k1</ActionId><SessionId xsi:nil="true"/>
 <Notification><Id>04l1</Id>
  <sObject xsi:type="sf:Account" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
   <sf:Id>0015g00000AbCdE</sf:Id><sf:Name>Acme</sf:Name></sObject></Notification>
 <Notification><Id>04l2</Id>
  <sObject xsi:type="sf:Contact" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
   <sf:Id>0035g00000AbCdE</sf:Id><sf:AccountId>0015g00000Other</sf:AccountId></sObject>
 </Notification></notifications></soapenv:Body></soapenv:Envelope>"""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of one vendor; `prove(body, secret, moment)` gives headers and query."""

    connector: str
    body: str
    named: set[tuple[str, str]]
    prove: Callable[[bytes, str, int], tuple[Mapping[str, str], str]]
    secret: str = SECRET
    media: str = "application/json"
    timed: bool = False


def hubspot(body: bytes, secret: str, now: int) -> tuple[Mapping[str, str], str]:
    content = f"POST{URL}".encode() + body + f"{now}000".encode()
    value = base64.b64encode(hmac.digest(secret.encode(), content, "sha256")).decode()
    return {"X-HubSpot-Signature-v3": value, "X-HubSpot-Request-Timestamp": f"{now}000"}, ""


def basic(body: bytes, secret: str, now: int) -> tuple[Mapping[str, str], str]:
    return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}, ""


def keyed(body: bytes, secret: str, now: int) -> tuple[Mapping[str, str], str]:
    return {}, f"?key={secret}"


def standard(body: bytes, secret: str, now: int) -> tuple[Mapping[str, str], str]:
    return signature_headers("msg_1", body, [secret], now), ""


EVENTS = {
    "hubspot": Event(
        "hubspot",
        json.dumps([
            {"subscriptionType": "company.propertyChange", "objectId": 123, "eventId": 1},
            {"subscriptionType": "company.merge", "objectId": 7, "primaryObjectId": 7,
             "mergedObjectIds": [8, 9], "newObjectId": 10},
            {"subscriptionType": "object.deletion", "objectTypeId": "0-3", "objectId": "55"},
            {"subscriptionType": "object.associationChange", "fromObjectTypeId": "0-1",
             "fromObjectId": 66, "toObjectTypeId": "0-2", "toObjectId": 77},
            {"subscriptionType": "ticket.creation", "objectId": 4},
        ]),
        {*(("client", i) for i in ("123", "7", "8", "9", "10", "77")), ("engagement", "55")},
        hubspot,
        timed=True,
    ),
    "salesforce": Event(
        "salesforce", SOAP, {("client", "0015g00000AbCdE"), ("client", "0015g00000Other")}, keyed,
        media="text/xml",
    ),
    "killbill": Event(
        "killbill",
        json.dumps({"eventType": "ACCOUNT_CHANGE", "accountId": "a-1", "objectType": "ACCOUNT",
                    "objectId": "a-1", "metaData": None}),
        {("client", "a-1")}, keyed,
    ),
    "zuora": Event(
        "zuora", json.dumps({"AccountId": "8ad0", "Number": 5}), {("client", "8ad0")}, basic,
        secret="hub:pass:word",
    ),
    "a relay": Event(
        "dynamics365-finance",
        json.dumps({"type": "changed", "data": [{"entity": "clients", "source_id": "usmf:1"},
                                                {"entity": "engagement", "source_id": "usmf:2"}]}),
        {("client", "usmf:1"), ("engagement", "usmf:2")}, standard, secret=STANDARD, timed=True,
    ),
}  # fmt: skip
NONSENSE = [
    b"", b"{", b"[1]", b"\xff\x00", b'{"data": 5}', b"<!DOCTYPE a>", b"<a>",
    b'{"data": {"entity": "trees", "source_id": "1"}}',
]  # fmt: skip
Connect = Callable[..., Connection]
EVERY = pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)


@pytest.fixture
def connected() -> Connect:
    """A system of that vendor, which nobody could reach from here."""
    cache.clear()

    def make(event: Event, secret: str | None = None) -> Connection:
        System.objects.get_or_create(code="vendor", defaults={"name": "Vendor"})
        given = event.secret if secret is None else secret
        return connect(
            Wish("vendor", event.connector, "https://nowhere.invalid", event_secret=given,
                 entities=["client", *(["engagement"] if event.connector != "killbill"
                                       and event.connector != "zuora" else [])]),
            "test",
        )  # fmt: skip

    return make


def send(event: Event, secret: str | None = None, late: int = 0, body: bytes | None = None) -> Any:
    """The event as its vendor sends it; `body` is what arrives instead of what was signed."""
    signed = event.body.encode()
    given = event.secret if secret is None else secret
    headers, query = event.prove(signed, given, int(time.time()) - late)
    client = Client(raise_request_exception=False)
    arrives = signed if body is None else body
    return client.post(f"{URL}{query}", arrives, content_type=event.media, headers=headers)


@EVERY
def test_what_an_event_names_is_put_down_and_nothing_is_asked(
    connected: Connect, event: Event
) -> None:
    connected(event)
    answer = send(event)
    assert answer.status_code == 200, answer.content
    noted = set(Hint.objects.values_list("pull__entity", "source_id"))
    assert noted == event.named
    assert send(event).status_code == 200
    assert Hint.objects.count() == len(event.named)
    if event.connector == "salesforce":
        assert b"<Ack>true</Ack>" in answer.content
    else:
        assert answer.json() == {"noted": len(event.named)}


@EVERY
def test_an_event_without_proof_is_401_and_puts_nothing_down(
    connected: Connect, event: Event
) -> None:
    connection = connected(event)
    answers = [
        send(event, secret=STANDARD[:-4] + "AAA=" if event.prove is standard else "wrong"),
        Client(raise_request_exception=False).post(URL, event.body, content_type=event.media),
    ]
    if event.timed:
        answers += [send(event, late=301), send(event, late=-360), send(event, body=b"{}")]
    connection.event_secret = ""
    connection.save()
    answers += [send(event), send(event, secret="")]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer["WWW-Authenticate"].endswith('realm="assay"')
    assert not Hint.objects.exists()


def test_a_system_that_is_not_connected_is_401_too(
    connected: Connect,
) -> None:
    System.objects.create(code="vendor", name="Vendor")
    for event in EVENTS.values():
        assert send(event).status_code == 401


@EVERY
def test_two_secrets_count_while_one_replaces_the_other(connected: Connect, event: Event) -> None:
    connected(event, f"another {event.secret}")
    assert send(event).status_code == 200


@EVERY
@pytest.mark.parametrize("body", NONSENSE)
def test_what_makes_no_sense_is_400_or_says_nothing(
    connected: Connect, event: Event, body: bytes
) -> None:
    connected(event)
    headers, query = event.prove(body, event.secret, int(time.time()))
    client = Client(raise_request_exception=False)
    answer = client.post(f"{URL}{query}", body, content_type=event.media, headers=headers)
    assert answer.status_code in {200, 400}, answer.content
    assert not Hint.objects.exists()


def test_an_event_larger_than_a_megabyte_is_not_read(
    connected: Connect,
) -> None:
    event = EVENTS["killbill"]
    connected(event)
    assert send(event, body=b" " * 1_000_001).status_code == 413


def test_the_secret_is_sealed_and_kept_where_none_is_given(
    connected: Connect,
) -> None:
    event = EVENTS["hubspot"]
    connected(event)
    assert connected(event, "").event_secret == SECRET
