"""Callers that ask one request after the other, each over its own connection."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from canonical.access import IssuedCredential

Ask = Callable[[int], tuple[str, str, Any]]  # number -> method, path, body
WIDTHS: Final = (34, 12, 10, 10, 10, 14)


@dataclass(frozen=True, slots=True)
class Measured:
    """How often a second, and how long each took in milliseconds."""

    a_second: float
    taken: list[float]
    statuses: Counter[int]

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of the calls stayed below."""
        ordered = sorted(self.taken)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    @property
    def failed(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 300)


def token(address: str, issued: IssuedCredential) -> str:
    """A bearer token fetched as every system fetches its own."""
    key = f"{issued.credential.client_id}:{issued.client_secret}".encode()
    headers = {
        "Authorization": f"Basic {base64.b64encode(key).decode()}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("POST", "/oauth/token/", "grant_type=client_credentials", headers)
    value: str = json.loads(connection.getresponse().read())["access_token"]
    return value


def drive(address: str, bearer: str, ask: Ask, *, clients: int, seconds: float) -> Measured:
    """Ask for so long with so many at once; every call gets a number of its own."""
    connections = [http.client.HTTPConnection(address, timeout=60) for _ in range(clients)]
    statuses: Counter[int] = Counter()

    def call(lane: int, number: int) -> None:
        status = _call(connections[lane], bearer, *ask(number))
        statuses[status] += 1

    return measure(call, clients=clients, seconds=seconds, statuses=statuses)


def _call(
    connection: http.client.HTTPConnection, bearer: str, method: str, path: str, body: Any
) -> int:
    headers = {"Authorization": f"Bearer {bearer}"}
    if body is not None:
        headers |= {"Content-Type": "application/json"}
    if method == "POST":
        headers |= {"Idempotency-Key": str(uuid4())}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def measure(
    call: Callable[[int, int], object],
    *,
    clients: int,
    seconds: float,
    statuses: Counter[int] | None = None,
) -> Measured:
    """`call(lane, number)` again and again in so many threads, for so long."""
    sys.setswitchinterval(0.0005)
    numbers = itertools.count()
    ends = time.perf_counter() + seconds

    def lane(place: int) -> list[float]:
        taken = []
        while (started := time.perf_counter()) < ends:
            try:
                call(place, next(numbers))
            except IndexError:  # what there is to send has been sent
                break
            taken.append((time.perf_counter() - started) * 1000)
        return taken

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        taken = [each for some in pool.map(lane, range(clients)) for each in some]
    return Measured(len(taken) / (time.perf_counter() - started), taken, statuses or Counter())


def head(title: str) -> None:
    """The names of the columns."""
    sys.stdout.write(f"\n{title}\n")
    _row("", "a second", "p50 ms", "p95 ms", "p99 ms", "of the limit")


def line(name: str, found: Measured, limit: float | None = None, each: int = 1) -> None:
    """One line of the table; `each` records a call, `limit` what the database alone can do."""
    rate = found.a_second * each
    times = [f"{found.percentile(share):.1f}" for share in (0.5, 0.95, 0.99)]
    _row(name, f"{rate:,.0f}", *times, f"{rate / limit:.0%}" if limit else "")
    if found.failed:
        sys.stdout.write(f"  failed: {dict(found.statuses)}\n")


def _row(*cells: str) -> None:
    first, *others = (cell.rjust(width) for cell, width in zip(cells, WIDTHS, strict=True))
    sys.stdout.write(first.strip().ljust(WIDTHS[0]) + "".join(others) + "\n")
    sys.stdout.flush()
