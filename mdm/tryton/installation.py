"""Installs Tryton and prepares its database, once for a list of packages.

The environment and the empty database lie under var/tryton; every run works on a copy of the
database. Another list of packages or modules is another folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bootstrap

ROOT: Final = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS: Final = ROOT / "fixtures" / "tryton" / "requirements.txt"
DATABASE: Final = "tryton"
MODULES: Final = (
    "party",
    "company",
    "currency",
    "country",
    "product",
    "account",
    "account_invoice",
    "sale",
    "project",
    "timesheet",
    "timesheet_cost",
    "project_invoice",
    "project_revenue",
    "sale_subscription",
)
RECIPE: Final = 1  # raise it where preparing changes
CONFIGURATION: Final = """\
[database]
uri = sqlite://
path = {folder}
[web]
listen = 127.0.0.1:{port}
[session]
authentications = password
"""

Say = Callable[[str], object]


class Unavailable(Exception):
    """Tryton cannot be installed or prepared here; the text says why."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One environment with Tryton in it, and the database it prepared."""

    folder: Path

    def program(self, name: str) -> Path:
        """A program of the environment: python, trytond, trytond-admin."""
        return self.folder / "environment" / "bin" / name

    @property
    def database(self) -> Path:
        """The prepared database: modules, no company, no parties; never to be written to."""
        return self.folder / f"{DATABASE}.sqlite"

    @property
    def password(self) -> str:
        """The administrator's password in every copy of the database."""
        return (self.folder / "password").read_text()

    @property
    def ready(self) -> bool:
        """Whether everything has been made."""
        return (self.folder / "ready").exists()


def here() -> Installation:
    """Where the installation for the present packages and interpreter belongs."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes())
    digest.update(f"{sys.version_info[:3]} {MODULES} {RECIPE}".encode())
    return Installation(ROOT / "var" / "tryton" / digest.hexdigest()[:12])


def ensure(say: Say = lambda _: None) -> Installation:
    """The installation, made if it is not there: about a minute. Raises Unavailable.

    Of two processes that ask at once, the second waits for the first.
    """
    installation = here()
    with _alone(installation.folder.parent):
        if not installation.ready:
            _make(installation, say)
    return installation


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(installation: Installation, say: Say) -> None:
    for older in installation.folder.parent.iterdir():
        if older.is_dir():
            shutil.rmtree(older)
    installation.folder.mkdir()
    log = installation.folder / "log"
    say("Installing Tryton, once ...")
    _install(installation, log)
    say("Preparing its database, once ...")
    _prepare(installation, log)
    (installation.folder / "ready").touch()


def _install(installation: Installation, log: Path) -> None:
    """With uv where it works: a Python without ensurepip cannot make environments by itself."""
    environment = str(installation.folder / "environment")
    python = str(installation.program("python"))
    if uv := bootstrap.working_uv():
        _run([uv, "venv", "--python", sys.executable, environment], log)
        install = [uv, "pip", "install", "--python", python]
    else:
        _run([sys.executable, "-m", "venv", environment], log)
        install = [python, "-m", "pip", "install", "--quiet", "--no-input", "--retries", "2"]
    _run([*install, "--no-deps", "--require-hashes", "-r", str(REQUIREMENTS)], log)


def _prepare(installation: Installation, log: Path) -> None:
    (installation.folder / "password").touch(mode=0o600)
    (installation.folder / "password").write_text(secrets.token_urlsafe(18))
    configuration = installation.folder / "trytond.conf"
    configuration.write_text(CONFIGURATION.format(folder=installation.folder, port=0))
    installation.database.touch()
    _run(
        [str(installation.program("trytond-admin")), "-c", str(configuration), "-d", DATABASE,
         "-u", *MODULES, "--activate-dependencies", "--email", "admin@example.com"],
        log,
        {"TRYTONPASSFILE": str(installation.folder / "password")},
    )  # fmt: skip


def _run(command: list[str], log: Path, settings: dict[str, str] | None = None) -> None:
    """Run quietly; what it says is kept in the log, its last line is the reason of a failure."""
    others = ("PYTHON", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    result = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        env=kept | (settings or {}),
    )
    with log.open("a") as file:
        file.write(f"$ {' '.join(command)}\n{result.stdout}\n")
    if result.returncode:
        reason = (result.stdout.strip().splitlines() or ["no output"])[-1]
        if re.search(bootstrap.NO_NETWORK, result.stdout):
            reason = "the package index cannot be reached"
        raise Unavailable(f"{Path(command[0]).name} failed: {reason}")
