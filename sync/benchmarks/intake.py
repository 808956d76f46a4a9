"""Records taken in a second over HTTP, one by one and in batches, beside raw writes of the same.

Options: --goldens N (10000; the targets are stated at 100000), --seconds S (10), --clients N (8),
--database NAME (both).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.db import connection

from canonical.access import issue_credential
from canonical.models import Golden, System
from sync.benchmarks import _hub, _load, _raw
from sync.inbound.receive import CHUNK

BATCH = 500
FASTEST = 1_500  # single records a second: more are never sent
Bodies = Iterator[dict[str, Any]]
BASE = f"/api/v1/systems/{_hub.SYSTEM}/clients"


def run(options: list[str]) -> int:
    """Measure in scratch databases; 0 unless a call failed."""
    return _hub.measured(
        "intake",
        options,
        lambda wanted: _measure(wanted.goldens, wanted.seconds, wanted.clients),
        goldens=10_000,
        seconds=10.0,
        clients=8,
    )


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
        hub = _Hub(address, _load.token(address, key), seconds)
        measured = hub.singles(iter(singles), clients, raw_one.a_second)
        measured += hub.batches(_batches(rest[4_000:]), iter(rest[:4_000]), raw_many.a_second)
    return 1 if any(found.failed for found in measured) else 0


@dataclass(frozen=True, slots=True)
class _Hub:
    """A hub that answers; each measurement prints its line."""

    address: str
    bearer: str
    seconds: float

    def singles(self, unsent: Bodies, clients: int, limit: float) -> list[_load.Measured]:
        """One caller alone, then many."""
        one = self._drive(_put(unsent), 1, self.seconds / 2)
        _load.line("PUT, 1 client", one)
        many = self._drive(_put(unsent), clients, self.seconds)
        _load.line(f"PUT, {clients} clients", many, limit)
        return [one, many]

    def batches(self, posts: _load.Ask, unsent: Bodies, limit: float) -> list[_load.Measured]:
        """Two loaders alone, then one beside two callers."""
        batch = self._drive(posts, 2, self.seconds)
        _load.line(f"batches of {BATCH}, 2 clients, records", batch, limit * CHUNK, each=BATCH)
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(self._drive, posts, 1, self.seconds)
            beside = self._drive(_put(unsent), 2, self.seconds)
        _load.line("PUT, 2 clients, beside", beside)
        _load.line(f"batches of {BATCH}, 1 client, records", loading.result(), each=BATCH)
        return [batch, beside, loading.result()]

    def _drive(self, ask: _load.Ask, clients: int, seconds: float) -> _load.Measured:
        return _load.drive(self.address, self.bearer, ask, clients=clients, seconds=seconds)


def _put(unsent: Bodies) -> _load.Ask:
    def ask(number: int) -> tuple[str, str, Any]:
        body = next(unsent, None)
        if body is None:
            raise IndexError
        sent = {name: value for name, value in body.items() if name != "source_id"}
        return "PUT", f"{BASE}/{body['source_id']}", sent

    return ask


def _batches(items: list[dict[str, Any]]) -> _load.Ask:
    portions = iter([items[n : n + BATCH] for n in range(0, len(items), BATCH)])

    def ask(number: int) -> tuple[str, str, Any]:
        portion = next(portions, None)
        if portion is None:
            raise IndexError
        return "POST", f"{BASE}/batch", portion

    return ask
