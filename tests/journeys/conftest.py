"""A real demo in a folder of its own: two processes, its database, its `demo.json`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from pytest_django import Settings

from sync.torture.receiver import Receiver
from tests.databases import ROOT, SqliteCopy
from tests.journeys.firm import Firm, open_firm
from tests.tryton import Between, Erp

READY_WITHIN = 120  # seconds


@dataclass(frozen=True)
class Demo:
    """Where a running demo lives and answers."""

    folder: Path
    facts: dict[str, Any]

    @property
    def base_url(self) -> str:
        url: str = self.facts["base_url"]
        return url

    def said(self) -> str:
        """What it has written for the person who started it."""
        return (self.folder.parent / "said.txt").read_text()


@pytest.fixture
def firm(tryton: Erp, db: None, settings: Settings) -> Iterator[Firm]:
    """The demo firm's systems, with a real Tryton as ERP."""
    settings.ALLOW_LOCAL_TARGETS = True
    quick = "django.contrib.auth.hashers.MD5PasswordHasher"  # there are many people
    settings.PASSWORD_HASHERS = [quick, *settings.PASSWORD_HASHERS]
    cache.clear()
    with Between(tryton) as between, Receiver() as receiver:
        assert isinstance(between, Between)
        yield open_firm(tryton, between, receiver)


@pytest.fixture
def empty_demo(tmp_path: Path) -> Iterator[Demo]:
    """`manage.py demo --empty`, spared the migration by a copy of a migrated file."""
    folder, port = tmp_path / "var" / "demo", free_port()
    folder.mkdir(parents=True)
    shutil.copy(SqliteCopy(folder).migrated(), folder / "assay.sqlite3")
    command = ["demo", "--empty", "--dir", str(folder), "--port", str(port)]
    with (folder.parent / "said.txt").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={**os.environ, "ASSAY_NO_BOOTSTRAP": "1"},
            stdout=said,
            process_group=0,
        )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield Demo(folder, json.loads((folder / "demo.json").read_text()))
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/health/ready", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    pytest.fail("The demo did not become ready.")
