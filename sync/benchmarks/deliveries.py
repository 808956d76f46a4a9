"""Deliveries a second beside a bare HTTP loop, commit to confirmed, and the cost of a claim.

Options: --deliveries N (3000), --lanes N (1000000 on PostgreSQL, 50000 on SQLite).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from canonical import writer
from canonical.models import Change, Golden, new_id
from sync import egress
from sync.models import Lane, Subscription
from sync.outbound.delivery import lanes
from sync.outbound.delivery.deliver import drain
from sync.outbound.publishing import fanout
from sync.outbound.subscriptions import subscribe
from sync.torture.scratch import scratch_database

WIDTH = 16
CLAIMS = 300


def run(options: list[str]) -> int:
    """Measure in a database of its own; 0 unless something was not delivered."""
    parser = argparse.ArgumentParser(prog="bench deliveries")
    parser.add_argument("--deliveries", type=int, default=3000)
    parser.add_argument("--lanes", type=int)
    wanted = parser.parse_args(options)
    settings.ALLOW_LOCAL_TARGETS = True
    with scratch_database(), receiver() as url:
        owed = _deliveries(url, wanted.deliveries)
        _claims(wanted.lanes or (1_000_000 if connection.vendor == "postgresql" else 50_000))
    return 1 if owed else 0


@contextmanager
def receiver() -> Iterator[str]:
    """A receiver in a process of its own, so that it shares no interpreter with the sender."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sync.torture"],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate("")


def _deliveries(url: str, number: int) -> int:
    target = subscribe(
        owner="bench",
        name="bench",
        system=None,
        url=f"{url}/hook",
        entities=["client"],
        max_concurrency=WIDTH,
    )
    clients(number)
    placing = _seconds(fanout.fan_out)
    fanout.load_pending()
    bare = number / _bare(target, number)
    ours = number / _seconds(lambda: drain(target.pk, budget=600))
    owed = Lane.objects.exclude(confirmed=1).count()
    say("fan-out", f"{number / placing:,.0f} changes a second to one subscription")
    say("bare loop", f"{bare:,.0f} requests a second, {WIDTH} threads")
    say("deliveries", f"{ours:,.0f} a second, {ours / bare:.0%} of the bare loop; {owed} owed")
    return owed


def clients(number: int, first: int = 0) -> None:
    """That many golden records with their first version, about 900 bytes each, in one commit."""
    now = timezone.now()
    made = [(new_id(), place) for place in range(first, first + number)]
    with transaction.atomic():
        writer.insert(Golden, [_golden(golden, place, now) for golden, place in made])
        writer.insert(Change, [_change(golden, place, now) for golden, place in made])


def _golden(golden: UUID, place: int, now: Any) -> dict[str, Any]:
    return {
        "id": golden, "entity": "client", "code": f"B-{place:09d}", "version": 1, "state": "active",
        "merged_into_id": None, "published_version": 1, "content_hash": "", "head_hash": "",
        "created_at": now, "updated_at": now,
    }  # fmt: skip


def _change(golden: UUID, place: int, now: Any) -> dict[str, Any]:
    address = {"role": "billing", "lines": [f"Street {place}"], "country": "DE"}
    after = {
        "legal_name": f"Client {place} GmbH", "website": f"https://client{place}.example",
        "addresses": [address], "currency": "EUR", "client_status": "active", "state": "active",
        "merged_into": None, "sources": [{"system": "crm", "source_id": f"{place}"}],
    }  # fmt: skip
    return {
        "golden_id": golden, "entity": "client", "version": 1, "kind": "created",
        "published": True, "actor_id": "bench", "actor_name": "bench", "cause": "",
        "correlation_id": "bench", "model_version": "", "policy_version": 1, "recorded_at": now,
        "after": after, "winners": {}, "salt": "", "content_digest": "", "prev_hash": "",
        "hash": "",
    }  # fmt: skip


def _bare(target: Subscription, number: int) -> float:
    """Seconds for as many plain posts of the same size, by the same client and threads."""
    address = target.url.replace("/hook", "/bare")
    with egress.Client(WIDTH) as client, ThreadPoolExecutor(WIDTH) as pool:

        def post(place: int) -> None:
            body = json.dumps({"subject": str(place), "recordversion": 1, "data": "x" * 1400})
            client.post(address, body.encode(), {"webhook-id": str(place)})

        return _seconds(lambda: list(pool.map(post, range(number))))


def _claims(number: int) -> None:
    """The time of one claim of 16 lanes while so many are due."""
    target = subscribe(
        owner="bench", name="backlog", system=None, url="https://x.example/", entities=["client"]
    )
    Subscription.objects.filter(pk=target.pk).update(loading=False)
    _backlog(target, number)
    taken = sorted(_seconds(lambda: lanes.claim(target.pk, WIDTH)) * 1000 for _ in range(CLAIMS))
    median, worst = statistics.median(taken), taken[int(CLAIMS * 0.99) - 1]
    say("claim", f"p50 {median:.1f} ms, p99 {worst:.1f} ms at {number:,} due lanes")


def _backlog(target: Subscription, number: int) -> None:
    """Goldens and due lanes by the database itself: the ORM would take minutes."""
    series, key = _SERIES[connection.vendor]
    owner = Lane._meta.get_field("subscription").get_db_prep_save(target.pk, connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            "INSERT INTO canonical_golden (id, entity, code, version, state, content_hash, "  # noqa: S608
            "head_hash, created_at, updated_at) "
            f"SELECT {key}, 'client', 'L-' || n, 1, 'active', '', '', CURRENT_TIMESTAMP, "
            f"CURRENT_TIMESTAMP FROM {series}",
            [number],
        )
        cursor.execute(
            "INSERT INTO sync_lane (subscription_id, golden_id, desired, due_at) "
            "SELECT %s, id, 1, CURRENT_TIMESTAMP FROM canonical_golden WHERE code LIKE 'L-%%'",
            [owner],
        )
        cursor.execute("ANALYZE")


_SERIES = {
    "postgresql": ("generate_series(1, %s) AS n", "gen_random_uuid()"),
    "sqlite": (
        "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT %s) "
        "SELECT n FROM c)",
        "lower(hex(randomblob(16)))",
    ),
}


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def say(what: str, figure: str) -> None:
    """One figure in a line."""
    sys.stdout.write(f"{what:12} {figure}\n")
    sys.stdout.flush()
