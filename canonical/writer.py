"""Writes many rows in one statement, whatever the number: COPY on PostgreSQL, else executemany.

Bulk updates through the ORM cost a hundred times as much per row, and write no history; so the
use cases of canonical write their rows here and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models

Row = Mapping[str, Any]
# Below this many values one INSERT is cheaper than the extra round trips of a COPY.
INLINE_VALUES = 600
# What `together` takes for few: one record and what hangs on it.
FEW = 40


def insert(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Insert rows given as {column: value}; every row names the same columns."""
    if not rows:
        return
    columns = tuple(rows[0])
    if connection.vendor != "postgresql":
        _insert_each(model, columns, rows)
    elif _sent_together() or len(rows) * len(columns) <= INLINE_VALUES:
        _insert_inline(model, columns, rows)
    else:
        _copy(model, columns, rows)


def update(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Update rows given as {primary key and other columns: value}, matched by primary key."""
    if not rows:
        return
    table, key = _quoted(model._meta.db_table), _column(model._meta.pk)
    columns = [column for column in rows[0] if column != key]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            changes = ", ".join(f"{_quoted(c)} = v.{_quoted(c)}" for c in columns)
            cursor.execute(
                f"UPDATE {table} t SET {changes} "  # noqa: S608
                f"FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) v "
                f"WHERE t.{_quoted(key)} = v.{_quoted(key)}",
                [json.dumps(list(rows), default=_json_value)],
            )
            return
        adapters = _adapters(model)
        changes = ", ".join(f"{_quoted(c)} = %s" for c in columns)
        cursor.executemany(
            f"UPDATE {table} SET {changes} WHERE {_quoted(key)} = %s",  # noqa: S608
            [tuple(adapters[c](row[c]) for c in (*columns, key)) for row in rows],
        )


def delete(model: type[models.Model], column: str, values: Iterable[Any]) -> None:
    """Delete the rows whose column holds one of the values, without reading them first."""
    wanted = list(values)
    if wanted:
        queryset = model._default_manager.filter(**{f"{column}__any": wanted})
        queryset._raw_delete(queryset.db)


def next_codes(entity: str, prefix: str, count: int) -> list[str]:
    """The next codes of an entity, such as `CL-000123`; gaps are possible, repeats are not."""
    if not count:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(%s::regclass) FROM generate_series(1, %s)",
                [f"canonical_code_{entity}", count],
            )
            numbers = [row[0] for row in cursor.fetchall()]
        else:
            cursor.execute(
                "UPDATE canonical_codecounter SET last = last + %s WHERE entity = %s "
                "RETURNING last",
                [count, entity],
            )
            last = cursor.fetchone()[0]
            numbers = list(range(last - count + 1, last + 1))
    return [f"{prefix}-{number:06d}" for number in numbers]


CLOCK = {
    "postgresql": "clock_timestamp()",
    "sqlite": "strftime('%%Y-%%m-%%dT%%H:%%M:%%f', 'now')",
}


def now() -> datetime:
    """The database's clock, not frozen by the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {CLOCK[connection.vendor]}", [])
        return instant_of(cursor.fetchone()[0])


def instant_of(clock: datetime | str) -> datetime:
    """What the database's clock answered, as an instant in UTC."""
    return clock if isinstance(clock, datetime) else datetime.fromisoformat(f"{clock}+00:00")


@contextmanager
def together(few: bool) -> Iterator[None]:
    """Send the writes of a few rows without waiting for each answer; many go by COPY, alone.

    Errors come at the end of the block, as Django's. Nothing inside may read what it wrote.
    """
    if connection.vendor != "postgresql" or not few:
        yield
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def _sent_together() -> bool:
    """Whether statements are being sent without waiting, where a COPY cannot stand."""
    return bool(connection.connection.pgconn.pipeline_status)


def _column(field: models.Field[Any, Any]) -> str:
    if field.column is None:
        raise TypeError(f"{field} has no column of its own")
    return field.column


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _insert_each(model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    adapters = _adapters(model)
    slots = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {_target(model, columns)} VALUES ({slots})",  # noqa: S608
            [tuple(adapters[c](row[c]) for c in columns) for row in rows],
        )


def _insert_inline(
    model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Row]
) -> None:
    adapters = _adapters(model)
    slots = "(" + ", ".join(["%s"] * len(columns)) + ")"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_target(model, columns)} VALUES {', '.join([slots] * len(rows))}",  # noqa: S608
            [adapters[c](row[c]) for row in rows for c in columns],
        )


def _copy(model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    adapters = [_adapters(model)[c] for c in columns]
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {_target(model, columns)} FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row([adapt(row[c]) for adapt, c in zip(adapters, columns, strict=True)])


def _target(model: type[models.Model], columns: tuple[str, ...]) -> str:
    return f"{_quoted(model._meta.db_table)} ({', '.join(map(_quoted, columns))})"


def _adapters(model: type[models.Model]) -> dict[str, Callable[[Any], Any]]:
    return _adapters_for(model, connection.vendor)


@cache
def _adapters_for(model: type[models.Model], vendor: str) -> dict[str, Callable[[Any], Any]]:
    return {_column(field): _adapter(field, vendor) for field in model._meta.concrete_fields}


def _adapter(field: models.Field[Any, Any], vendor: str) -> Callable[[Any], Any]:
    target = field
    while isinstance(target, models.ForeignKey):
        target = target.target_field
    if isinstance(field, models.JSONField):
        return _dumped
    if vendor == "postgresql":
        return _plain
    return lambda value: target.get_db_prep_save(value, connection)


def _plain(value: Any) -> Any:
    return value


def _dumped(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _json_value(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not belong in a row")
