"""Statements whose text never changes: prepared once a connection, and sent without a cursor.

The driver's cursor looks at every call for placeholders, types and a statement it may have
prepared, and waits in Python; the calls below it, in C, send and read, which halves the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import pq
from psycopg.abc import PyFormat
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result

Rows = list[tuple[Any, ...]]

_names: WeakKeyDictionary[psycopg.Connection[Any], dict[str, bytes]] = WeakKeyDictionary()


@cache
def vendor() -> str:
    """Which database this process works on; to ask the connection takes a microsecond each time."""
    return connections[DEFAULT_DB_ALIAS].vendor


def ask(sql: str, params: Sequence[Any]) -> Rows:
    """The rows a statement answers with, none for a write; in this thread's transaction.

    Values are sent as text, and PostgreSQL infers what they are: one plan for each text. Whoever
    wraps or counts Django's statements sees these.
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.close_if_health_check_failed()
    database.ensure_connection()
    if database.queries_logged:
        return _logged(database, sql, params)
    database.validate_no_broken_transaction()
    execute: Callable[..., Any] = _execute
    for wrapper in reversed(database.execute_wrappers):
        execute = partial(wrapper, execute)
    with database.wrap_database_errors:
        rows: Rows = execute(sql, params, False, {"connection": database})
    return rows


def _logged(database: Any, sql: str, params: Sequence[Any]) -> Rows:
    with database.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall()) if cursor.description else []


def _execute(sql: str, params: Sequence[Any], many: bool, context: dict[str, Any]) -> Rows:
    connection: psycopg.Connection[Any] = context["connection"].connection
    server = connection.pgconn
    if server.transaction_status == pq.TransactionStatus.IDLE and not connection.autocommit:
        _checked(server, server.exec_(b"BEGIN"))
    adapted = Transformer(connection)
    values: Any = adapted.dump_sequence(params, [PyFormat.TEXT] * len(params))
    result = _checked(server, server.exec_prepared(_name(connection, sql), values))
    adapted.set_pgresult(result)
    return adapted.load_rows(0, result.ntuples, tuple)


def _name(connection: psycopg.Connection[Any], sql: str) -> bytes:
    """What the server calls the statement; the first time, it is told."""
    names = _names.setdefault(connection, {})
    name = names.get(sql)
    if name is None:
        name = b"assay_%d" % len(names)
        server = connection.pgconn
        _checked(server, server.prepare(name, _numbered(sql).encode()))
        names[sql] = name
    return name


def _checked(server: pq.abc.PGconn, result: pq.abc.PGresult) -> pq.abc.PGresult:
    """The result, unless it is an error."""
    if result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        return result
    if server.status == pq.ConnStatus.BAD:
        raise psycopg.OperationalError(server.get_error_message())
    raise error_from_result(result)


@cache
def _numbered(sql: str) -> str:
    """The text with PostgreSQL's own placeholders."""
    first, *others = sql.split("%s")
    text = first + "".join(f"${n}{other}" for n, other in enumerate(others, 1))
    return text.replace("%%", "%")
