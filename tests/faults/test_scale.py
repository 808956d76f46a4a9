"""F42, F53, F54: targets that could double, that are slow, and a backlog that is deep."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connection, connections

from sync import connectors
from sync.connectors.protocol import Capabilities
from sync.models import Lane, Subscription
from sync.outbound.answers.retry import Answer, Verdict
from sync.outbound.content.envelope import Message
from sync.outbound.delivery import lanes
from sync.outbound.delivery.deliver import drain
from sync.outbound.publishing import fanout
from sync.torture.receiver import OK, Reaction, Received, Receiver
from tests.factories import journal, targets


def test_f42_a_system_that_could_apply_a_repeat_twice_gets_no_subscription(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, kind = next(iter(connectors.SYSTEMS.items()))
    careless = type("Careless", (kind,), {"capabilities": Capabilities(frozenset())})
    monkeypatch.setitem(connectors.SYSTEMS, name, careless)
    with pytest.raises(connectors.Unusable, match="twice"):
        connectors.check(name, "anything", ["client"])


def test_f42_every_system_that_is_written_to_declares_why_a_repeat_is_harmless() -> None:
    for kind in connectors.SYSTEMS.values():
        assert isinstance(kind.capabilities.guarantees, frozenset)


class Fragile:
    """A connector that breaks over a call with poison in it."""

    batch = 8

    def __init__(self) -> None:
        self.calls: list[int] = []

    def send(self, messages: Sequence[Message]) -> list[Answer]:
        self.calls.append(len(messages))
        if any(message.content["legal_name"] == "Poison" for message in messages):
            raise ValueError("cannot write this")
        return [Answer(verdict=Verdict.CONFIRMED) for _ in messages]


@pytest.mark.django_db
def test_f46_poison_in_a_call_of_many_is_found_alone(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    fragile = Fragile()
    monkeypatch.setattr(connectors, "for_subscription", lambda *_: fragile)
    target = targets.subscription(receiver)
    poison = journal.golden(legal_name="Poison")
    journal.clients(15)
    targets.deliver(target)
    assert Lane.objects.filter(confirmed=1).count() == 15
    lane = Lane.objects.get(golden=poison)
    assert (lane.confirmed, lane.last_error) == (0, "the connector failed: ValueError")
    assert max(fragile.calls) > 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f53_a_slow_target_holds_up_no_other(receiver: Receiver) -> None:
    go_on, waiting = Event(), Event()

    def behave(received: Received) -> Reaction:
        if received.path == "/slow":
            waiting.set()
            go_on.wait(20)
        return OK

    receiver.behave = behave
    slow, healthy = (targets.subscription(receiver, name) for name in ("slow", "healthy"))
    journal.clients(20)
    fanout.fan_out()

    def serve(target: Subscription) -> int:
        try:
            return drain(target.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        stuck = pool.submit(serve, slow)
        assert waiting.wait(20)
        assert pool.submit(serve, healthy).result() == 20
        assert not stuck.done()
        go_on.set()
        assert stuck.result() == 20
    assert targets.at_rest(slow)


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f54_a_claim_reads_the_index_of_what_is_due_and_no_more(receiver: Receiver) -> None:
    """The plan, not the time: what is read does not grow with the backlog."""
    target = targets.subscription(receiver)
    Subscription.objects.filter(pk=target.pk).update(loading=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO canonical_golden (id, entity, code, version, state, content_hash, "
            "head_hash, created_at, updated_at) SELECT gen_random_uuid(), 'client', 'L-' || n, 1, "
            "'active', '', '', now(), now() FROM generate_series(1, 20000) AS n"
        )
        cursor.execute(
            "INSERT INTO sync_lane (subscription_id, golden_id, desired, due_at) "
            "SELECT %s, id, 1, now() FROM canonical_golden",
            [target.pk],
        )
        cursor.execute("ANALYZE sync_lane")
        statement = lanes._CLAIM.format(skip="FOR UPDATE SKIP LOCKED", **lanes._CLOCK["postgresql"])
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", [target.pk, 16])
        found = nodes(cursor.fetchone()[0][0]["Plan"])
    scans = {node["Index Name"]: node for node in found if "Index Name" in node}
    assert scans["lane_due"]["Actual Rows"] == 16
    assert not [node for node in found if node["Node Type"] == "Seq Scan"]
