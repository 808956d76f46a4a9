"""Calls a second and their times over real gunicorn, beside what the database alone can do.

Options: --goldens N (10000), --seconds S (5), --clients N (8), --database NAME (both).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from threading import Lock
from typing import Any

from django.db import connection

from canonical.access import issue_credential
from canonical.models import Golden, System
from canonical.models.access import SCOPES
from sync.benchmarks import _hub, _load, _raw
from sync.outbound.publishing import feed

BATCH = 500
BASE = f"/api/v1/systems/{_hub.SYSTEM}/clients"


def run(options: list[str]) -> int:
    """Measure in scratch databases; 0 unless a call failed."""
    return _hub.measured(
        "api",
        options,
        lambda wanted: _Run(wanted.goldens, wanted.seconds, wanted.clients).all(),
        goldens=10_000,
        seconds=5.0,
        clients=8,
    )


class _Run:
    """One database's table."""

    def __init__(self, goldens: int, seconds: float, clients: int) -> None:
        self.seconds, self.clients = seconds, clients
        spare = int(2_000 * seconds) + 2_000
        taken = int(goldens * _hub.RECORDS_OF_A_GOLDEN)
        self.items = _hub.fill(goldens, _hub.bodies(taken + spare * 3))
        feed.head()
        self.ids = list(Golden.objects.filter(entity="client").values_list("id", flat=True)[:2000])
        self.failed = 0

    def all(self) -> int:
        """The limits first, then the hub, then plain DRF."""
        insert = _raw.single(self.items[:2000], self.clients, self.seconds)
        select = _load.measure(self._select, clients=self.clients, seconds=self.seconds)
        _load.head(f"{Golden.objects.count():,} golden records on {connection.vendor}")
        _load.line("raw writes of one record", insert)
        _load.line("raw SELECT of one document", select)
        plain = self._plain()
        with _hub.web() as address:
            key = issue_credential(System.objects.get(code=_hub.SYSTEM), SCOPES)
            self.address, self.bearer = address, _load.token(address, key)
            self._reads(select.a_second)
            self._writes(insert.a_second)
        _load.line("plain DRF, GET one", plain, select.a_second)
        return 1 if self.failed else 0

    def _select(self, lane: int, number: int) -> None:
        golden = self.ids[number % len(self.ids)]
        with connection.cursor() as cursor:
            cursor.execute(_DOCUMENT, [golden.hex if connection.vendor == "sqlite" else golden])
            cursor.fetchone()

    def _plain(self) -> _load.Measured:
        gets = (("GET", f"/{golden}", None) for golden in cycle(self.ids))
        with _hub.web("mdm.benchmarks._plain:application") as address:
            return _load.drive(address, "", _next(gets), clients=self.clients, seconds=self.seconds)

    def _reads(self, limit: float) -> None:
        one = (("GET", f"/api/v1/clients/{golden}", None) for golden in cycle(self.ids))
        self._line("GET one", one, limit)
        self._line("list of 50", cycle([("GET", "/api/v1/clients?limit=50", None)]))
        self._line("change feed, 100", cycle([("GET", "/api/v1/changes?limit=100", None)]))

    def _writes(self, limit: float) -> None:
        singles, many = self.items[2000 : len(self.items) // 2], self.items[len(self.items) // 2 :]
        puts = (("PUT", f"{BASE}/{body['source_id']}", _envelope(body)) for body in singles)
        self._line("PUT one", puts, limit)
        portions = (many[n : n + BATCH] for n in range(0, len(many), BATCH))
        posts = (("POST", f"{BASE}/batch", portion) for portion in portions)
        self._line(f"batch of {BATCH}, 2 clients, records", posts, each=BATCH, clients=2)

    def _line(
        self,
        name: str,
        calls: Iterator[tuple[str, str, Any]],
        limit: float | None = None,
        each: int = 1,
        clients: int | None = None,
    ) -> None:
        ask, lanes = _next(calls), clients or self.clients
        found = _load.drive(self.address, self.bearer, ask, clients=lanes, seconds=self.seconds)
        self.failed += found.failed
        _load.line(name, found, limit, each)


_DOCUMENT = (
    "SELECT g.id, g.code, g.version, g.state, c.after FROM canonical_golden g "
    "JOIN canonical_change c ON c.golden_id = g.id AND c.version = g.version WHERE g.id = %s"
)


def _envelope(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "source_id"}


def _next(calls: Iterator[tuple[str, str, Any]]) -> _load.Ask:
    """The calls one after the other, whichever client asks; IndexError at their end."""
    lock = Lock()

    def ask(number: int) -> tuple[str, str, Any]:
        with lock:
            for call in calls:
                return call
        raise IndexError(number)

    return ask
