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
from sync.outbound import envelope
from sync.outbound.envelope import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def target() -> Subscription:
    return sink.enable("http://127.0.0.1:8000")


def post(target: Subscription, version: int, *, subject: str, secret: str = "") -> Any:
    body = json.dumps({"subject": subject, "recordversion": version, "type": "t"}).encode()
    identity = envelope.message_id(0, str(target.pk), subject, version)
    signed = envelope.signed(
        Message(identity, version, body, {}), [secret or target.secret], int(time.time())
    )
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
