"""Faults of concurrency, by their numbers: many at once, and the hub is whole afterwards."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from canonical import access, configuration
from canonical.context import Context, bound
from canonical.identity import units
from canonical.identity.errors import Conflict
from canonical.models import (
    Change,
    Golden,
    GoldenState,
    Merge,
    SourceVersion,
    System,
    WorkItem,
    WorkKind,
)
from matching.questions import stewardship
from sync.inbound.answers import Answer
from sync.inbound.receive import receive, receive_one, take_in
from sync.outbound.publishing import feed
from sync.outbound.publishing.fanout import fan_out
from tests.canonical.api.conftest import token
from tests.factories import hub, invariants
from tests.factories.hub import SENDER, STEWARD, put
from tests.factories.together import deadlocks, together

CHANCE = 20261121


@pytest.fixture
def open_hub(transactional_db: None) -> Iterator[None]:
    """A hub that is whole again, and without one deadlock, when the storm is over."""
    hub.open_hub()
    before = deadlocks()
    yield
    assert deadlocks() == before
    invariants.assert_whole()
    assert not invariants.uncounted_changes()


def firm(number: int) -> dict[str, Any]:
    """A firm with an identifier that is its alone."""
    return {
        "legal_name": f"{WORDS[number % 20]} {WORDS[number // 20 % 20]} {number} GmbH",
        "duns": f"{100_000_000 + number * 7_919}",
    }


WORDS = (
    "Amber", "Birch", "Cedar", "Delta", "Ember", "Falcon", "Granite", "Harbor", "Indigo", "Juniper",
    "Kestrel", "Lumen", "Meridian", "Nimbus", "Orchid", "Pioneer", "Quartz", "Raven", "Summit",
    "Tundra",
)  # fmt: skip


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f23_first_arrivals_of_one_firm_from_three_systems_make_one_golden(open_hub: None) -> None:
    """600 at once of 200 firms: without locks 446 were duplicates."""
    jobs = [
        partial(put, system, "client", f"{system}-{n}", firm(n), 1)
        for n in range(200)
        for system in hub.ORDERS
    ]
    answers = together(jobs, 6)
    assert Counter(a.outcome for a in answers) == {"created": 200, "linked": 400}
    assert not invariants.unkept_promises(answers)
    assert Change.objects.count() == 600


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_callers_bring_at_once_goes_together_and_each_keeps_its_name(
    open_hub: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[int] = []

    def noting(*arguments: Any, **named: Any) -> list[Answer]:
        groups.append(len(arguments[3]))
        return take_in(*arguments, **named)

    def bring(system: str, n: int) -> Answer:
        with bound(Context(correlation_id=f"{system}-{n}")):
            return receive_one(SENDER, system, "client", hub.item(system, f"{n}", firm(n), 1))

    monkeypatch.setattr("sync.inbound.receive.take_in", noting)
    answers = together([partial(bring, s, n) for n in range(200) for s in hub.ORDERS], 12)
    assert Counter(a.outcome for a in answers) == {"created": 200, "linked": 400}
    assert not invariants.unkept_promises(answers)
    assert sum(groups) == 600
    assert max(groups) > 1
    said = SourceVersion.objects.values_list(
        "record__system", "record__source_id", "correlation_id"
    )
    assert {f"{system}-{source_id}": name for system, source_id, name in said} == {
        name: name for _, _, name in said
    }
    assert set(Change.objects.values_list("correlation_id", flat=True)) == {n for *_, n in said}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_locks_on_keys_the_check_finds_duplicates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub.open_hub()
    monkeypatch.setattr(units, "lock_keys", lambda *_: configuration.present())
    jobs = [
        partial(put, system, "client", f"{system}-{n}", firm(n), 1)
        for n in range(60)
        for system in hub.ORDERS
    ]
    together(jobs, 6)
    assert invariants.unexplained_twins()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_batches_of_a_thousand_at_once_while_the_feed_is_read(open_hub: None) -> None:
    """Every row of the journal is read once, none after a newer one of its golden record."""
    done, seen = threading.Event(), list[tuple[UUID, int]]()

    def follow() -> list[Answer]:
        place = feed.beginning()
        while True:
            last = done.wait(0.02)
            fan_out()
            while (portion := feed.after(place, None, 200)).changes:
                seen.extend((change.golden_id, change.version) for change in portion.changes)
                place = portion.place
            if last:
                return []

    def load(system: str, first: int) -> list[Answer]:
        items = [hub.item(system, f"{n}", firm(n), 1) for n in range(first, first + 1_000)]
        return receive(SENDER, system, "client", items)

    def both() -> list[Answer]:
        try:
            loads = [partial(load, "crm", 0), partial(load, "erp", 500)]
            return [answer for answers in together(loads, 2) for answer in answers]
        finally:
            done.set()

    answers = [answer for each in together([follow, both], 2) for answer in each]
    assert len(answers) == 2_000
    assert not invariants.unkept_promises(answers)
    published = Change.objects.filter(published=True)
    assert Counter(seen) == Counter(published.values_list("golden_id", "version"))
    reached: dict[UUID, int] = {}
    for golden, version in seen:
        assert version > reached.get(golden, 0)
        reached[golden] = version


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f19_one_batch_sent_by_many_at_once_is_taken_in_once(open_hub: None) -> None:
    issued = access.issue_credential(System.objects.get(pk="crm"), ["ingest"])
    bearer = f"Bearer {token(issued)}"
    items = [{"source_id": str(n), "data": firm(n)} for n in range(50)]

    def send(key: str) -> tuple[int, bytes]:
        client = Client(headers={"Authorization": bearer, "Idempotency-Key": key})
        answer = client.post(
            "/api/v1/systems/crm/clients/batch", items, content_type="application/json"
        )
        return answer.status_code, answer.content if answer.status_code == 200 else b""

    for key in ("monday", "tuesday"):
        told = together([partial(send, key)] * 8, 8)
        assert {status for status, _ in told} <= {200, 409}
        bodies = {body for status, body in [*told, send(key)] if status == 200}
        assert len(bodies) == 1
    assert Change.objects.count() == 50


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f25_overlapping_merges_come_out_as_in_some_order(open_hub: None) -> None:
    """300 merges, each of 3 of 12 goldens: in random order 318 of 1,500 deadlocked."""
    goldens = [hub.client(f"{WORDS[n % 20]} {WORDS[n // 20]} {n}").pk for n in range(60)]
    pools = [goldens[n : n + 12] for n in range(0, 60, 12)]
    chance = random.Random(CHANCE)

    def merge(survivor: UUID, *absorb: UUID) -> str:
        try:
            stewardship.merge(survivor, absorb, STEWARD)
        except Conflict:
            return "conflict"
        return "merged"

    jobs = [partial(merge, *chance.sample(pools[n % 5], 3)) for n in range(300)]
    counted = Counter(together(jobs, 6))
    assert counted["merged"] * 2 == Merge.objects.count()
    assert Golden.objects.filter(state=GoldenState.MERGED).count() == Merge.objects.count()
    assert counted["conflict"] > 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f26_what_arrives_during_a_merge_lands_on_the_survivor(open_hub: None) -> None:
    pairs = [
        (hub.client(f"{WORDS[n]} Nord {n}", "crm", f"a{n}"),
         hub.client(f"Sued {n} {WORDS[19 - n]}", "crm", f"b{n}"))
        for n in range(20)
    ]  # fmt: skip
    writes = [
        partial(put, "crm", "client", f"{side}{n}", {"legal_name": f"{side} {n} {order}"}, order)
        for order in range(2, 7)
        for n in range(20)
        for side in "ab"
    ]  # fmt: skip
    merges = [partial(stewardship.merge, a.pk, [b.pk], STEWARD) for a, b in pairs]
    jobs: list[Any] = [*writes, *merges]
    random.Random(CHANCE).shuffle(jobs)
    together(jobs, 6)
    for n, (survivor, _) in enumerate(pairs):
        assert hub.home("crm", f"a{n}") == hub.home("crm", f"b{n}") == survivor.pk


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f21_versions_in_any_order_end_at_the_newest(open_hub: None) -> None:
    orders = list(range(1, 121))
    random.Random(CHANCE).shuffle(orders)
    jobs = [partial(put, "crm", "client", "1", {"legal_name": f"Acme {o}"}, o) for o in orders]
    answers = together(jobs, 6)
    assert hub.held("crm", "1").current.values == {"legal_name": "Acme 120"}  # type: ignore[union-attr]
    assert SourceVersion.objects.count() == 120
    changed = [a for a in answers if a.outcome in invariants.CHANGING]
    assert Golden.objects.get().version == len(changed) == Change.objects.count()
    assert {a.outcome for a in answers} <= {"created", "updated", "stale"}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f22_two_contents_of_one_version_end_the_same_and_are_reported(open_hub: None) -> None:
    ends = set()
    for round_ in range(10):
        one, two = ({"legal_name": f"Acme {side}"} for side in ("left", "right"))
        jobs = [partial(put, "crm", "client", f"{round_}", data, 7) for data in (one, two)]
        together(jobs, 2)
        ends.add(hub.held("crm", f"{round_}").current.values["legal_name"])  # type: ignore[union-attr]
    assert len(ends) == 1
    raised = WorkItem.objects.filter(kind=WorkKind.VERSION_CONFLICT, state="open")
    assert raised.count() == 10
