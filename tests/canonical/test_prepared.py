"""Prepared statements keep what Django's cursors keep: transactions, errors, who looks on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from canonical import prepared

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def table() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (number int PRIMARY KEY, said text)")
    yield "kept"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE kept")


def insert(number: Any, said: Any = "x") -> Any:
    return prepared.ask("INSERT INTO kept VALUES (%s, %s)", [number, said])


def held() -> list[tuple[Any, ...]]:
    return prepared.ask("SELECT number, said FROM kept ORDER BY number", [])


HOSTILE = ("", 'é\n\t\\ \'" %s %% {a,"b"} $1', "\\x00", None)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_value_comes_back_as_it_was_given(table: str, text: str | None) -> None:
    assert insert(1, text) == []
    assert held() == [(1, text)]


def test_values_of_every_kind_are_read_by_the_type_their_place_has() -> None:
    number, one = UUID(int=7), "SELECT %s::uuid, %s::bigint, %s::boolean, %s::jsonb, 5 %% 3"
    assert prepared.ask(one, [number, 2**40, True, '{"a": [1]}']) == [
        (number, 2**40, True, '{"a": [1]}', 2)
    ]


def test_it_stands_in_the_transaction_and_goes_with_it(table: str) -> None:
    with transaction.atomic():
        insert(1)
        with transaction.atomic():
            insert(2)
        transaction.set_rollback(True)
    assert held() == []
    with transaction.atomic():
        insert(1)
        with pytest.raises(IntegrityError), transaction.atomic():
            insert(1)
        insert(2)
    assert [number for number, _ in held()] == [1, 2]


def test_outside_a_transaction_each_stands_for_itself(table: str) -> None:
    insert(1)
    with psycopg.connect(**connection.get_connection_params()) as other:
        assert other.execute("SELECT count(*) FROM kept").fetchone() == (1,)


def test_what_fails_says_so_as_django_says_it(table: str) -> None:
    with pytest.raises(DataError) as said:
        insert("seven")
    assert getattr(said.value.__cause__, "sqlstate", "") == "22P02"
    with pytest.raises(DataError):
        insert(1, "a\x00b")
    insert(1)
    assert held() == [(1, "x")]


def test_a_connection_that_is_gone_is_an_operational_error(table: str) -> None:
    connection.set_autocommit(False)
    insert(1)
    pid = connection.connection.info.backend_pid
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
    with pytest.raises(OperationalError):
        insert(2)
    connection.close()
    assert held() == []


def test_a_new_connection_is_told_anew(table: str) -> None:
    insert(1)
    connection.close()
    insert(2)
    assert [number for number, _ in held()] == [1, 2]


def test_whoever_wraps_or_captures_statements_sees_it(table: str) -> None:
    seen = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        insert(1)
    with CaptureQueriesContext(connection) as captured:
        insert(2)
        assert len(held()) == 2
    assert seen == [("INSERT INTO kept VALUES (%s, %s)", [1, "x"])]
    assert len(captured) == 2
