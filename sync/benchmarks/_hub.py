"""A hub to measure: a scratch database, filled with generated companies, behind real gunicorn."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection
from psycopg.sql import SQL, Identifier

from canonical import garbage
from canonical.access import of_hub
from canonical.models import Golden, System
from matching.benchmarks import companies
from sync.inbound.arrivals import read_item
from sync.inbound.receive import receive

SERVER = os.environ.get("ASSAY_TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
KINDS = ("postgresql", "sqlite")
SYSTEM = "crm"
SEED = 7
RECORDS_OF_A_GOLDEN = 1.8  # of the generator, generously
READY_WITHIN = 60.0  # seconds
_SIMPLE = ("legal_name", "phone", "website", "email")


@contextmanager
def scratch(kind: str) -> Iterator[dict[str, str]]:
    """The environment of a process whose hub is new and empty; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        environment = {
            **os.environ,
            "ASSAY_VAR_DIR": folder,
            "ASSAY_NO_BOOTSTRAP": "1",
            "ASSAY_LOG_LEVEL": "ERROR",
            "ASSAY_RATE_LIMIT": "100000000",
            "ASSAY_BROKER_URL": "memory://",  # no worker runs; a folder would fill up with hints
        }
        environment.pop("ASSAY_DATABASE_URL", None)
        if kind == "sqlite":
            yield environment
            return
        name = f"assay_bench_{uuid4().hex[:8]}"
        _on_server(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            url = urlsplit(SERVER)._replace(path=f"/{name}").geturl()
            yield {**environment, "ASSAY_DATABASE_URL": url}
        finally:
            _on_server(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _on_server(statement: Any) -> None:
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(statement)


def measured(
    benchmark: str, options: list[str], measure: Callable[[Namespace], int], **defaults: float
) -> int:
    """Read the options and measure in a scratch database of each kind; the worst exit code.

    `defaults` are the numbers that can be set; `--database` chooses one kind.
    """
    parser = ArgumentParser(prog=f"bench {benchmark}")
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    parser.add_argument("--database", choices=KINDS)
    parser.add_argument("--inside", action="store_true", help=SUPPRESS)
    wanted = parser.parse_args(options)
    if wanted.inside:
        return measure(wanted)
    return in_each(benchmark, [wanted.database] if wanted.database else list(KINDS), options)


def in_each(benchmark: str, kinds: list[str], options: list[str]) -> int:
    """Run a benchmark with `--inside` in a process per kind of database; the worst exit code."""
    codes = [0]
    for kind in kinds:
        with scratch(kind) as environment:
            for command in (["migrate", "-v0"], ["bench", benchmark, "--inside", *options]):
                codes.append(_manage(command, environment))
                if codes[-1]:
                    break
    return max(codes)


def _manage(command: list[str], environment: dict[str, str]) -> int:
    arguments = [sys.executable, "manage.py", *command]
    return subprocess.run(arguments, cwd=settings.BASE_DIR, env=environment, check=False).returncode


def bodies(number: int) -> list[dict[str, Any]]:
    """That many generated companies as items of the Source API, the same ones every time."""
    columns, _ = companies.generate(number, SEED)
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return [_body(row) for row in rows]


def _body(row: dict[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = {name: row[name] for name in _SIMPLE if row[name]}
    address = {"role": "registered", "locality": row["locality"], "postal_code": row["postal_code"]}
    data["addresses"] = [{**address, "lines": [row["address_line"]]}]
    if row["tax_id"]:
        data["identifiers"] = [{"scheme": "vat", "value": row["tax_id"]}]
    return {"source_id": row["source_id"], "data": data, "modified_at": "2026-01-31T09:30:00Z"}


def fill(goldens: int, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Take items in until there are so many golden records; returns the items that are left.

    By the way of every load, in one process and without HTTP; its speed is told. Tables are
    vacuumed as they double: a server at work does so by itself.
    """
    garbage.search_less()  # walking the items for garbage would be measured, too
    System.objects.get_or_create(code=SYSTEM, defaults={"name": "CRM"})
    taken, started, due = 0, time.perf_counter(), 2_000
    while taken < len(items) and Golden.objects.count() < goldens:
        portion = [read_item(body) for body in items[taken : taken + 1000]]
        receive(of_hub("bench"), SYSTEM, "client", portion)
        taken += len(portion)
        if taken >= due:
            vacuum()
            due *= 2
        if taken % 10_000 == 0:
            tell(taken, "records", started)
    tell(taken, "records", started)
    vacuum()
    return items[taken:]


def vacuum() -> None:
    """What a server at work does by itself, where it is not switched off."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def tell(taken: int, what: str, started: float) -> None:
    """Print how far a fill has come, and how fast."""
    rate = taken / (time.perf_counter() - started)
    sys.stdout.write(f"  {taken:,} {what} loaded in process, {rate:,.0f} a second\n")
    sys.stdout.flush()


@contextmanager
def web(application: str = "") -> Iterator[str]:
    """`host:port` of gunicorn with the configuration of production, on this process's database."""
    address = f"127.0.0.1:{_free_port()}"
    served = application or settings.WSGI_APPLICATION.rpartition(".")[0]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "mdm/gunicorn.conf.py", served],
        cwd=settings.BASE_DIR,
        env={**os.environ, "ASSAY_BIND": address},
        stdout=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        _wait_for(address)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        try:
            asked = http.client.HTTPConnection(address, timeout=5)
            asked.request("GET", "/health/live")
            asked.getresponse().read()
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"{Path(sys.executable).name} -m gunicorn does not answer at {address}.")
