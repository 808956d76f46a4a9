"""Commit to confirmed at a steady rate, alone and while another target is dead, by a real worker.

Options: --rate N (150 commits a second), --seconds N (20).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.db import connection

from canonical.models import Golden
from sync.benchmarks.deliveries import clients, receiver, say
from sync.models import Attempt, Lane, Subscription
from sync.outbound import wake
from sync.outbound.publishing import fanout
from sync.outbound.subscriptions import subscribe
from sync.torture.scratch import scratch_database

TICK: Final = 0.1  # seconds between two commits of a burst
SETTLES_WITHIN: Final = 30.0
DEAD: Final = "http://127.0.0.1:9/hook"  # nobody listens on the port of discard
WORKER: Final = """
import django; django.setup()
from django.conf import settings; settings.ALLOW_LOCAL_TARGETS = True
from mdm.celery import app
app.worker_main(["-q", "worker", "--without-gossip", "--without-mingle"])
"""


def run(options: list[str]) -> int:
    """Measure in a database of its own; 0 unless something was not delivered."""
    parser = argparse.ArgumentParser(prog="bench latency")
    parser.add_argument("--rate", type=int, default=150)
    parser.add_argument("--seconds", type=int, default=20)
    wanted = parser.parse_args(options)
    settings.ALLOW_LOCAL_TARGETS = True
    with scratch_database(), receiver() as url, _worker():
        healthy = _target("healthy", f"{url}/healthy")
        owed, alone = _measure(healthy, wanted.rate, wanted.seconds)
        say("alone", _told(alone, wanted.rate))
        _target("dead", DEAD)
        more, beside = _measure(healthy, wanted.rate, wanted.seconds)
        say("beside dead", _told(beside, wanted.rate))
        ratio = _percentile(beside, 95) / _percentile(alone, 95)
        say("p95", f"{ratio:.2f} times as long while another target is dead")
    return 1 if owed or more else 0


def _target(name: str, url: str) -> Subscription:
    made = subscribe(
        owner="bench", name=name, system=None, url=url, entities=["client"], max_concurrency=16
    )
    fanout.load_pending()
    made.refresh_from_db()
    return made


@contextmanager
def _worker() -> Iterator[None]:
    """A worker as it is started in production, on this database and this hub's broker."""
    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = os.environ["ASSAY_DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    environment = {
        **os.environ,
        "ASSAY_DATABASE_URL": url,
        "ASSAY_NO_BOOTSTRAP": "1",
        "ASSAY_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-c", WORKER]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        time.sleep(4)  # until it listens
        yield
    finally:
        process.terminate()
        process.wait()


def _measure(target: Subscription, rate: int, seconds: int) -> tuple[int, list[float]]:
    """Commit at that rate; what is still owed in the end, and each delay in milliseconds."""
    last = Attempt.objects.order_by("-id").values_list("id", flat=True).first() or 0
    began, burst = time.monotonic(), max(1, int(rate * TICK))
    first = Golden.objects.count()
    for tick in range(int(seconds / TICK)):
        clients(burst, first + tick * burst)
        wake.changed()
        time.sleep(max(0.0, began + (tick + 1) * TICK - time.monotonic()))
    lanes, ends = Lane.objects.filter(subscription=target), time.monotonic() + SETTLES_WITHIN
    while lanes.exclude(confirmed=1).exists() and time.monotonic() < ends:
        time.sleep(0.2)
    return lanes.exclude(confirmed=1).count(), _delays(target, last)


def _delays(target: Subscription, last: int) -> list[float]:
    """From the journal's time of the commit to the settlement, both by the database's clock."""
    rows = Attempt.objects.filter(lane__subscription=target, id__gt=last, verdict="confirmed")
    told = rows.values_list("started_at", "milliseconds", "lane__golden__changes__recorded_at")
    return sorted(
        (started - recorded).total_seconds() * 1000 + spent for started, spent, recorded in told
    )


def _percentile(delays: list[float], percent: int) -> float:
    return delays[min(len(delays) - 1, len(delays) * percent // 100)] if delays else float("nan")


def _told(delays: list[float], rate: int) -> str:
    median = statistics.median(delays) if delays else float("nan")
    p95, p99 = _percentile(delays, 95), _percentile(delays, 99)
    figures = f"p50 {median:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms"
    return f"{figures} from commit to confirmed, {len(delays):,} at {rate} a second"
