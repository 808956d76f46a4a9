"""One record against a large hub's golden records, by matching alone; and ten thousand at once.

Options: --goldens N (1000000), --requests N (1000), --arrivals N (10000), --database NAME (both;
SQLite holds a tenth). The hub holds generated companies as matching knows them, true clusters
linked, and is vacuumed; what arrives is as alike or unlike as it is in the generator. One record is
decided as intake decides it, then explained as search before create does. Nothing is written.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from canonical import configuration, garbage, writer
from canonical.models import Golden, Link, LinkCause, RecordState, SourceRecord, System, new_id
from matching.benchmarks import companies
from matching.engine.fields.document import Cell
from matching.engine.frame import Column, read_frame
from matching.engine.normalise import Features
from matching.engine.pairs import Filed
from matching.engine.pairs import file_records as keys_of
from matching.intake.filing import file_records
from matching.intake.resolve import Newcomer, considered, place
from matching.profiles import profile_for
from matching.tables import Columns
from sync.benchmarks import _hub
from sync.inbound.receive import CHUNK

ENTITY: Final = "client"
PORTION: Final = 20_000  # records generated at a time
AHEAD: Final = 6  # portions
WRITTEN: Final = 100_000  # records at a time
MAKERS: Final = 2  # processes
Row = tuple[UUID, Newcomer]


def run(options: list[str]) -> int:
    """Measure in scratch databases; 0 unless something failed."""

    def measure(wanted: argparse.Namespace) -> int:
        small = connection.vendor == "sqlite" and not wanted.database
        _fill(wanted.goldens // 10 if small else wanted.goldens)
        _measure(wanted.requests, wanted.arrivals)
        return 0

    return _hub.measured(
        "online", options, measure, goldens=1_000_000, requests=1_000, arrivals=10_000
    )


def _fill(goldens: int) -> None:
    """Write portions that other processes make meanwhile, several at once.

    Keys that are sorted together touch each page of a large index once for all of them.
    """
    garbage.search_less()  # as every process that takes records in
    started, made, rows = time.perf_counter(), 0, list[Row]()
    with ProcessPoolExecutor(MAKERS, get_context("fork")) as makers:
        portions = _portions(makers)  # begun before this process is connected
        rows += next(portions)
        System.objects.get_or_create(code=_hub.SYSTEM, defaults={"name": "CRM"})
        while made < goldens:
            while len(rows) < WRITTEN and len(_goldens(rows)) < goldens - made:
                rows += next(portions)
            rows = _first(rows, goldens - made)
            _write(rows, made)
            made += len(_goldens(rows))
            rows = []
            _hub.tell(made, "golden records", started)
        makers.shutdown(cancel_futures=True)
    _hub.vacuum()


def _portions(makers: Executor) -> Iterator[list[Row]]:
    """Portions in the order of their seeds, a few of them on the way."""
    waiting = deque(makers.submit(_portion, seed) for seed in range(1, AHEAD + 1))
    for seed in count(AHEAD + 1):
        yield waiting.popleft().result()
        waiting.append(makers.submit(_portion, seed))


def _portion(seed: int) -> list[Row]:
    """Records of firms that no other portion has, with the golden record of each."""
    columns, clusters = companies.generate(PORTION, seed)
    goldens: dict[int, UUID] = {}
    return [
        (goldens.setdefault(cluster, new_id()), one)
        for one, cluster in zip(_newcomers(columns), clusters, strict=True)
    ]


def _newcomers(columns: Columns) -> Iterator[Newcomer]:
    """The same as `newcomer` makes of each row, by column: a million is read in minutes."""
    profile = profile_for(ENTITY)
    frame = read_frame(profile, columns)
    filed = keys_of(profile, frame)
    keys = _by_row(filed, frame.size)
    strong = _by_row([f for k, f in zip(profile.keys, filed, strict=True) if k.strong], frame.size)
    rows = zip(*(_cells(column) for column in frame.columns), strict=True)
    for cells, mine, identifying in zip(rows, keys, strong, strict=True):
        features = Features(ENTITY, cells)
        yield Newcomer(new_id(), _hub.SYSTEM, features, tuple(mine), frozenset(identifying))


def _by_row(filed: Sequence[Filed], size: int) -> Iterator[dict[int, None]]:
    """The keys of each record, each once."""
    rows = np.concatenate([under.row for under in filed])
    order = np.argsort(rows, kind="stable")
    keys = np.concatenate([under.key for under in filed]).view(np.int64)[order].tolist()
    start = 0
    for end in np.cumsum(np.bincount(rows, minlength=size)).tolist():
        yield dict.fromkeys(keys[start:end])
        start = end


def _cells(column: Column) -> Iterator[Cell]:
    """The cell of each record."""
    _, first = np.unique(column.code, return_index=True)
    known = {int(column.code[record]): column.cell(record) for record in first}
    return map(known.__getitem__, column.code.tolist())


def _goldens(rows: Iterable[Row]) -> list[UUID]:
    return list(dict.fromkeys(golden for golden, _ in rows))


def _first(rows: list[Row], goldens: int) -> list[Row]:
    """Those of so many golden records at the most."""
    kept = set(_goldens(rows)[:goldens])
    return [row for row in rows if row[0] in kept]


def _write(rows: Sequence[Row], made: int) -> None:
    """What matching reads of them: identities, records, links, features and keys."""
    now = timezone.now()
    goldens = [
        {"id": golden, "entity": ENTITY, "code": f"CL-{made + n}", "version": 1, "state": "active"}
        | {"merged_into_id": None, "published_version": 1, "content_hash": "", "head_hash": ""}
        | {"created_at": now, "updated_at": now}
        for n, golden in enumerate(_goldens(rows))
    ]
    records = [
        {"id": n.record, "system_id": n.system, "entity": ENTITY, "source_id": str(n.record)}
        | {"state": RecordState.ACTIVE.value, "current_id": None, "changed_at": {}, "issues": []}
        | {"annotations": {}, "contributes": True, "primary": False, "received_at": now}
        for _, n in rows
    ]
    links = [
        {"id": new_id(), "record_id": n.record, "golden_id": golden, "since": now, "until": None}
        | {"cause": LinkCause.MATCHED.value, "merge_id": None}
        for golden, n in rows
    ]
    with transaction.atomic():
        for model, written in ((Golden, goldens), (SourceRecord, records), (Link, links)):
            writer.insert(model, written)
        file_records(ENTITY, [n for _, n in rows])


def _measure(requests: int, arrivals: int) -> None:
    arriving = list(_newcomers(companies.generate(requests + arrivals, seed=0)[0]))
    stamp = configuration.stamp()
    held = f"{Golden.objects.count():,} golden records, {Link.objects.count():,} records"
    sys.stdout.write(f"\n{connection.vendor}: {held}\n")
    considered(ENTITY, arriving[0], stamp)  # compiled and prepared
    one = arriving[:requests]
    _tell("one record decided", lambda n: place(ENTITY, [n], stamp), one)
    _tell("once more, its pages read", lambda n: place(ENTITY, [n], stamp), one)
    _tell("with all candidates explained", lambda n: considered(ENTITY, n, stamp), one)
    rest = arriving[requests:]
    chunks = [rest[n : n + CHUNK] for n in range(0, len(rest), CHUNK)]
    taken = sum(_timed(lambda chunk: place(ENTITY, chunk, stamp), chunks)) / 1000
    each = taken / len(rest) * 1e6
    sys.stdout.write(
        f"  {len(rest):,} new, in chunks of {CHUNK}: {taken:.2f} s, {each:.0f} us each\n"
    )


def _tell(what: str, ask: Callable[[Newcomer], object], of: Sequence[Newcomer]) -> None:
    p50, p95 = np.percentile(list(_timed(ask, of)), [50, 95])
    sys.stdout.write(f"  {what:30} p50 {p50:6.2f} ms   p95 {p95:6.2f} ms\n")


def _timed(ask: Callable[[Any], object], of: Sequence[Any]) -> Iterator[float]:
    """Milliseconds of each call."""
    for one in of:
        started = time.perf_counter()
        ask(one)
        yield (time.perf_counter() - started) * 1000
