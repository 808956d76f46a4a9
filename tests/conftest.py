"""What every test stands on: fresh databases, and words for what this machine cannot run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase

from mdm import services

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_serialized_rollback", "live_server"}
NEEDED = {"redis": services.redis_server, "browser": services.chromium}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--half",
        choices=["embedded", "postgres"],
        help="Of a run on two databases, the half this one is: no test runs twice on the same.",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    half = config.getoption("--half")
    kept = [item for item in items if half is None or _belongs(item, half)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def _belongs(item: pytest.Item, half: str) -> bool:
    if item.get_closest_marker("postgres"):
        return half == "postgres"
    return half == "embedded" or (_uses_database(item) and not item.get_closest_marker("browser"))


def _uses_database(item: pytest.Item) -> bool:
    owner = getattr(item, "cls", None)
    return (
        item.get_closest_marker("django_db") is not None
        or bool(DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())))
        or (isinstance(owner, type) and issubclass(owner, TransactionTestCase))
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip in words what cannot run here; in CI that is a failure if the service is there."""
    if item.get_closest_marker("postgres") and not _on_postgres():
        problem = services.postgres().problem or "this run is on SQLite"
        pytest.skip(f"needs PostgreSQL: {problem}")
    for marker, probe in NEEDED.items():
        if item.get_closest_marker(marker) and not probe().answers:
            _leave_out(probe())


def _leave_out(service: services.Service) -> None:
    reason = f"needs {service.name}: {service.problem}"
    if os.environ.get("CI") and (service.listens or service.name == "Chromium"):
        pytest.fail(f"CI skips nothing: {reason}")
    pytest.skip(reason)


def _on_postgres() -> bool:
    return "postgresql" in settings.DATABASES["default"]["ENGINE"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Give each checkout and each worker its own database; SQLite as a file, as it ships."""
    test = connections["default"].settings_dict["TEST"]
    if _on_postgres():
        checkout = hashlib.sha256(str(settings.BASE_DIR).encode()).hexdigest()[:8]
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        test["NAME"] = f"test_assay_{checkout}_{worker}"
    else:
        test["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def _journal_is_flushed_between_tests() -> Iterator[None]:
    """Let the end of a transactional test empty the journal, which its trigger forbids."""
    operations = type(connections["default"].ops)
    with pytest.MonkeyPatch.context() as patched:
        original = operations.execute_sql_flush

        def flush(self: Any, sql_list: Any) -> None:
            with _without_triggers(self.connection):
                original(self, sql_list)

        patched.setattr(operations, "execute_sql_flush", flush)
        yield


@contextmanager
def _without_triggers(connection: Any) -> Iterator[None]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            off, on = ["SET session_replication_role = replica"], ["RESET session_replication_role"]
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            off, on = [f"DROP TRIGGER {name}" for name, _ in triggers], [sql for _, sql in triggers]
        for statement in off:
            cursor.execute(statement)
        try:
            yield
        finally:
            for statement in on:
                cursor.execute(statement)
