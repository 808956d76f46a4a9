"""Writes many rows in one statement, whatever the number: COPY on PostgreSQL, else executemany.

Bulk updates through the ORM cost a hundred times as much per row, and write no history; so the
use cases of canonical write their rows here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection, models

from canonical import prepared
from canonical.exact_json import Encoded, encoder
from canonical.reader import array, listed, select, texts

Row = Mapping[str, Any]
# Below this many values one INSERT is cheaper than the extra round trips of a COPY: the driver
# writes arrays of JSON value by value, at twenty microseconds each.
INLINE_VALUES = 60


def insert(model: type[models.Model], rows: Sequence[Row], held: bool = False) -> None:
    """Insert rows given as {column: value}; every row names the same columns.

    With `held`, rows that break a unique constraint are left out.
    """
    if not rows:
        return
    columns = tuple(rows[0])
    if held and prepared.vendor() == "postgresql":
        execute(model, _held_sql(model, columns), [_recordset(rows)])
        return
    insert_tuples(model, columns, list(map(_values_of(columns), rows)), held)


def _values_of(columns: tuple[str, ...]) -> Callable[[Row], tuple[Any, ...]]:
    one = len(columns) == 1  # of which an itemgetter would not make a tuple
    return (lambda row: (row[columns[0]],)) if one else itemgetter(*columns)


def insert_tuples(
    model: type[models.Model],
    columns: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    held: bool = False,
) -> None:
    """The same for rows that are given as values in the order of the columns."""
    if not rows:
        return
    rows = _adapted(rows, columns, _adapters(model))
    if prepared.vendor() != "postgresql":
        with connection.cursor() as cursor:
            cursor.executemany(_insert_sql(model, columns, single=True) + held * _UNLESS_HELD, rows)
    elif (writes := _collected()) is not None or len(rows) * len(columns) <= INLINE_VALUES:
        # One text for any number of records: each text that is new is planned once a connection.
        single = len(rows) == 1 and (writes is None or writes.alone)
        values = rows[0] if single else [_array(column) for column in zip(*rows, strict=True)]
        execute(model, _insert_sql(model, columns, single), values)
    else:
        _copy(model, columns, rows)


def _array(values: Sequence[Any]) -> str:
    """Values of one column as one parameter, which the driver would write one by one."""
    return texts([None if value is None else str(value) for value in values])


def _adapted(
    rows: Sequence[tuple[Any, ...]],
    columns: tuple[str, ...],
    adapters: Mapping[str, Callable[[Any], Any]],
) -> Sequence[tuple[Any, ...]]:
    """The rows with each column's values as they are written, column by column."""
    changing = [(n, adapters[c]) for n, c in enumerate(columns) if c in adapters]
    if not changing:
        return rows
    told = list(zip(*rows, strict=True))
    for n, adapt in changing:
        told[n] = tuple(map(adapt, told[n]))
    return list(zip(*told, strict=True))


