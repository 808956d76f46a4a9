"""A database of its own for what may not touch the one that settings name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection


@contextmanager
def scratch_database() -> Iterator[None]:
    """Migrate one, connect to it, and drop it in the end.

    SQLite's is a file as it ships: one in memory would not survive a fork.
    """
    original = connection.settings_dict["NAME"]
    with tempfile.TemporaryDirectory(prefix="assay-scratch-") as folder:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = str(Path(folder) / "scratch.sqlite3")
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(original, verbosity=0)
