"""F52: what is changed in a target by hand is found, kept, and healed by policy."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from canonical.models import Golden, WorkItem
from sync.models import Drift, Heal, Lane, Reconciliation, Subscription
from sync.outbound import subscriptions
from sync.reconciliation import healing, runs
from sync.torture.receiver import Reaction, Receiver
from tests.factories import hub, journal, targets

pytestmark = pytest.mark.django_db


def readable(receiver: Receiver, **wanted: Any) -> Subscription:
    return targets.subscription(receiver, read_url=f"{receiver.url}/sink", **wanted)


def compared(target: Subscription, *, dry_run: bool = False) -> Reconciliation:
    target.refresh_from_db()
    run = runs.work(runs.request(target, "test", dry_run=dry_run).pk)
    assert run is not None
    assert run.error == ""
    return run


def counted(run: Reconciliation) -> dict[str, int]:
    return {name: count for name, count in run.counts.items() if count}


def edit(receiver: Receiver, golden: Golden, **values: Any) -> None:
    """As somebody does in the target."""
    receiver.truth.data["/sink", str(golden.pk)].update(values)


@pytest.fixture
def world(receiver: Receiver) -> tuple[Subscription, list[Golden]]:
    target = readable(receiver)
    clients = journal.clients(45, website="https://old.example")
    targets.deliver(target)
    return target, clients


def test_a_target_that_holds_what_it_confirmed_differs_in_nothing(
    world: tuple[Subscription, list[Golden]],
) -> None:
    run = compared(world[0])
    assert counted(run) == {"same": 45}
    assert (run.state, run.done, run.total) == ("done", 45, 45)


def test_f52_every_kind_of_difference_is_found_and_told(
    receiver: Receiver, world: tuple[Subscription, list[Golden]]
) -> None:
    target, clients = world
    stale, drifted, missing, ended = clients[:4]
    journal.change(stale, website="https://new.example")
    targets.deliver(target)
    edit(receiver, stale, website="https://old.example")
    receiver.truth.versions["/sink", str(stale.pk)] = 1
    edit(receiver, drifted, legal_name="Changed by hand")
    del receiver.truth.data["/sink", str(missing.pk)]
    edit(receiver, ended, state="retired")
    stranger = str(uuid4())
    receiver.truth.data["/sink", stranger] = {"entity": "client", "state": "active"}
    receiver.truth.versions["/sink", stranger] = 1
    run = compared(target)
    assert counted(run) == {"same": 41, "stale": 1, "drifted": 2, "missing": 1, "extra": 1}
    found = {drift.golden_id: drift for drift in Drift.objects.all()}
    assert found[drifted.pk].differences == [
        {"attribute": "legal_name", "hub": drifted.changes.get().after["legal_name"],  # type: ignore[index]
         "target": "Changed by hand"}
    ]  # fmt: skip
    assert found[ended.pk].differences[0]["attribute"] == "active"
    assert found[None].kind == "extra"
    assert WorkItem.objects.filter(kind="drift", state="open").count() == 5
    compared(target)
    assert Drift.objects.count() == 5


def test_f52_the_hubs_word_is_sent_again(
    receiver: Receiver, world: tuple[Subscription, list[Golden]]
) -> None:
    target, (drifted, missing, *_) = world
    subscriptions.change(target, {"heal": "hub"})
    edit(receiver, drifted, legal_name="Changed by hand")
    del receiver.truth.data["/sink", str(missing.pk)]
    compared(target)
    assert not WorkItem.objects.filter(state="open").exists()
    targets.deliver(target)
    assert counted(compared(target)) == {"same": 45}
    assert set(Drift.objects.values_list("state", flat=True)) == {"healed"}
    assert max(receiver.truth.effects.values()) == 1


def test_f52_the_word_of_a_system_of_record_is_taken_in(receiver: Receiver) -> None:
    hub.open_hub()
    client = hub.client("Acme Mining", website="https://acme.example")
    target = readable(receiver, heal="target")
    targets.deliver(target)
    edit(receiver, client, website="https://right.example")
    compared(target)
    assert hub.document(client)["website"] == "https://right.example"
    targets.deliver(target)
    assert counted(compared(target)) == {"same": 1}


def test_a_person_is_asked_and_decides(
    receiver: Receiver, world: tuple[Subscription, list[Golden]]
) -> None:
    target, (first, second, *_) = world
    for golden in (first, second):
        edit(receiver, golden, legal_name="Changed by hand")
    compared(target)
    one, other = Drift.objects.order_by("golden_id")
    healing.heal(one, Heal.HUB, "user:1")
    healing.accept(other, "user:1")
    assert not WorkItem.objects.filter(kind="drift", state="open").exists()
    targets.deliver(target)
    assert counted(compared(target)) == {"same": 44, "drifted": 1}


def test_a_dry_run_keeps_and_heals_nothing(
    receiver: Receiver, world: tuple[Subscription, list[Golden]]
) -> None:
    target, (first, *_) = world
    subscriptions.change(target, {"heal": "hub"})
    edit(receiver, first, legal_name="Changed by hand")
    assert counted(compared(target, dry_run=True)) == {"same": 44, "drifted": 1}
    assert not Drift.objects.exists()
    assert not Lane.objects.filter(resend=True).exists()


def test_what_is_on_its_way_is_not_compared(
    receiver: Receiver, world: tuple[Subscription, list[Golden]]
) -> None:
    target, (first, *_) = world
    Lane.objects.filter(golden=first).update(desired=F("desired") + 1)
    assert counted(compared(target)) == {"same": 44, "under_way": 1}


def test_a_target_that_cannot_be_asked_says_so(receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    journal.clients(2)
    targets.deliver(target)
    run = runs.work(runs.request(target, "test").pk)
    assert run is not None
    assert (run.state, run.counts) == ("failed", {"unverifiable": 2})


@pytest.mark.parametrize(
    "reaction", [Reaction(500), Reaction(body=b"<html>"), Reaction(body=b'{"records": [{}]}')]
)
def test_a_target_that_answers_nonsense_fails_the_run_alone(
    receiver: Receiver, world: tuple[Subscription, list[Golden]], reaction: Reaction
) -> None:
    receiver.behave = lambda _: reaction
    run = runs.work(runs.request(world[0], "test").pk)
    assert run is not None
    assert run.state == "failed"
    assert "read-back" in run.error
    assert not Drift.objects.exists()


def test_a_run_that_died_is_begun_anew(world: tuple[Subscription, list[Golden]]) -> None:
    run = runs.request(world[0], "test")
    assert runs.request(world[0], "test").pk == run.pk
    Reconciliation.objects.update(state="running", done=7)
    assert runs.work(run.pk) is None
    Reconciliation.objects.update(seen_at=F("seen_at") - timedelta(minutes=11))
    assert runs.due() == [run.pk]
    again = runs.work(run.pk)
    assert again is not None
    assert (again.state, again.done) == ("done", 45)


def test_every_night_each_readable_target_is_compared(
    world: tuple[Subscription, list[Golden]], receiver: Receiver
) -> None:
    targets.subscription(receiver, name="deaf")
    assert runs.due() == []
    Subscription.objects.update(created_at=F("created_at") - timedelta(days=2))
    [due] = runs.due()
    assert runs.work(due) is not None
    assert runs.due() == []


def test_the_command_tells_what_differs(
    receiver: Receiver, world: tuple[Subscription, list[Golden]], capsys: pytest.CaptureFixture[str]
) -> None:
    target, (first, *_) = world
    edit(receiver, first, legal_name="Changed by hand")
    with pytest.raises(SystemExit) as ended:
        call_command("reconcile", target.system_id)
    told = capsys.readouterr().out
    assert ended.value.code == 1
    assert f"drifted      {first.code} legal_name" in told
    with pytest.raises(CommandError, match="Nothing is delivered"):
        call_command("reconcile", "nobody")


def test_the_read_back_is_signed_by_the_subscriptions_secret(
    receiver: Receiver, world: tuple[Subscription, list[Golden]]
) -> None:
    from sync.outbound.content.envelope import verifies

    asked = []
    receiver.behave = lambda r: asked.append(r) or Reaction()  # type: ignore[func-returns-value]
    compared(world[0])
    assert len(asked) == 3  # pages of 20
    for request in asked:
        now = int(request.headers["webhook-timestamp"])
        assert verifies(request.headers, request.path.encode(), [world[0].secret], now)


def test_shadow_mode_sends_nothing_and_shows_what_it_would(receiver: Receiver) -> None:
    sending = readable(receiver)
    first, second = journal.clients(2, website="https://old.example")
    targets.deliver(sending)
    watching = readable(receiver, shadow=True)
    journal.change(first, website="https://new.example")
    receiver.received.clear()
    targets.deliver(watching)
    assert receiver.received == []
    drift = Drift.objects.get(shadow=True)
    assert (drift.golden_id, [d["attribute"] for d in drift.differences]) == (first.pk, ["website"])
    assert set(Lane.objects.filter(subscription=watching).values_list("parked", flat=True)) == {
        "shadow"
    }
    journal.change(second, website="https://newer.example")
    targets.deliver(watching)
    assert Counter(Drift.objects.values_list("state", flat=True)) == {"open": 2}
    subscriptions.change(watching, {"shadow": False})
    watching.refresh_from_db()
    targets.deliver(watching)
    assert targets.at_rest(watching)
    assert len(receiver.received) == 2
    assert not Drift.objects.filter(state="open").exists()


def test_a_shadow_of_a_target_that_cannot_be_asked_shows_what_is_new(receiver: Receiver) -> None:
    watching = targets.subscription(receiver, shadow=True)
    journal.golden(legal_name="Acme")
    targets.deliver(watching)
    assert receiver.received == []
    drift = Drift.objects.get()
    assert drift.kind == "missing"
    assert {"attribute": "legal_name", "hub": "Acme", "target": None} in json.loads(
        json.dumps(drift.differences)
    )
