"""A PostgreSQL of one's own, to be crashed: nobody else's database may be."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FALLBACKS = ("postgres", "nobody")  # whom root hands the server over to: it refuses to be root's


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl; None where PostgreSQL's server is not installed."""
    found = shutil.which("pg_ctl")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server with one database, durable as a production one."""

    folder: Path
    port: int
    bin: Path
    user: str | None

    @property
    def url(self) -> str:
        """Its address for ASSAY_DATABASE_URL."""
        return f"postgres://assay@127.0.0.1:{self.port}/postgres"

    def crash(self) -> None:
        """Stop it as a power cut does, and start it again: what was committed is there."""
        self.run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        options += " -c max_locks_per_transaction=256"
        self.run("pg_ctl", "-D", "data", "-l", "log", "-o", options, "-w", "start")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs in the folder."""
        as_whom: dict[str, Any] = {"user": self.user} if self.user else {}
        subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
            **as_whom,
        )


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make one, start it, and take it away in the end; FileNotFoundError without PostgreSQL."""
    folder_of_binaries = binaries()
    if folder_of_binaries is None:
        raise FileNotFoundError("PostgreSQL's server is not installed here: no initdb and pg_ctl.")
    user = _someone_else() if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="assay-pg-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        made = Cluster(Path(folder), probe.getsockname()[1], folder_of_binaries, user)
        probe.close()
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        made.run("initdb", "-D", "data", "-U", "assay", "-A", "trust", "-E", "UTF8")
        made.start()
        try:
            yield made
        finally:
            made.run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")


def at(folder: Path) -> Cluster:
    """The running cluster in a folder, as another process sees it."""
    found = binaries()
    assert found is not None
    port = int((folder / "data" / "postmaster.pid").read_text().splitlines()[3])
    return Cluster(folder, port, found, _someone_else() if os.geteuid() == 0 else None)


def _someone_else() -> str:
    for name in FALLBACKS:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise FileNotFoundError(f"PostgreSQL refuses to run as root, and nobody is called {FALLBACKS}.")
