"""From the journal to a real receiver."""

from __future__ import annotations

import pytest
import standardwebhooks

from sync.models import Attempt, Lane
from sync.outbound import subscriptions
from sync.outbound.publishing import fanout
from sync.torture.receiver import Receiver
from tests.factories import journal, targets

pytestmark = pytest.mark.django_db


def test_a_change_arrives_once_signed_and_is_confirmed(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    client = journal.golden(legal_name="Acme")
    targets.deliver(target)
    [received] = receiver.received
    checked = standardwebhooks.Webhook(target.secret).verify(received.body, dict(received.headers))
    assert checked["type"] == "org.assay.client.created.v1"
    assert (checked["subject"], checked["recordversion"]) == (str(client.pk), 1)
    assert checked["data"]["legal_name"] == "Acme"
    assert targets.at_rest(target)
    assert [a.verdict for a in Attempt.objects.all()] == ["confirmed"]


def test_what_existed_before_is_told_once(receiver: Receiver) -> None:
    before = journal.clients(3)
    target = targets.subscription(receiver)
    journal.change(before[0], legal_name="Renamed")
    targets.deliver(target)
    assert len(receiver.received) == 3
    assert receiver.truth.versions[("/sink", str(before[0].pk))] == 2


def test_only_the_newest_version_is_sent_in_mode_latest(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    client = journal.golden(legal_name="Acme")
    journal.versions(client, 4)
    targets.deliver(target)
    assert [r.event["recordversion"] for r in receiver.received] == [5]


def test_every_version_is_sent_in_order_in_mode_every(receiver: Receiver) -> None:
    target = targets.subscription(receiver, mode="every")
    client = journal.golden(legal_name="Acme")
    journal.versions(client, 4)
    targets.deliver(target)
    assert [r.event["recordversion"] for r in receiver.received] == [1, 2, 3, 4, 5]


def test_the_same_content_is_not_sent_twice(receiver: Receiver) -> None:
    target = targets.subscription(receiver, attributes=["legal_name"])
    client = journal.golden(legal_name="Acme")
    targets.deliver(target)
    journal.change(client, website="https://acme.example")
    targets.deliver(target)
    assert len(receiver.received) == 1
    assert targets.at_rest(target)


def test_a_record_that_leaves_the_filter_says_goodbye_once(receiver: Receiver) -> None:
    target = targets.subscription(receiver, filter={"client": {"currency": ["EUR"]}})
    journal.golden(legal_name="Elsewhere", currency="USD")
    client = journal.golden(legal_name="Acme", currency="EUR")
    targets.deliver(target)
    for currency in ("USD", "CHF", "EUR"):
        journal.change(client, currency=currency)
        targets.deliver(target)
    kinds = [r.event["type"].split(".")[-2] for r in receiver.received]
    assert kinds == ["created", "left", "created"]
    assert Lane.objects.count() == 1


def test_children_wait_for_their_parents(receiver: Receiver) -> None:
    target = targets.subscription(receiver, entities=["client", "engagement"])
    engagement = journal.golden("engagement", name="Audit")
    client = journal.golden(legal_name="Acme")
    journal.refer(engagement, client)
    targets.deliver(target)
    assert [r.event["subject"] for r in receiver.received] == [str(client.pk), str(engagement.pk)]
    assert targets.at_rest(target)


def test_records_that_wait_for_each_other_all_arrive(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    ring = journal.clients(3)
    for child, parent in zip(ring, ring[1:] + ring[:1], strict=True):
        journal.refer(child, parent)
    targets.deliver(target)
    assert len(receiver.received) == 3
    assert targets.at_rest(target)


def test_unpublished_versions_are_not_told(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    client = journal.golden(legal_name="Acme")
    hidden = journal.golden(legal_name="Hidden")
    hidden.changes.all()
    journal.change(client, published=True, legal_name="Acme Ltd")
    targets.deliver(target)
    assert {r.event["subject"] for r in receiver.received} == {str(client.pk), str(hidden.pk)}


def test_a_source_is_not_told_what_it_said_itself(receiver: Receiver) -> None:
    client = journal.golden(legal_name="Acme")
    record = journal.known_as(client, "crm", "0015")
    target = targets.subscription(receiver, system="crm")
    journal.change(client, legal_name="Acme Ltd", winners={"legal_name": str(record.pk)})
    targets.deliver(target)
    assert receiver.received == []
    other = journal.known_as(client, "erp", "77")
    winners = {"legal_name": str(record.pk), "website": str(other.pk)}
    journal.change(client, website="https://acme.example", winners=winners)
    targets.deliver(target)
    [received] = receiver.received
    assert received.event["data"]["target"]["source_ids"] == ["0015"]


def test_a_rotating_secret_signs_beside_the_new_one(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    old, new = target.secret, subscriptions.rotate_secret(target)
    journal.golden(legal_name="Acme")
    targets.deliver(target)
    [received] = receiver.received
    for secret in (old, new):
        standardwebhooks.Webhook(secret).verify(received.body, dict(received.headers))


def test_a_changed_filter_tells_only_what_differs(receiver: Receiver) -> None:
    target = targets.subscription(receiver, filter={"client": {"currency": ["EUR"]}})
    journal.golden(legal_name="In euro", currency="EUR")
    journal.golden(legal_name="In dollars", currency="USD")
    targets.deliver(target)
    subscriptions.change(target, {"filter": {"client": {"currency": ["USD", "EUR"]}}})
    fanout.load_pending()
    targets.deliver(target)
    names = [r.event["data"]["legal_name"] for r in receiver.received]
    assert names == ["In euro", "In dollars"]
    assert targets.at_rest(target)
