from __future__ import annotations

import time
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection

from canonical import configuration
from canonical.reader import select
from mdm import services

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    return pid


def end_connection() -> None:
    """Have the server end this test's connection, and wait until it is gone."""
    pid = backend()
    with psycopg.connect(services.POSTGRES_URL, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
            time.sleep(0.01)


def test_a_connection_that_stands_is_not_asked() -> None:
    pid = backend()
    assert connection.is_usable()
    with psycopg.connect(services.POSTGRES_URL) as other:
        last = other.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
    assert last == ("SELECT pg_backend_pid()",)


def test_a_connection_that_the_server_ended_is_not_usable() -> None:
    connection.ensure_connection()
    end_connection()
    assert not connection.is_usable()


def test_the_next_request_goes_by_a_new_connection() -> None:
    end_connection()
    connection.close_if_unusable_or_obsolete()  # as at the beginning of a request
    assert configuration.stamp() >= 0


def test_a_failed_transaction_is_no_usable_connection() -> None:
    connection.ensure_connection()
    raw = connection.connection
    raw.execute("BEGIN")
    with pytest.raises(psycopg.errors.DivisionByZero):
        raw.execute("SELECT 1/0")
    assert not connection.is_usable()
    raw.execute("ROLLBACK")


def test_without_a_connection() -> None:
    connection.close()
    assert not connection.is_usable()


def test_moments_come_in_utc_by_the_orm_and_without_it() -> None:
    moment = "2026-03-29T01:30:00.123456+02:00"
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [moment])
        [by_django] = cursor.fetchone()
    [(prepared,)] = select("SELECT %s::timestamptz", [moment])
    at = datetime(2026, 3, 28, 23, 30, 0, 123456, tzinfo=UTC)
    assert (by_django, prepared) == (at, at)
    assert by_django.tzinfo is prepared.tzinfo is UTC
