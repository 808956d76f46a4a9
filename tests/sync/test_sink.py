"""The demo's receiver: what any target should do."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import pytest
from django.test import RequestFactory

from sync import sink, views
from sync.models import Received, Subscription
from sync.outbound.content import envelope
from sync.outbound.content.envelope import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def target() -> Subscription:
    return sink.enable("http://127.0.0.1:8000")


def post(
    target: Subscription, version: int, *, subject: str, secret: str = "", again: bool = False
) -> Any:
    body = json.dumps({"subject": subject, "recordversion": version, "type": "t"}).encode()
    identity = envelope.message_id(0, str(target.pk), subject, version)
    signed = envelope.signed(
        Message(identity, version, body, {}), [secret or target.secret], int(time.time())
    )
    signed |= {envelope.RESEND: "true"} if again else {}
    request = RequestFactory().post("/sink/", body, "application/json", headers=signed)
    return views.receive(request, target.pk)


def test_it_takes_each_version_once_and_never_an_older_one(target: Subscription) -> None:
    subject = str(uuid4())
    answers = [post(target, version, subject=subject) for version in (1, 1, 3, 2, 4)]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert sorted(Received.objects.values_list("record_version", flat=True)) == [1, 3, 4]
    assert "receipt" in json.loads(answers[0].content)


def test_it_refuses_what_the_hub_did_not_sign(target: Subscription) -> None:
    forged = post(target, 1, subject=str(uuid4()), secret="whsec_" + "A" * 44)
    assert forged.status_code == 400
    assert not Received.objects.exists()


def test_it_follows_the_demo_to_another_port(target: Subscription) -> None:
    again = sink.enable("http://127.0.0.1:9000")
    assert again.pk == target.pk
    assert again.url == f"http://127.0.0.1:9000/sink/{target.pk}/"


def told(target: Subscription, query: str, secret: str = "") -> Any:
    """What the sink answers to whom reads it back."""
    path = f"/sink/{target.pk}/?{query}"
    signed = envelope.signature_headers(
        str(uuid4()), path.encode(), [secret or target.secret], int(time.time())
    )
    return views.receive(RequestFactory().get(path, headers=signed), target.pk)


def keep(target: Subscription, subject: str, version: int, **data: Any) -> Received:
    return Received.objects.create(
        subscription=target,
        message_id=uuid4(),
        subject=subject,
        record_version=version,
        event={"type": "org.assay.client.updated.v1", "data": {"state": "active", **data}},
    )


def test_it_tells_the_newest_of_each_record_page_by_page(target: Subscription) -> None:
    subjects = sorted(str(uuid4()) for _ in range(3))
    for subject in subjects:
        for version in (1, 2):
            keep(target, subject, version)
    first = json.loads(told(target, "entity=client&limit=2").content)
    assert [row["recordversion"] for row in first["records"]] == [2, 2]
    rest = json.loads(told(target, f"entity=client&limit=2&after={first['next']}").content)
    found = [row["subject"] for page in (first, rest) for row in page["records"]]
    assert (found, rest["next"]) == (subjects, None)
    one = json.loads(told(target, f"entity=client&limit=2&subject={subjects[1]}").content)
    assert [row["subject"] for row in one["records"]] == [subjects[1]]


def test_it_tells_nobody_else(target: Subscription) -> None:
    assert told(target, "entity=client", secret="whsec_" + "A" * 44).status_code == 400
    assert told(target, "entity=client&limit=many").status_code == 400


def test_what_is_sent_again_stands_anew(target: Subscription) -> None:
    subject = str(uuid4())
    post(target, 2, subject=subject)
    row = Received.objects.get()
    row.event = {**row.event, "data": {"legal_name": "Changed by hand"}}
    row.save()
    post(target, 2, subject=subject)
    assert "data" in Received.objects.get().event
    post(target, 2, subject=subject, again=True)
    assert "data" not in Received.objects.get().event
    post(target, 1, subject=subject, again=True)
    assert Received.objects.get().record_version == 2
