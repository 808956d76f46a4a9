"""Test databases as copies: migrated once for a state of the sources, copied where one is needed.

A first migrate takes ten seconds and a copy a tenth of one. Each worker gets its own copy, and a
test that commits gives back a fresh one: emptying the tables instead would meet the journal's
trigger, and would lose the vocabularies and policies that ship in migrations.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connections
from psycopg.sql import SQL, Identifier, Literal

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "test"
CHECKOUT = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]


class Copy(Protocol):
    """One worker's copy of the migrated database."""

    def make(self) -> None:
        """Make the copy and point the default connection at it."""

    def restore(self) -> None:
        """Bring it back to what was migrated."""

    def drop(self) -> None:
        """Remove it."""


def copy_for(worker: str, folder: Path) -> Copy:
    """The copy of one test worker, of the kind of database that settings name."""
    if "postgresql" in settings.DATABASES["default"]["ENGINE"]:
        return PostgresCopy(f"test_assay_{CHECKOUT}_{worker}")
    return SqliteCopy(folder / "test.sqlite3")


def fingerprint() -> str:
    """A digest of all that migrations are made of: theirs, the model they ship, the libraries."""
    sources = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("canonical/**/*.py")]
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(sources):
        if {"api", "admin"} & set(path.relative_to(ROOT).parts):
            continue
        digest.update(path.read_bytes())
    return digest.hexdigest()


def migrate(url: str) -> None:
    """Migrate a database in a process of its own, where nothing is connected to another yet."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"],
        cwd=ROOT,
        env={**os.environ, "ASSAY_DATABASE_URL": url, "ASSAY_NO_BOOTSTRAP": "1"},
        check=True,
    )


@contextmanager
def alone() -> Iterator[None]:
    """Of the workers of this checkout, one at a time."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class SqliteCopy:
    """A file; restored through SQLite's backup, which other open connections survive."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = str(self.path)
        self.template = self.migrated()
        self.restore()

    def migrated(self) -> Path:
        """The migrated file that copies are made from; made if the sources have changed."""
        template = FOLDER / f"{fingerprint()}.sqlite3"
        with alone():
            if not template.exists():
                for outdated in FOLDER.glob("*.sqlite3*"):
                    outdated.unlink()
                draft = FOLDER / "draft.sqlite3"
                migrate(f"sqlite:///{draft}")
                draft.rename(template)
        return template

    def restore(self) -> None:
        connection = connections["default"]
        connection.ensure_connection()
        with sqlite3.connect(self.template) as template:
            template.backup(connection.connection)
        template.close()

    def drop(self) -> None:
        connections.close_all()


class PostgresCopy:
    """A database made from a template database, whose comment tells what it was migrated from."""

    template = f"assay_template_{CHECKOUT}"

    def __init__(self, name: str) -> None:
        self.name = name

    def make(self) -> None:
        default = connections["default"]
        default.close()
        with alone():
            self._migrated()
        default.settings_dict["NAME"] = self.name
        self.restore()

    def _migrated(self) -> None:
        current = fingerprint()
        described = SQL("SELECT shobj_description(oid, 'pg_database') FROM pg_database")
        row = self._on_server(described + SQL(" WHERE datname = {}").format(Literal(self.template)))
        if row == (current,):
            return
        template = Identifier(self.template)
        self._on_server(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(template))
        self._on_server(SQL("CREATE DATABASE {}").format(template))
        url = urlsplit(os.environ["ASSAY_DATABASE_URL"])
        migrate(url._replace(path=f"/{self.template}").geturl())
        self._on_server(SQL("COMMENT ON DATABASE {} IS {}").format(template, Literal(current)))

    def restore(self) -> None:
        connections["default"].close()
        self._drop()
        copy = SQL("CREATE DATABASE {} TEMPLATE {}")
        self._on_server(copy.format(Identifier(self.name), Identifier(self.template)))

    def drop(self) -> None:
        connections.close_all()
        self._drop()

    def _drop(self) -> None:
        copy = Identifier(self.name)
        self._on_server(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(copy))

    def _on_server(self, statement: Any) -> tuple[Any, ...] | None:
        """Run a statement beside the tests' own connection; the first row, if it has rows."""
        with psycopg.connect(os.environ["ASSAY_DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchone() if cursor.description else None
