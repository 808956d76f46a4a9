from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from mdm.checks import check_postgres, judge

SOUND = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_locks_per_transaction": "256",
}


def test_a_sound_server_passes() -> None:
    assert judge(SOUND) == []
    assert judge(SOUND | {"synchronous_commit": "remote_apply"}) == []


@pytest.mark.parametrize("name", ["fsync", "synchronous_commit", "full_page_writes"])
def test_a_server_that_may_lose_what_it_acknowledged_is_refused(name: str) -> None:
    (error,) = judge(SOUND | {name: "off"})

    assert error.is_serious()
    assert name in error.msg


def test_a_small_lock_table_is_a_warning() -> None:
    (warning,) = judge(SOUND | {"max_locks_per_transaction": "64"})

    assert not warning.is_serious()
    assert "64" in warning.msg


@pytest.mark.postgres
@pytest.mark.django_db
def test_this_server_was_asked() -> None:
    assert not any(message.is_serious() for message in check_postgres(None, ["default"]))


@pytest.mark.postgres
@pytest.mark.django_db
def test_connections_are_limited() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN ('statement_timeout',"
            " 'lock_timeout', 'idle_in_transaction_session_timeout',"
            " 'client_connection_check_interval')"
        )
        assert dict(cursor.fetchall()) == {
            "statement_timeout": "15000",
            "lock_timeout": "5000",
            "idle_in_transaction_session_timeout": "60000",
            "client_connection_check_interval": "1000",
        }


def test_the_project_passes_its_system_checks() -> None:
    call_command("check", fail_level="WARNING")
