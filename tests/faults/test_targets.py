"""F37-F55: targets that fail, refuse, stall, lie or go away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from canonical.models import WorkItem
from sync import egress
from sync.models import Attempt, Lane, Status, Subscription, TargetHealth
from sync.outbound import subscriptions, sweep
from sync.outbound.delivery import health
from sync.outbound.delivery.deliver import drain
from sync.outbound.replay import replay
from sync.torture.receiver import OK, Reaction, Received, Receiver, chaos
from tests.factories import journal, targets

pytestmark = pytest.mark.django_db


def failing(times: int, reaction: Reaction) -> Callable[[Received], Reaction]:
    """A receiver that behaves badly the first times and well ever after."""
    left = iter([reaction] * times)
    return lambda _: next(left, OK)


def settle(target: Subscription, rounds: int = 60) -> None:
    """Deliver until nothing is owed, as if the waiting times had passed."""
    for _ in range(rounds):
        TargetHealth.objects.update(breaker="closed", not_before=None, probe_at=None)
        targets.make_due(target)
        targets.deliver(target)
        if targets.at_rest(target):
            return
    raise AssertionError(list(Lane.objects.values("parked", "attempt", "last_error")))


@pytest.mark.parametrize(
    "reaction",
    [
        *(Reaction(status, applies=False) for status in (408, 425, 429, 500, 502, 503, 504)),
        Reaction(applies=False, manner="reset"),
        Reaction(applies=False, manner="half"),
    ],
    ids=str,
)
def test_f37_a_failed_attempt_is_repeated_under_the_same_id(
    receiver: Receiver, reaction: Reaction
) -> None:
    receiver.behave = failing(1, reaction)
    target = targets.subscription(receiver)
    journal.golden(legal_name="Acme")
    targets.deliver(target)
    assert Lane.objects.get().attempt == 1
    settle(target)
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1
    assert max(receiver.truth.effects.values()) == 1


def test_f37_it_is_given_up_at_the_end_of_the_schedule(receiver: Receiver) -> None:
    receiver.behave = lambda _: Reaction(500, applies=False)
    target = targets.subscription(receiver)
    client = journal.golden(legal_name="Acme")
    targets.deliver(target)
    Lane.objects.update(attempt=14)
    TargetHealth.objects.update(breaker="closed")
    targets.make_due(target)
    targets.deliver(target)
    assert Lane.objects.get().parked == "dead"
    assert WorkItem.objects.get(state="open").golden_id == client.pk


def test_f37_chaos_ends_with_one_effect_each(receiver: Receiver) -> None:
    receiver.behave = chaos(seed=7)
    target = targets.subscription(receiver, receipts=True)
    clients = journal.clients(40)
    for client in clients:
        list(journal.versions(client, 2))
    settle(target)
    assert receiver.truth.versions == {("/sink", str(c.pk)): 3 for c in clients}
    assert set(receiver.truth.effects.values()) <= {0, 1}
    assert receiver.truth.older_after_newer == 0


def test_f38_a_target_may_ask_for_patience(receiver: Receiver) -> None:
    receiver.behave = lambda _: Reaction(429, applies=False, headers={"Retry-After": "3600"})
    target = targets.subscription(receiver)
    journal.clients(3)
    targets.deliver(target)
    row = TargetHealth.objects.get()
    assert row.not_before is not None
    assert row.not_before - datetime.now(UTC) > timedelta(minutes=59)
    targets.make_due(target)
    assert drain(target.pk) == 0
    assert len(receiver.received) == 1


def test_f39_a_dripping_answer_costs_one_deadline(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "TOTAL_SECONDS", 0.3)
    slow = Reaction(manner="slow", pause=0.05, body=b"x" * 1000, applies=False)
    receiver.behave = failing(1, slow)
    target = targets.subscription(receiver)
    journal.clients(3)
    targets.deliver(target)
    assert Attempt.objects.filter(verdict="failed").count() == 1
    settle(target)


@pytest.mark.parametrize("body", [b"", b"<html>Please sign in</html>", b'{"receipt": "other"}'])
def test_f40_a_success_without_our_receipt_is_tried_three_times(
    receiver: Receiver, body: bytes
) -> None:
    receiver.behave = lambda _: Reaction(body=body, applies=False)
    target = targets.subscription(receiver, receipts=True)
    journal.golden(legal_name="Acme")
    for _ in range(5):
        targets.make_due(target)
        targets.deliver(target)
    assert Lane.objects.get().parked == "unverified"
    assert len(receiver.received) == 3
    assert WorkItem.objects.filter(state="open").count() == 1


def test_f41_a_lost_acknowledgement_leaves_one_effect(receiver: Receiver) -> None:
    receiver.behave = failing(2, Reaction(manner="reset"))
    target = targets.subscription(receiver)
    journal.golden(legal_name="Acme")
    settle(target)
    assert len(receiver.received) == 3
    assert list(receiver.truth.effects.values()) == [1]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_f43_a_target_that_refuses_us_hears_three_requests(receiver: Receiver, status: int) -> None:
    receiver.behave = lambda _: Reaction(status, applies=False)
    target = targets.subscription(receiver)
    journal.clients(100)
    targets.deliver(target)
    assert len(receiver.received) == 3
    target.refresh_from_db()
    assert target.status == Status.PAUSED
    assert WorkItem.objects.filter(subject=f"subscription:{target.pk}", state="open").exists()
    receiver.behave = lambda _: OK
    subscriptions.resume(target)
    targets.deliver(target)
    assert targets.at_rest(target)
    assert not WorkItem.objects.filter(state="open").exists()


def test_f44_gone_ends_the_subscription(receiver: Receiver) -> None:
    receiver.behave = lambda _: Reaction(410, applies=False)
    target = targets.subscription(receiver)
    journal.clients(3)
    targets.deliver(target)
    target.refresh_from_db()
    assert (target.status, len(receiver.received)) == (Status.DISABLED, 1)


def test_f45_a_redirect_is_never_followed(receiver: Receiver) -> None:
    elsewhere = {"Location": f"{receiver.url}/elsewhere"}
    receiver.behave = lambda _: Reaction(307, applies=False, headers=elsewhere)
    target = targets.subscription(receiver)
    journal.golden(legal_name="Acme")
    targets.deliver(target)
    assert [received.path for received in receiver.received] == ["/sink"]
    assert Lane.objects.get().confirmed == 0


def test_f46_poison_stops_no_other_lane(receiver: Receiver) -> None:
    poison = journal.golden(legal_name="Poison")
    receiver.behave = lambda r: (
        Reaction(422, applies=False)
        if (r.event["subject"], r.event["recordversion"]) == (str(poison.pk), 1)
        else OK
    )
    target = targets.subscription(receiver)
    journal.clients(20)
    targets.deliver(target)
    assert Lane.objects.get(golden=poison).parked == "dead"
    assert Lane.objects.filter(confirmed=1).count() == 20
    journal.change(poison, legal_name="Cured")
    targets.deliver(target)
    assert targets.at_rest(target)
    sweep.run()
    assert not WorkItem.objects.filter(state="open").exists()


def test_f46_poison_blocks_its_lane_in_mode_every(receiver: Receiver) -> None:
    receiver.behave = lambda r: Reaction(422, applies=False) if len(receiver.received) < 1 else OK
    target = targets.subscription(receiver, mode="every")
    client = journal.golden(legal_name="Poison")
    targets.deliver(target)
    journal.change(client, legal_name="Later")
    targets.deliver(target)
    assert Lane.objects.get().parked == "dead"
    replay(target, {"ids": [str(client.pk)]}, actor="test")
    targets.deliver(target)
    assert [r.event["recordversion"] for r in receiver.received] == [1, 1, 2]


def test_f48_an_open_breaker_lets_one_probe_through(receiver: Receiver) -> None:
    receiver.behave = lambda _: Reaction(500, applies=False)
    target = targets.subscription(receiver)
    journal.clients(20)
    targets.deliver(target)
    assert TargetHealth.objects.get().breaker == "open"
    assert len(receiver.received) == 5
    targets.make_due(target)
    assert drain(target.pk) == 0
    TargetHealth.objects.update(probe_at=datetime.now(UTC) - timedelta(seconds=1))
    targets.make_due(target)
    targets.deliver(target)
    assert len(receiver.received) == 6
    receiver.behave = lambda _: OK
    TargetHealth.objects.update(probe_at=datetime.now(UTC) - timedelta(seconds=1))
    targets.make_due(target)
    targets.deliver(target)
    assert targets.at_rest(target)
    assert health.of(TargetHealth.objects.get()).spotless


def test_f47_nothing_is_sent_inside_a_window(receiver: Receiver) -> None:
    now = datetime.now(UTC)
    window = {
        "rrule": "FREQ=DAILY",
        "starts": (now - timedelta(days=3, minutes=1)).replace(tzinfo=None).isoformat(),
        "minutes": 60,
        "time_zone": "UTC",
    }
    target = targets.subscription(receiver, windows=[window])
    journal.clients(3)
    assert targets.deliver(target) == 0
    subscriptions.change(target, {"windows": []})
    targets.deliver(target)
    assert targets.at_rest(target)


def test_f49_superseded_versions_are_skipped_and_stay_in_the_journal(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    clients = journal.clients(5)
    for _ in range(3):
        for client in clients:
            list(journal.versions(client, 5))
        targets.deliver(target)
    assert receiver.truth.versions == {("/sink", str(c.pk)): 16 for c in clients}
    assert len(receiver.received) == 15
    assert sum(client.changes.count() for client in clients) == 80


def test_f51_a_replay_repeats_ids_and_has_no_new_effect(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    journal.clients(30)
    targets.deliver(target)
    before = receiver.truth.effects.copy()
    replay(target, {"entity": "client"}, actor="test")
    targets.deliver(target)
    assert len(receiver.received) == 60
    assert +receiver.truth.effects == +before


def test_a_pause_holds_and_what_is_owed_adds_up(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    subscriptions.pause(target, "test")
    client = journal.golden(legal_name="Acme")
    list(journal.versions(client, 2))
    assert targets.deliver(target) == 0
    subscriptions.resume(target)
    targets.deliver(target)
    assert [r.event["recordversion"] for r in receiver.received] == [3]


def test_the_version_a_target_holds_already_counts_as_confirmed(receiver: Receiver) -> None:
    receiver.behave = lambda _: Reaction(409, applies=False, body=b'{"version": 1}')
    target = targets.subscription(receiver)
    journal.golden(legal_name="Acme")
    targets.deliver(target)
    assert Lane.objects.get().confirmed == 1


@pytest.mark.parametrize("owner", ["retry", "compensate", "escalate"])
def test_f46_who_owns_a_refusal_decides_what_follows(receiver: Receiver, owner: str) -> None:
    target = targets.subscription(receiver, outcomes={"owners": {"permanent": owner}})
    client = journal.golden(legal_name="Acme")
    targets.deliver(target)
    receiver.behave = lambda r: (
        Reaction(422, applies=False) if ".updated." in r.event["type"] else OK
    )
    journal.change(client, legal_name="Refused")
    for _ in range(3):
        targets.deliver(target)
        targets.make_due(target)
    kinds = [received.event["type"].split(".")[-2] for received in receiver.received]
    lane = Lane.objects.get()
    if owner == "retry":
        assert kinds == ["created", *["updated"] * 3]
        assert lane.parked == "none"
    elif owner == "compensate":
        assert kinds == ["created", "updated", "left"]
        assert (lane.parked, lane.confirmed, lane.confirmed_digest) == ("dead", 1, "left")
    else:
        assert kinds == ["created", "updated"]
    assert WorkItem.objects.filter(state="open").count() == (owner != "retry")
    receiver.behave = lambda _: OK
    journal.change(client, legal_name="Cured")
    settle(target, 3)
    last = "created" if owner == "compensate" else "updated"
    assert receiver.received[-1].event["type"] == f"org.assay.client.{last}.v1"
