"""Reads that intake repeats for every record: compiled once a process, prepared once a connection.

To build a queryset and compile it takes Django four times as long as PostgreSQL takes to answer;
here that is done at the first call, and later calls bring nothing but values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.signals import connection_created
from django.db.models import Expression
from django.dispatch import receiver

Params = Sequence[Any]
PREPARED_AT_MOST = 500


class Slot(Expression):
    """Stands in a queryset where a value is filled in at each call: `filter(id=Slot("id"))`.

    With the lookup `any` the value is a list. A `field` tells how a value that is neither text nor
    number is written.
    """

    def __init__(self, name: str, field: models.Field[Any, Any] | None = None) -> None:
        super().__init__(output_field=field or models.Field())
        self.name, self._written_as = name, field

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        field = self._written_as
        adapt = partial(field.get_db_prep_value, connection=connection) if field else plain
        return "%s", (Filled(self.name, adapt),)


class Filled:
    """A place among the parameters, with what makes a value of Python one of the database."""

    __slots__ = ("adapt", "name")

    def __init__(self, name: str, adapt: Callable[[Any], Any]) -> None:
        self.name, self.adapt = name, adapt


def plain(value: Any) -> Any:
    """The value as it is."""
    return value


class Read:
    """A queryset of `values_list` with slots, ready to be asked again and again.

    Call it with a value for each slot; the answer is a list of tuples.
    """

    def __init__(self, build: Callable[[], models.QuerySet[Any, Any]]) -> None:
        self._build = build
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, **values: Any) -> list[tuple[Any, ...]]:
        found = self._compiled.get(connection.vendor) or self._compile()
        rows = select(
            found.sql,
            [p.adapt(values[p.name]) if isinstance(p, Filled) else p for p in found.params],
        )
        if not found.converters:
            return rows
        return list(map(tuple, found.compiler.apply_converters(rows, found.converters)))

    def _compile(self) -> _Compiled:
        compiler = self._build().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        found = _Compiled(compiler, sql, params, converters)
        self._compiled[connection.vendor] = found
        return found


@dataclass(frozen=True, slots=True)
class _Compiled:
    compiler: Any
    sql: str
    params: Params
    converters: Any


def select(sql: str, params: Params) -> list[tuple[Any, ...]]:
    """The rows of a statement whose text is the same at every call."""
    with statement() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


class _PreparedCursor(psycopg.RawCursor[Any]):
    """Sends values beside the text, which the server parses and plans once a connection."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> _PreparedCursor:
        return super().execute(_numbered(query), params, prepare=True)

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        self._query = super()._convert_query(query, params)  # what Django shows as executed
        return self._query


@cache
def _numbered(sql: str) -> str:
    """The text with PostgreSQL's own placeholders, which the driver need not look for."""
    first, *others = sql.split("%s")
    text = first + "".join(f"${n}{other}" for n, other in enumerate(others, 1))
    return text.replace("%%", "%")


@receiver(connection_created)
def _keep_prepared(connection: Any, **_: object) -> None:
    """Every entity has statements of its own; the driver would drop them after a hundred."""
    if connection.vendor == "postgresql":
        connection.connection.prepared_max = PREPARED_AT_MOST


def statement() -> Any:
    """A cursor for statements whose text does not change: prepared on PostgreSQL."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        return database.cursor()
    database.close_if_health_check_failed()
    if database.connection is None:
        database.ensure_connection()
    cursor: Any = _PreparedCursor(database.connection)
    if database.queries_logged:
        return database.make_debug_cursor(cursor)
    return database.make_cursor(cursor)


def array(values: Iterable[Any]) -> str:
    """Numbers or ids as one parameter: PostgreSQL's array text, which is read in C."""
    return "{" + ",".join(map(str, values)) + "}"


def listed(field: models.Field[Any, Any]) -> Callable[[Any], str]:
    """Values of a field as one parameter of SQLite's `json_each`."""

    def adapt(values: Iterable[Any]) -> str:
        return json.dumps([field.get_db_prep_value(value, connection) for value in values])

    return adapt
