"""Reads that intake repeats for every record: compiled once a process, prepared once a connection.

To build a queryset and compile it takes Django four times as long as PostgreSQL takes to answer;
here that is done at the first call, and later calls bring nothing but values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import Expression

from canonical import prepared

Params = Sequence[Any]


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
        found = self._compiled.get(prepared.vendor()) or self._compile()
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
        self._compiled[prepared.vendor()] = found
        return found


@dataclass(frozen=True, slots=True)
class _Compiled:
    compiler: Any
    sql: str
    params: Params
    converters: Any


def select(sql: str, params: Params) -> list[tuple[Any, ...]]:
    """The rows of a statement whose text is the same at every call."""
    if prepared.vendor() == "postgresql":
        return prepared.ask(sql, params)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def array(values: Iterable[Any]) -> str:
    """Numbers or ids as one parameter: PostgreSQL's array text, which is read in C."""
    return "{" + ",".join([v.hex if isinstance(v, UUID) else str(v) for v in values]) + "}"


def texts(values: Iterable[str | None]) -> str:
    """Texts as one parameter; None is NULL."""
    return "{" + ",".join(map(_quoted, values)) + "}"


def _quoted(text: str | None) -> str:
    if text is None:
        return "NULL"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def listed(field: models.Field[Any, Any]) -> Callable[[Any], str]:
    """Values of a field as one parameter of SQLite's `json_each`."""

    def adapt(values: Iterable[Any]) -> str:
        return json.dumps([field.get_db_prep_value(value, connection) for value in values])

    return adapt