def update(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Update rows given as {primary key and other columns: value}, matched by primary key."""
    if not rows:
        return
    key = _column(model._meta.pk)
    columns = tuple(column for column in rows[0] if column != key)
    sql = _update_sql(model, columns, prepared.vendor())
    if prepared.vendor() == "postgresql":
        execute(model, sql, [_recordset(rows), array(row[key] for row in rows)])
        return
    adapters = _adapters(model)
    with connection.cursor() as cursor:
        cursor.executemany(
            sql, [tuple(adapters.get(c, _plain)(row[c]) for c in (*columns, key)) for row in rows]
        )


@cache
def _update_sql(model: type[models.Model], columns: tuple[str, ...], vendor: str) -> str:
    table, key = _quoted(model._meta.db_table), _quoted(_column(model._meta.pk))
    if vendor != "postgresql":
        changes = ", ".join(f"{_quoted(c)} = %s" for c in columns)
        return f"UPDATE {table} SET {changes} WHERE {key} = %s"  # noqa: S608
    changes = ", ".join(f"{_quoted(c)} = v.{_quoted(c)}" for c in columns)
    kind = _target_of(model._meta.pk).db_type(connection)
    # Without the keys beside the rows the planner takes a hundred rows for granted, and reads
    # the whole table for one.
    return (
        f"UPDATE {table} t SET {changes} "  # noqa: S608
        f"FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) v "
        f"WHERE t.{key} = v.{key} AND t.{key} = ANY(%s::{kind}[])"
    )


def delete(model: type[models.Model], column: str, values: Iterable[Any]) -> None:
    """Delete the rows whose column holds one of the ids, without reading them first."""
    wanted = list(values)
    if not wanted:
        return
    field = _target_of(model._meta.get_field(column))
    told = array(wanted) if prepared.vendor() == "postgresql" else listed(field)(wanted)
    execute(model, _delete_sql(model, column, prepared.vendor()), [told])


@cache
def _delete_sql(model: type[models.Model], name: str, vendor: str) -> str:
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    kind = _target_of(field).db_type(connection)
    among = f"= ANY(%s::{kind}[])" if vendor == "postgresql" else _AMONG
    return f"DELETE FROM {_quoted(model._meta.db_table)} WHERE {_quoted(_column(field))} {among}"  # noqa: S608


_AMONG = "IN (SELECT value FROM json_each(%s))"


def next_codes(entity: str, prefix: str, count: int) -> list[str]:
    """The next codes of an entity, such as `CL-000123`; gaps are possible, repeats are not."""
    if not count:
        return []
    if prepared.vendor() == "postgresql":
        numbers = [n for (n,) in select(_NEXT_CODES, [f"canonical_code_{entity}", count])]
    else:
        [(last,)] = select(_COUNT_UP, [count, entity])
        numbers = list(range(last - count + 1, last + 1))
    return [f"{prefix}-{number:06d}" for number in numbers]


_NEXT_CODES = "SELECT nextval(%s::regclass) FROM generate_series(1, %s::int)"
_COUNT_UP = "UPDATE canonical_codecounter SET last = last + %s WHERE entity = %s RETURNING last"

CLOCK = {
    "postgresql": "clock_timestamp()",
    "sqlite": "strftime('%%Y-%%m-%%dT%%H:%%M:%%f', 'now')",
}


def now() -> datetime:
    """The database's clock, not frozen by the transaction."""
    [(clock,)] = select(f"SELECT {CLOCK[prepared.vendor()]}", [])
    return instant_of(clock)


def instant_of(clock: datetime | str) -> datetime:
    """What the database's clock answered, as an instant in UTC."""
    return clock if isinstance(clock, datetime) else datetime.fromisoformat(f"{clock}+00:00")


@contextmanager
def together(few: int) -> Iterator[None]:
    """Collect the writes of so few records and send them as one statement; 0 are many, which go
    by COPY, alone.

    Whatever else is executed inside the block comes after the writes before it. Errors come
    there or at the end of the block.
    """
    if prepared.vendor() != "postgresql" or not few or _collected() is not None:
        yield
        return
    writes = _Writes(alone=few == 1)
    with connection.execute_wrapper(writes):
        yield
        writes.send()


class _Writes:
    """Writes that wait to be sent as one statement, in which each is seen by no other.

    So none of them may concern a table that another one does, unless their rows differ.
    """

    def __init__(self, alone: bool) -> None:
        self.alone = alone
        self._begin()

    def _begin(self) -> None:
        self._texts: list[str] = []
        self._params: list[Any] = []
        self._tables: set[str] = set()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.send()
        return execute(sql, params, many, context)

    def add(self, table: str, sql: str, params: Sequence[Any], apart: bool) -> None:
        if table in self._tables and not apart:
            self.send()
        self._tables.add(table)
        self._texts.append(sql)
        self._params += params

    def send(self) -> None:
        if not self._texts:
            return
        sql, params = _as_one(tuple(self._texts)), self._params
        self._begin()
        prepared.ask(sql, params)


@cache
def _as_one(texts: tuple[str, ...]) -> str:
    *others, last = texts
    named = ", ".join(f"w{n} AS ({text})" for n, text in enumerate(others))
    return f"WITH {named} {last}" if others else last


def _collected() -> _Writes | None:
    """The writes that are being collected, where a COPY cannot stand."""
    wrappers = connection.execute_wrappers
    return next((w for w in wrappers if isinstance(w, _Writes)), None) if wrappers else None


def execute(
    model: type[models.Model], sql: str, params: Sequence[Any], apart: bool = False
) -> None:
    """Execute a write to one table whose text is always the same, now or with others.

    `apart` says that it concerns other rows than the writes to the table before it.
    """
    writes = _collected()
    if writes is not None:
        writes.add(model._meta.db_table, sql, params, apart)
        return
    if prepared.vendor() == "postgresql":
        prepared.ask(sql, params)
        return
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def _column(field: models.Field[Any, Any]) -> str:
    if field.column is None:
        raise TypeError(f"{field} has no column of its own")
    return field.column


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


@cache
def _insert_sql(model: type[models.Model], columns: tuple[str, ...], single: bool) -> str:
    """One row by its values, or any number of them by an array a column."""
    if single:
        slots = ", ".join(["%s"] * len(columns))
        return f"INSERT INTO {_target(model, columns)} VALUES ({slots})"  # noqa: S608
    kinds = {_column(f): f.db_type(connection) for f in model._meta.concrete_fields}
    arrays = ", ".join(f"%s::{kinds[c]}[]" for c in columns)
    return f"INSERT INTO {_target(model, columns)} SELECT * FROM unnest({arrays})"  # noqa: S608


@cache
def _held_sql(model: type[models.Model], columns: tuple[str, ...]) -> str:
    told = f"jsonb_populate_recordset(NULL::{_quoted(model._meta.db_table)}, %s::jsonb)"
    names = ", ".join(map(_quoted, columns))
    return f"INSERT INTO {_target(model, columns)} SELECT {names} FROM {told}{_UNLESS_HELD}"  # noqa: S608


_UNLESS_HELD = " ON CONFLICT DO NOTHING"


def _recordset(rows: Sequence[Row]) -> str:
    """Rows as one parameter, whose text the driver need not look into."""
    return _encode_rows(list(rows))


def _copy(
    model: type[models.Model], columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {_target(model, columns)} FROM STDIN") as copy,
    ):
        for row in _adapted(rows, columns, _instants(model)):
            copy.write_row(row)


@cache
def _instants(model: type[models.Model]) -> dict[str, Callable[[Any], Any]]:
    """The columns of instants, most of them the same: the driver would write each in Python."""
    fields = model._meta.concrete_fields
    return {_column(f): _instant for f in fields if isinstance(f, models.DateTimeField)}


@lru_cache(maxsize=4096)
def _instant(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


@cache
def _target(model: type[models.Model], columns: tuple[str, ...]) -> str:
    return f"{_quoted(model._meta.db_table)} ({', '.join(map(_quoted, columns))})"


def _adapters(model: type[models.Model]) -> dict[str, Callable[[Any], Any]]:
    return _adapters_for(model, prepared.vendor())


@cache
def _adapters_for(model: type[models.Model], vendor: str) -> dict[str, Callable[[Any], Any]]:
    found = ((_column(f), _adapter(f, vendor)) for f in model._meta.concrete_fields)
    return {column: adapt for column, adapt in found if adapt is not _plain}


def _target_of(field: Any) -> models.Field[Any, Any]:
    """The field whose values a foreign key holds; any other field itself."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    found: models.Field[Any, Any] = field
    return found


_WRITTEN_AS_GIVEN = (models.CharField, models.TextField, models.IntegerField, models.BooleanField)


def _adapter(field: models.Field[Any, Any], vendor: str) -> Callable[[Any], Any]:
    target = _target_of(field)
    if isinstance(field, models.JSONField):
        return _dumped
    if vendor == "postgresql" or isinstance(target, _WRITTEN_AS_GIVEN):
        return _plain
    return lambda value: target.get_db_prep_save(value, connection)


def _plain(value: Any) -> Any:
    return value


def _json_value(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not belong in a row")


_encode, _encode_rows = encoder(), encoder(_json_value)


def _dumped(value: Any) -> str | None:
    if isinstance(value, Encoded):
        return str(value)
    return None if value is None else _encode(value)
