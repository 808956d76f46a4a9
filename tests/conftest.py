"""What every test stands on: fresh databases, and words for what this machine cannot run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NoReturn

import pytest
import pytest_django
from django.conf import settings
from django.test import TransactionTestCase

from canonical import garbage
from mdm import services
from tests import databases
from tests.tryton import Erp, erp
from tests.tryton.accounting import open_books

INSTALLED = {"Chromium", "Tryton"}  # CI installs them itself
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_serialized_rollback", "live_server"}
NEEDED = {
    "redis": services.redis_server,
    "browser": services.chromium,
    "tryton": services.tryton,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--half",
        choices=["embedded", "postgres"],
        help="Of a run on two databases, the half this one is: no test runs twice on the same.",
    )
    parser.addoption("--cases", type=int, default=1000, help="Generated requests to the API.")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    half = config.getoption("--half")
    kept = [item for item in items if half is None or _belongs(item, half)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    # Last, a minute's test would be waited for alone.
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Walking again and again what all the tests have loaded takes longer than many of them."""
    garbage.search_less()


def _belongs(item: pytest.Item, half: str) -> bool:
    if item.get_closest_marker("postgres"):
        return half == "postgres"
    if item.get_closest_marker("tryton"):
        return half == "embedded"
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
    if os.environ.get("CI") and (service.listens or service.name in INSTALLED):
        pytest.fail(f"CI skips nothing: {reason}")
    pytest.skip(reason)


def leave_out(reason: str) -> NoReturn:
    """Skip what this machine cannot run; CI skips nothing that it could have had."""
    if os.environ.get("CI"):
        pytest.fail(f"CI skips nothing: {reason}")
    pytest.skip(reason)


def _on_postgres() -> bool:
    return "postgresql" in settings.DATABASES["default"]["ENGINE"]


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: pytest_django.DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Give each worker its own copy of the migrated database, fresh after a test that commits."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    copy = databases.copy_for(worker, tmp_path_factory.mktemp("database"))
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patched:
        copy.make()
        patched.setattr(TransactionTestCase, "_fixture_teardown", lambda test: copy.restore())
        yield
        copy.drop()


@pytest.fixture(scope="session")
def running_tryton(
    django_test_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Erp]:
    """One process a worker."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(settings, "ALLOW_LOCAL_TARGETS", True)
        with erp(tmp_path_factory.mktemp("tryton")) as running:
            open_books(running, "Halden Marsh GmbH", 2026)
            running.keep()
            patched.undo()  # other tests of this process prove that local addresses are refused
            yield running


@pytest.fixture
def tryton(running_tryton: Erp, monkeypatch: pytest.MonkeyPatch) -> Erp:
    """A real Tryton with the demo firm's companies and nothing else."""
    monkeypatch.setattr(settings, "ALLOW_LOCAL_TARGETS", True)
    running_tryton.restore()
    return running_tryton


@pytest.fixture(autouse=True)
def _read_configuration_anew() -> None:
    """A test's configuration is rolled back with its stamp; what was read from it must not stay."""
    from canonical import configuration
    from matching.intake.candidates import heavy
    from matching.intake.resolve import current_model
    from sync.inbound import catalogue

    configuration.forget()
    catalogue.forget()
    current_model.cache_clear()
    heavy.forget()
