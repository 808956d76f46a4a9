"""Records taken in a second over HTTP, one by one and in batches, beside raw writes of the same.

Options: --goldens N (10000), --seconds S (10), --clients N (8), --database NAME (both).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from django.db import connection

from canonical.access import issue_credential
from canonical.models import Golden, System
from sync.benchmarks import _hub, _load, _raw
from sync.inbound.receive import CHUNK

BATCH = 500
FASTEST = 1_500  # single records a second: more are never sent
BASE = f"/api/v1/systems/{_hub.SYSTEM}/clients"


def run(options: list[str]) -> int:
    """Measure in scratch databases; 0 unless a call failed."""
    parser = argparse.ArgumentParser(prog="bench intake")
    parser.add_argument("--goldens", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--database", choices=_hub.KINDS)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args(options)
    if not wanted.inside:
        kinds = [wanted.database] if wanted.database else list(_hub.KINDS)
        return _hub.in_each("intake", kinds, options)
    return _measure(wanted.goldens, wanted.seconds, wanted.clients)


def _measure(goldens: int, seconds: float, clients: int) -> int:
    sent = int(FASTEST * seconds * 2) + 4_000
    rest = _hub.fill(goldens, _hub.bodies(int(goldens * _hub.RECORDS_OF_A_GOLDEN) + sent * 2))
    alone, singles, rest = rest[:2000], rest[2000 : 2000 + sent], rest[2000 + sent :]
    raw_one = _raw.single(alone, clients, seconds)
    raw_many = _raw.bulk(rest[:4_000], seconds)
    _load.head(f"Intake into {Golden.objects.count():,} golden records on {connection.vendor}")
    _load.line(f"raw writes of one, {clients} connections", raw_one)
    _load.line(f"raw writes of {CHUNK}, records", raw_many, each=CHUNK)
    with _hub.web() as address:
        key = issue_credential(System.objects.get(code=_hub.SYSTEM), ["ingest", "read"])
        bearer = _load.token(address, key)
        unsent = iter(singles)
        one = _load.drive(address, bearer, _put(unsent), clients=1, seconds=seconds / 2)
        _load.line("PUT, 1 client", one)
        many = _load.drive(address, bearer, _put(unsent), clients=clients, seconds=seconds)
        _load.line(f"PUT, {clients} clients", many, raw_one.a_second)
        posts = _batches(rest[4_000:])
        batch = _load.drive(address, bearer, posts, clients=2, seconds=seconds)
        limit = raw_many.a_second * CHUNK
        _load.line(f"batches of {BATCH}, 2 clients, records", batch, limit, each=BATCH)
    return 1 if one.failed + many.failed + batch.failed else 0


def _put(unsent: Iterator[dict[str, Any]]) -> _load.Ask:
    def ask(number: int) -> tuple[str, str, Any]:
        body = next(unsent, None)
        if body is None:
            raise IndexError
        sent = {name: value for name, value in body.items() if name != "source_id"}
        return "PUT", f"{BASE}/{body['source_id']}", sent

    return ask


def _batches(items: list[dict[str, Any]]) -> _load.Ask:
    portions = [items[n : n + BATCH] for n in range(0, len(items), BATCH)]

    def ask(number: int) -> tuple[str, str, Any]:
        return "POST", f"{BASE}/batch", portions[number]

    return ask
