"""Units of work: one transaction, every lock before the first write, in one order.

First advisory locks over sorted keys, then golden rows in the order of their ids. A plan that
has grown once its rows are locked rolls everything back and starts again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from hashlib import blake2b
from typing import TypeVar
from uuid import UUID

from django.db import OperationalError, connection, transaction

from canonical import configuration, writer
from canonical.identity.errors import Busy, IdentityError
from canonical.models import Golden
from canonical.prepared import vendor
from canonical.reader import Read, Slot, array, select

T = TypeVar("T")
ATTEMPTS = 5
# Deadlock, serialization failure, lock timeout.
RETRIED = frozenset({"40P01", "40001", "55P03"})


class Grown(Exception):
    """More records are concerned than were locked."""


def unit(work: Callable[[], T], preview: bool = False, few: int = 0) -> T:
    """Run `work` in one transaction, again where its locks had to grow; Busy after five times.

    A preview does all of it and takes it back. The writes of so `few` records go
    `writer.together`.
    """
    for _ in range(ATTEMPTS):
        try:
            with transaction.atomic():
                with writer.together(few):
                    result = work()
                if preview:
                    transaction.set_rollback(True)
                return result
        except Grown:
            continue
        except OperationalError as error:
            if not _passing(error):
                raise
    raise Busy("The records kept changing; try again.")


def apart(work: Callable[[], T]) -> T | IdentityError:
    """A unit among several: what refused it takes nothing back of the others, and is returned."""
    try:
        return unit(work)
    except IdentityError as error:
        return error


def _passing(error: OperationalError) -> bool:
    """Whether the failure passes by itself, and the whole transaction is ours to repeat."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in RETRIED and not connection.in_atomic_block


def lock_key(*names: object) -> int:
    """A stable signed 64-bit lock number for a name."""
    digest = blake2b("\x1f".join(map(str, names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def lock_numbers(kind: str, entity: str, keys: Iterable[int]) -> list[int]:
    """Lock numbers for keys of an entity, which are 64-bit numbers themselves."""
    own = lock_key(kind, entity)
    return [own ^ key for key in keys]


def lock_keys(exclusive: Collection[int], shared: Collection[int] = ()) -> tuple[int, datetime]:
    """Take advisory locks until the end of the transaction, in the order of their numbers.

    Answers with the configuration's number and the clock once all are held. SQLite has one writer
    at a time, which is lock enough.
    """
    if vendor() != "postgresql":
        return configuration.present()
    taken = dict.fromkeys(shared, True) | dict.fromkeys(exclusive, False)
    keys = sorted(taken)
    [(number, moment)] = select(_LOCKS, [array(keys), array(taken[key] for key in keys)])
    return number, moment


# Counting what the locks answer makes the clock wait for the last of them.
_LOCKS = """
    WITH lock AS MATERIALIZED (
        SELECT CASE WHEN wanted.shared THEN pg_advisory_xact_lock_shared(wanted.key)
               ELSE pg_advisory_xact_lock(wanted.key) END AS held
        FROM unnest(%s::bigint[], %s::boolean[]) AS wanted (key, shared)),
    locked AS MATERIALIZED (SELECT count(held) FROM lock)
    SELECT number, clock_timestamp() FROM locked, canonical_configurationstamp WHERE id = 1
"""


def keeps_waiting(key: int) -> bool:
    """Whether anybody waits for a shared lock on a number that this transaction holds."""
    if vendor() != "postgresql":
        return False
    high, low = (key >> 32) & _HALF, key & _HALF
    [(waits,)] = select(_WAITS, [high, low])
    return bool(waits)


_HALF = 0xFFFFFFFF
# A number of 64 bits stands in the view as two halves, told apart from two numbers by `objsubid`.
_WAITS = """
    SELECT EXISTS (
        SELECT 1 FROM pg_locks
        WHERE locktype = 'advisory' AND NOT granted AND mode = 'ShareLock' AND objsubid = 1
          AND classid::bigint = %s AND objid::bigint = %s
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""


def lock_goldens(plan: Callable[[], Collection[UUID]]) -> dict[UUID, Golden]:
    """Lock the golden rows a plan names, in the order of their ids, and plan again.

    Raises Grown when the second plan names more than was locked.
    """
    wanted = set(plan())
    if not wanted:
        return {}
    locked = locked_rows(wanted)
    if set(plan()) - wanted:
        raise Grown
    return locked


def locked_rows(goldens: Collection[UUID]) -> dict[UUID, Golden]:
    """The golden rows, locked until the end of the transaction."""
    if not goldens:
        return {}
    rows = (Golden.from_db("default", _COLUMNS, row) for row in _LOCKED(goldens=goldens))
    return {row.id: row for row in rows}


_COLUMNS = tuple(field.attname for field in Golden._meta.concrete_fields)
_LOCKED = Read(
    lambda: (
        Golden.objects.select_for_update()
        .filter(id__any=Slot("goldens"))
        .order_by("id")
        .values_list(*_COLUMNS)
    )
)
