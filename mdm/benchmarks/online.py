"""One record against a large hub's golden records, by matching alone; and ten thousand at once.

Options: --goldens N (1000000), --requests N (1000), --arrivals N (10000), --database NAME (both;
SQLite holds a tenth). The hub holds generated companies as matching knows them, true clusters
linked; what arrives is as alike or unlike as it is in the generator. Nothing is written.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.utils import timezone
from tqdm import tqdm

from canonical import configuration, writer
from canonical.models import Golden, Link, LinkCause, RecordState, SourceRecord, System, new_id
from matching.benchmarks import companies
from matching.engine.frame import read_frame
from matching.engine.keys import strong_keys
from matching.engine.normalise import Features
from matching.engine.pairs import file_records as keys_of
from matching.intake.filing import file_records
from matching.intake.resolve import Newcomer, considered, place
from matching.profiles import profile_for
from matching.tables import Columns
from sync.benchmarks import _hub
from sync.inbound.receive import CHUNK

ENTITY: Final = "client"
PORTION: Final = 20_000  # records generated, and written, at a time
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
    System.objects.get_or_create(code=_hub.SYSTEM, defaults={"name": "CRM"})
    bar = tqdm(total=goldens, desc="golden records", disable=None)
    made = seed = 0
    while made < goldens:
        seed += 1
        rows = _portion(seed)
        if made + len({golden for golden, _ in rows}) > goldens:
            rows = _first(rows, goldens - made)
        _write(rows, made)
        made += len({golden for golden, _ in rows})
        bar.n = made
        bar.refresh()
    bar.close()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


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
    rows = np.concatenate([under.row for under in filed])
    order = np.argsort(rows, kind="stable")
    keys = np.concatenate([under.key for under in filed]).view(np.int64)[order]
    ends = np.cumsum(np.bincount(rows, minlength=frame.size))
    for row, mine in enumerate(np.split(keys, ends[:-1])):
        cells = tuple(column.cell(row) for column in frame.columns)
        features = Features(ENTITY, cells)
        strong = frozenset(strong_keys(profile, features))
        yield Newcomer(new_id(), _hub.SYSTEM, features, tuple(dict.fromkeys(mine.tolist())), strong)


def _first(rows: Sequence[Row], goldens: int) -> list[Row]:
    kept = set(list(dict.fromkeys(golden for golden, _ in rows))[:goldens])
    return [row for row in rows if row[0] in kept]


def _write(rows: Sequence[Row], made: int) -> None:
    """What matching reads of them: identities, records, links, features and keys."""
    now = timezone.now()
    goldens = [
        {"id": golden, "entity": ENTITY, "code": f"CL-{made + n}", "version": 1, "state": "active"}
        | {"merged_into_id": None, "published_version": 1, "content_hash": "", "head_hash": ""}
        | {"created_at": now, "updated_at": now}
        for n, golden in enumerate(dict.fromkeys(golden for golden, _ in rows))
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
    one = list(_timed(lambda n: considered(ENTITY, n, stamp), arriving[:requests]))
    p50, p95 = np.percentile(one, [50, 95])
    sys.stdout.write(f"  one record               p50 {p50:6.2f} ms   p95 {p95:6.2f} ms\n")
    rest = arriving[requests:]
    chunks = [rest[n : n + CHUNK] for n in range(0, len(rest), CHUNK)]
    taken = sum(_timed(lambda chunk: place(ENTITY, chunk, stamp), chunks)) / 1000
    each = taken / len(rest) * 1e6
    sys.stdout.write(
        f"  {len(rest):,} new, in chunks of {CHUNK}: {taken:.2f} s, {each:.0f} us each\n"
    )


def _timed(ask: Callable[[Any], object], of: Sequence[Any]) -> Iterator[float]:
    """Milliseconds of each call."""
    for one in of:
        started = time.perf_counter()
        ask(one)
        yield (time.perf_counter() - started) * 1000
