"""System checks of the database server: what must hold before anything is acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections

ENOUGH_LOCKS = 256


@register(Tags.database)
def check_postgres(
    app_configs: Any, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """Refuse a server that acknowledges what it has not written; warn of a small lock table."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        if connections[alias].vendor == "postgresql":
            found += judge(_server_settings(alias))
    return found


def _server_settings(alias: str) -> dict[str, str]:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN"
            " ('fsync', 'synchronous_commit', 'full_page_writes', 'max_locks_per_transaction')"
        )
        return dict(cursor.fetchall())


def judge(server: dict[str, str]) -> list[CheckMessage]:
    """What a PostgreSQL server's settings mean for the promise that acknowledged is durable."""
    found: list[CheckMessage] = [
        Error(
            f"PostgreSQL runs with {name} = off: an acknowledged write could be lost.",
            hint=f"Set {name} = on in postgresql.conf.",
            id="assay.E001",
        )
        for name in ("fsync", "synchronous_commit", "full_page_writes")
        if server.get(name) == "off"
    ]
    locks = int(server.get("max_locks_per_transaction", ENOUGH_LOCKS))
    if locks < ENOUGH_LOCKS:
        found.append(
            Warning(
                f"PostgreSQL's max_locks_per_transaction is {locks}; bulk loads beside many"
                " writers can exhaust its lock table, for every session.",
                hint=f"Set max_locks_per_transaction = {ENOUGH_LOCKS} and restart PostgreSQL.",
                id="assay.W001",
            )
        )
    return found


def refuse_unsafe_database() -> None:
    """Stop a server process that would acknowledge what is not durable.

    A database that does not answer yet is no reason to stop: /health/ready says so meanwhile.
    """
    try:
        errors = [message for message in check_postgres(None, ["default"]) if message.level >= 40]
    except OperationalError:
        return
    finally:
        connections["default"].close()
    if errors:
        raise ImproperlyConfigured(" ".join(str(message.msg) for message in errors))
