"""A Tryton that runs: its own copy of the prepared database, its own process, a port of its own."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from mdm.supervise import Service
from mdm.tryton.installation import CONFIGURATION, DATABASE, Installation, Unavailable

HOST: Final = "127.0.0.1"
READY_WITHIN: Final = 60.0  # seconds
PATIENCE: Final = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Running:
    """Where a running Tryton answers, and who may do everything there."""

    url: str
    database: Path
    username: str
    password: str


@contextmanager
def running(installation: Installation, folder: Path, port: int = 0) -> Iterator[Running]:
    """Run Tryton on the database in the folder, a fresh copy where there is none yet.

    Without a port it takes a free one. Raises Unavailable where it does not come up.
    """
    service, here = prepare(installation, folder, port)
    service.start()
    try:
        _wait(service, here)
        yield here
    finally:
        stop(service)


def prepare(installation: Installation, folder: Path, port: int = 0) -> tuple[Service, Running]:
    """The process, not started yet, and where it will answer."""
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / f"{DATABASE}.sqlite"
    if not database.exists():
        shutil.copyfile(installation.database, database)
    port = port or _free_port()
    configuration = folder / "trytond.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port))
    # Named, the database is ready before the first login: else that answers 'res.user'.
    command = [str(installation.program("trytond")), "-c", str(configuration), "-d", DATABASE]
    service = Service("Tryton", command, folder / "trytond.log")
    url = f"http://{HOST}:{port}/{DATABASE}"
    return service, Running(url, database, "admin", installation.password)


def stop(service: Service) -> None:
    """End the process: asked first, killed where it does not listen."""
    service.signal(signal.SIGTERM)
    if service.process is None:
        return
    try:
        service.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        service.signal(signal.SIGKILL)
        service.process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(service: Service, here: Running) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _answers(urlsplit(here.url).port or 0):
        if service.is_dead() or time.monotonic() > deadline:
            raise Unavailable(f"Tryton does not come up; see {service.log}")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    """Whether something listens: Tryton does once its modules are loaded."""
    try:
        socket.create_connection((HOST, port), timeout=2).close()
    except OSError:
        return False
    return True
