"""What matching keeps of each record, and what was filed after somebody looked.

A chunk is placed among the records before its locks are taken. It notes first what it can see, and
asks under its locks what was filed since by a transaction that it did not see.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from canonical import writer
from canonical.reader import select
from matching.engine.normalise import Features
from matching.models import MatchFeatures, MatchKey


@dataclass(slots=True)
class Late:
    """A record that was filed since: where it is linked now, and its keys."""

    golden: UUID | None
    keys: set[int] = field(default_factory=set)


def file_records(
    entity: str,
    rows: Sequence[tuple[UUID, Features, Sequence[int]]],
    known: Collection[UUID] = (),
) -> None:
    """Remember features and keys of records; `known` ones replace what was filed before."""
    writer.delete(MatchKey, "record", known)
    writer.delete(MatchFeatures, "record", known)
    packed = [(record, entity, features.pack()) for record, features, _ in rows]
    writer.insert_tuples(MatchFeatures, ("record", "entity", "packed"), packed)
    named = [(str(record), keys) for record, _, keys in rows]
    filed = sorted((key, record) for record, keys in named for key in keys)
    writer.insert_tuples(MatchKey, ("entity", "key", "record"), [(entity, *row) for row in filed])


def forget(records: Collection[UUID]) -> None:
    """Forget what was filed of records that no longer say anything."""
    writer.delete(MatchKey, "record", records)
    writer.delete(MatchFeatures, "record", records)


def seen_so_far() -> str | None:
    """A mark of all that can be read from now on; None where no such mark is to be had.

    On PostgreSQL it names the transactions still at work, whose records are not seen yet. SQLite
    has no name for what another connection has not committed.
    """
    if connection.vendor != "postgresql":
        return None
    [(mark,)] = select("SELECT pg_current_snapshot()::text", [])
    return str(mark)


def filed_since(entity: str, mark: str) -> dict[UUID, Late]:
    """The records that were filed by transactions the mark did not see; this one's apart.

    Exact once no other transaction can file records of the entity: under its lock.
    """
    late: dict[UUID, Late] = {}
    for record, golden, key in select(_SINCE, [mark, entity]):
        found = late.setdefault(record, Late(golden))
        if key is not None:
            found.keys.add(key)
    return late


# The number of a transaction in another server's dump may lie ahead of all of this one's.
_SINCE = """
WITH mark AS (SELECT %s::pg_snapshot AS seen),
late AS MATERIALIZED (
    SELECT f.record, f.entity FROM mark, matching_matchfeatures f
    WHERE f.filed_by >= (SELECT pg_snapshot_xmin(seen)::text::bigint FROM mark)
      AND f.filed_by < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
      AND NOT pg_visible_in_snapshot(f.filed_by::text::xid8, seen)
      AND f.filed_by IS DISTINCT FROM pg_current_xact_id_if_assigned()::text::bigint
      AND f.entity = %s)
SELECT late.record, link.golden_id, filed.key FROM late
LEFT JOIN canonical_link link ON link.record_id = late.record AND link.until IS NULL
LEFT JOIN matching_matchkey filed ON filed.record = late.record AND filed.entity = late.entity
"""
