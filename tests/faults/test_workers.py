"""F1-F8, F36, F55: workers that die, freeze or meet each other."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.db.models.functions import Now

from canonical.models import Change
from sync.models import Attempt, Lane, Subscription
from sync.outbound import sweep
from sync.outbound.answers.retry import Judgement, Verdict
from sync.outbound.delivery import lanes
from sync.outbound.delivery.deliver import drain
from sync.outbound.delivery.lanes import Settlement
from sync.outbound.publishing import fanout
from sync.torture.receiver import OK, Reaction, Received, Receiver
from tests.factories import journal, processes, targets

CONFIRMED = Judgement(Verdict.CONFIRMED)
WORK = "from sync.torture.roles import work_once; work_once()"


def work_in_a_process_that_dies_at(point: str) -> int:
    """Run one round of a worker that is killed at a named point; its exit code."""
    return processes.run(WORK, ASSAY_CRASH_AT=point)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "point", ["claim_committed", "before_send", "after_send", "before_settle", "settled"]
)
def test_f1_a_worker_killed_anywhere_loses_and_doubles_nothing(
    receiver: Receiver, point: str
) -> None:
    target = targets.subscription(receiver)
    journal.golden(legal_name="Acme")
    fanout.fan_out()
    assert work_in_a_process_that_dies_at(point) == 137
    targets.make_due(target)  # the lease runs out
    targets.deliver(target)
    assert targets.at_rest(target)
    assert list(receiver.truth.effects.values()) == [1]


@pytest.mark.django_db(transaction=True)
def test_f7_a_worker_killed_after_the_fan_out_leaves_the_rest_to_the_sweep(
    receiver: Receiver,
) -> None:
    target = targets.subscription(receiver)
    journal.golden(legal_name="Acme")
    assert work_in_a_process_that_dies_at("fanned_out") == 137
    assert Change.objects.get().position == 1
    drain(target.pk)
    assert targets.at_rest(target)


def zombie_and_heir(target: Subscription) -> tuple[Settlement, Settlement]:
    """Two claims of one lane: the first worker froze beyond its lease, the second took over."""
    [first] = lanes.claim(target.pk, 1)
    Lane.objects.update(due_at=Now() - timedelta(seconds=1))
    [second] = lanes.claim(target.pk, 1)
    identity = str(UUID(int=1))
    return (
        Settlement(first, CONFIRMED, version=1, digest="old", message_id=identity),
        Settlement(second, CONFIRMED, version=1, digest="new", message_id=identity),
    )


@pytest.mark.django_db
def test_f8_a_zombie_settles_nothing(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    journal.golden(legal_name="Acme")
    fanout.fan_out()
    zombie, heir = zombie_and_heir(target)
    lanes.settle(target, [zombie])
    assert Lane.objects.get().confirmed == 0
    assert lanes.in_flight(target.pk) == 1
    lanes.settle(target, [heir])
    assert Lane.objects.get().confirmed_digest == "new"
    assert list(Attempt.objects.order_by("id").values_list("settled", flat=True)) == [False, True]


@pytest.mark.django_db
def test_f8_a_zombie_that_is_its_own_heir_settles_under_the_newer_lease_alone(
    receiver: Receiver,
) -> None:
    """One worker may hold both answers once it wakes, and settles them together."""
    target = targets.subscription(receiver)
    journal.golden(legal_name="Acme")
    fanout.fan_out()
    zombie, heir = zombie_and_heir(target)
    lanes.settle(target, [heir, zombie])
    assert Lane.objects.get().confirmed_digest == "new"
    assert set(Attempt.objects.values_list("fence", "settled")) == {(1, False), (2, True)}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f8_a_worker_that_was_stopped_wakes_to_nothing(receiver: Receiver) -> None:
    """SIGSTOP while its request is under way, until its lease is over and another took the lane."""
    arrived, go_on = Event(), Event()

    def hold_the_first(_: Received) -> Reaction:
        if not arrived.is_set():
            arrived.set()
            go_on.wait(10)
        return OK

    receiver.behave = hold_the_first
    target = targets.subscription(receiver)
    client = journal.golden(legal_name="Acme")
    fanout.fan_out()
    worker = processes.begin(WORK)
    try:
        assert arrived.wait(30)
        os.kill(worker.pid, signal.SIGSTOP)
        journal.change(client, legal_name="Newer")
        targets.make_due(target)
        targets.deliver(target)
    finally:
        go_on.set()
        os.kill(worker.pid, signal.SIGCONT)
        worker.communicate(timeout=60)
    assert set(Attempt.objects.values_list("version", "settled")) == {(1, False), (2, True)}
    assert Lane.objects.get().confirmed == 2
    assert receiver.truth.versions == {("/sink", str(client.pk)): 2}


@pytest.mark.django_db
def test_f8_without_the_fence_the_zombie_would_free_a_lane_under_way(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "_is_ours", lambda *_: True)
    target = targets.subscription(receiver)
    journal.golden(legal_name="Acme")
    fanout.fan_out()
    zombie, _ = zombie_and_heir(target)
    lanes.settle(target, [zombie])
    assert lanes.in_flight(target.pk) == 0


@pytest.mark.django_db
def test_http_is_refused_inside_a_transaction(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    with transaction.atomic(), pytest.raises(RuntimeError):
        drain(target.pk)


@pytest.mark.django_db
def test_attempts_cannot_be_rewritten(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    journal.golden(legal_name="Acme")
    targets.deliver(target)
    for statement in ("UPDATE sync_attempt SET verdict = 'x'", "DELETE FROM sync_attempt"):
        with (
            pytest.raises(Exception, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


@pytest.mark.django_db
def test_f36_a_child_that_parked_too_late_is_found_by_the_sweep(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    parent, child = journal.clients(2)
    journal.refer(child, parent)
    targets.deliver(target)
    journal.change(child, legal_name="Later")
    fanout.fan_out()
    Lane.objects.filter(golden=child).update(parked="dependency", waiting_on=parent)
    sweep.run()
    drain(target.pk)
    assert targets.at_rest(target)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f36_a_ring_parked_by_two_workers_is_cut(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    first, second = journal.clients(2)
    journal.refer(first, second)
    journal.refer(second, first)
    fanout.fan_out()
    Lane.objects.update(parked="dependency")
    Lane.objects.filter(golden=first).update(waiting_on=second)
    Lane.objects.filter(golden=second).update(waiting_on=first)
    sweep.run()
    drain(target.pk)
    assert targets.at_rest(target)


def in_thread(work: object) -> None:
    try:
        work()  # type: ignore[operator]
    finally:
        connections.close_all()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_never_hold_the_same_lane(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    journal.clients(60)
    fanout.fan_out()
    claimed: list[int] = []

    def work() -> None:
        while found := lanes.claim(target.pk, 3):
            claimed.extend(lane.id for lane in found)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(in_thread, [work] * 4))
    assert len(claimed) == len(set(claimed)) == 60


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_row_that_commits_late_is_placed_late_and_missed_by_nobody(receiver: Receiver) -> None:
    """The sequence is drawn at the insert, so a smaller one may commit after a larger one."""
    target = targets.subscription(receiver)
    late = journal.golden(legal_name="Late")
    fanout.fan_out()

    def write_and_wait() -> None:
        with transaction.atomic():
            journal.change(late, legal_name="Later")
            with ThreadPoolExecutor(1) as pool:
                pool.submit(in_thread, early).result()

    def early() -> None:
        journal.golden(legal_name="Early")
        fanout.fan_out()

    write_and_wait()
    targets.deliver(target)
    by_position = Change.objects.order_by("position").values_list("seq", flat=True)
    assert list(by_position) == [1, 3, 2]
    assert targets.at_rest(target)
    assert Lane.objects.get(golden=late).confirmed == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f55_a_subscription_made_while_others_write_misses_nothing(receiver: Receiver) -> None:
    goldens = journal.clients(20)
    stop: list[bool] = []

    def write() -> None:
        while not stop:
            for golden in goldens:
                golden.refresh_from_db()
                journal.change(golden, legal_name=f"Version {golden.version}")
            fanout.fan_out()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(in_thread, write)
        target = targets.subscription(receiver)
        stop.append(True)
        writing.result()
    targets.deliver(target)
    newest = {("/sink", str(g.pk)): Change.objects.filter(golden=g).count() for g in goldens}
    assert receiver.truth.versions == newest
    assert not Lane.objects.exclude(confirmed=F("desired")).exists()
