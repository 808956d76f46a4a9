"""Ids that come back: who is looked at again because of them, and who is not."""

from __future__ import annotations

from time import sleep
from typing import Any

import pytest

from canonical.models import Golden, SourceRecord, System
from sync.connectors.base import confirmed
from sync.crossreference import wake_referring, write_back
from sync.models import Attempt, Lane, Subscription
from sync.outbound.answers.retry import Judgement, Verdict
from sync.outbound.content.envelope import LEFT
from sync.outbound.delivery import lanes
from sync.outbound.delivery.lanes import Settlement
from sync.outbound.delivery.messages import prepare
from sync.outbound.publishing import fanout
from sync.torture.receiver import Receiver
from tests.factories import journal, targets

pytestmark = pytest.mark.django_db


@pytest.fixture
def crm(receiver: Receiver) -> Subscription:
    """A target that tells its ids, beside another that hears of the same records."""
    System.objects.create(code="crm", name="CRM")
    return targets.subscription(receiver, "crm", system="crm")


def tell_id(target: Subscription, source_id: str) -> None:
    """The target confirms what is due, and answers with an id of its own."""
    claimed = lanes.claim(target.pk, 10)
    [sendable] = prepare(target, claimed).sendable
    settlement = Settlement(
        sendable.lane, Judgement(Verdict.CONFIRMED), sendable.version, sendable.digest,
        sendable.message.id, confirmed(source_id),
    )  # fmt: skip
    write_back(target, [settlement])
    lanes.settle(target, [settlement])


def due(target: Subscription) -> list[Any]:
    return list(Lane.objects.filter(lanes.OPEN_WORK, subscription=target))


def test_an_id_written_back_raises_no_lane(receiver: Receiver, crm: Subscription) -> None:
    other = targets.subscription(receiver, "other")
    record = journal.golden(legal_name="Acme")
    targets.deliver(other)
    tell_id(crm, "001")
    assert fanout.fan_out() == set()
    record.refresh_from_db()
    assert record.version == 2
    for target in (crm, other):
        lane = Lane.objects.get(subscription=target)
        assert (lane.desired, lane.confirmed) == (2, 2)
        assert not due(target)
    assert Attempt.objects.count() == 2
    journal.change(record, legal_name="Acme Holdings")
    assert fanout.fan_out() == {crm.pk, other.pk}


def test_what_is_under_way_or_behind_is_raised_as_ever(
    receiver: Receiver, crm: Subscription
) -> None:
    under_way, behind = (targets.subscription(receiver, name) for name in ("slow", "behind"))
    record = journal.golden(legal_name="Acme")
    fanout.fan_out()
    lanes.claim(under_way.pk, 1)
    tell_id(crm, "001")
    Lane.objects.filter(subscription=behind).update(confirmed=1, desired=1, confirmed_digest="")
    assert fanout.fan_out() == {under_way.pk, behind.pk}
    record.refresh_from_db()
    assert {lane.desired for lane in Lane.objects.all()} == {record.version}


def test_an_id_beside_a_change_is_news(receiver: Receiver, crm: Subscription) -> None:
    record = journal.golden(legal_name="Acme")
    fanout.fan_out()
    tell_id(crm, "001")
    record.refresh_from_db()
    journal.change(record, legal_name="Acme Holdings")
    assert fanout.fan_out() == {crm.pk}


def test_a_record_that_left_stays_so(receiver: Receiver, crm: Subscription) -> None:
    other = targets.subscription(receiver, "other")
    journal.golden(legal_name="Acme")
    fanout.fan_out()
    Lane.objects.filter(subscription=other).update(confirmed=1, confirmed_digest=LEFT)
    tell_id(crm, "001")
    fanout.fan_out()
    assert Lane.objects.get(subscription=other).confirmed_digest == LEFT


def test_only_who_has_a_place_for_the_reference_is_looked_at_again(
    receiver: Receiver, crm: Subscription
) -> None:
    parent, child, other = (journal.golden(legal_name=name) for name in "ABC")
    targets.deliver(crm)
    refer(child, parent, "parent")
    refer(other, parent, "account_manager")
    for connector, woken in (("webhook", {child.pk, other.pk}), ("salesforce", {child.pk})):
        Lane.objects.update(resend=False)
        crm.connector = connector
        assert wake_referring(crm, [parent.pk]) == len(woken)
        assert {lane.golden_id for lane in Lane.objects.filter(resend=True)} == woken
    assert not SourceRecord.objects.exists()


def refer(child: Golden, parent: Golden, path: str) -> None:
    child.references_out.create(path=path, target=parent)


def test_what_is_under_way_without_the_id_is_sent_again(
    receiver: Receiver, crm: Subscription
) -> None:
    parent, child = journal.golden(legal_name="A"), journal.golden(legal_name="B")
    refer(child, parent, "account_manager")
    fanout.fan_out()
    claimed = {lane.golden: lane for lane in lanes.claim(crm.pk, 10)}
    batch = prepare(crm, list(claimed.values())).sendable
    settlements = [
        Settlement(
            s.lane, Judgement(Verdict.CONFIRMED), s.version, s.digest, s.message.id,
            confirmed("001" if s.lane.golden == parent.pk else ""),
        )
        for s in batch
    ]  # fmt: skip
    write_back(crm, settlements)
    lanes.settle(crm, settlements)
    sleep(0.002)  # SQLite's clock counts milliseconds: within the same one nothing is due yet
    [again] = prepare(crm, lanes.claim(crm.pk, 10)).sendable
    assert again.lane.golden == child.pk
    assert again.message.target.references == {str(parent.pk): ["001"]}
