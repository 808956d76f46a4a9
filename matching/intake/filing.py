"""What matching keeps of each record, and what was filed after somebody looked.

A chunk is placed among the records before its locks are taken. It notes first what it can see, and
asks under its locks what was filed since by a transaction that it did not see.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from canonical import writer
from canonical.prepared import vendor
from canonical.reader import array, select, texts
from matching.intake.population import Newcomer
from matching.models import MatchFeatures, MatchKey, filed_under


@dataclass(slots=True)
class Late:
    """A record that was filed since: where it is linked now, and its keys."""

    golden: UUID | None
    keys: set[int]


def file_records(entity: str, newcomers: Sequence[Newcomer], known: Collection[UUID] = ()) -> None:
    """Remember features and keys of records; `known` ones replace what was filed before."""
    if not newcomers:
        return
    if vendor() == "postgresql":
        _file_arrays(entity, newcomers, known)
    else:
        _file_rows(entity, newcomers, known)


def _file_arrays(entity: str, newcomers: Sequence[Newcomer], known: Collection[UUID]) -> None:
    """The server takes the keys out of arrays; those that are filed already stay as they are."""
    records = array(n.record for n in newcomers)
    keys = texts(" ".join(map(str, filed_under(entity, n.keys))) for n in newcomers)
    if known:
        writer.execute(MatchKey, _GONE, [records, keys])
        writer.execute(MatchKey, _KEYS_ANEW, [records, keys], apart=True)
    else:
        writer.execute(MatchKey, _KEYS, [records, keys])
    systems = texts(n.system for n in newcomers)
    packed = array(n.features.pack().hex() for n in newcomers)
    writer.execute(MatchFeatures, _FEATURES, [entity, records, systems, packed, keys])


# They may go as one statement, in which each sees what was filed before.
_TOLD = """
FROM unnest(%s::uuid[], %s::text[]) AS told (record, keys)
CROSS JOIN LATERAL (SELECT string_to_array(told.keys, ' ')::bigint[] AS keys) AS new
"""
_GONE = f"""
DELETE FROM matching_matchkey USING (
    SELECT old.key, told.record {_TOLD}
    CROSS JOIN LATERAL (
        SELECT f.keys FROM matching_matchfeatures f
        WHERE f.record = told.record OFFSET 0) AS held
    CROSS JOIN LATERAL unnest(held.keys) AS old (key)
    WHERE old.key <> ALL (new.keys)) AS gone
WHERE matching_matchkey.key = gone.key AND matching_matchkey.record = gone.record
"""  # noqa: S608
_KEYS = f"""
INSERT INTO matching_matchkey (record, key)
SELECT told.record, fresh.key {_TOLD}
CROSS JOIN LATERAL unnest(new.keys) AS fresh (key)
ORDER BY fresh.key
"""
_KEYS_ANEW = f"{_KEYS} ON CONFLICT DO NOTHING"
_FEATURES = """
INSERT INTO matching_matchfeatures (entity, record, system, packed, keys)
SELECT %s, record, system, decode(packed, 'hex'), string_to_array(keys, ' ')::bigint[]
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) AS told (record, system, packed, keys)
ON CONFLICT (record) DO UPDATE SET
    system = excluded.system, packed = excluded.packed, keys = excluded.keys,
    filed_by = excluded.filed_by
"""


def _file_rows(entity: str, newcomers: Sequence[Newcomer], known: Collection[UUID]) -> None:
    forget(known)
    told = [(n, filed_under(entity, n.keys)) for n in newcomers]
    writer.insert_tuples(
        MatchFeatures,
        ("record", "entity", "system", "packed", "keys"),
        [(n.record, entity, n.system, n.features.pack(), keys) for n, keys in told],
    )
    rows = sorted((key, n.record) for n, keys in told for key in keys)
    writer.insert_tuples(MatchKey, ("key", "record"), rows)


def forget(records: Collection[UUID]) -> None:
    """Forget what was filed of records that no longer say anything."""
    if not records:
        return
    if vendor() == "postgresql":
        writer.execute(MatchKey, _FORGET_ARRAYS, [array(records)])
    else:
        writer.execute(MatchKey, _FORGET_JSON, [json.dumps([each.hex for each in records])])
    writer.delete(MatchFeatures, "record", records)


_FORGET_ARRAYS = """
DELETE FROM matching_matchkey USING (
    SELECT told.record, old.key
    FROM unnest(%s::uuid[]) AS told (record)
    CROSS JOIN LATERAL (
        SELECT f.keys FROM matching_matchfeatures f
        WHERE f.record = told.record OFFSET 0) AS held
    CROSS JOIN LATERAL unnest(held.keys) AS old (key)) AS gone
WHERE matching_matchkey.key = gone.key AND matching_matchkey.record = gone.record
"""
_FORGET_JSON = """
DELETE FROM matching_matchkey WHERE (key, record) IN (
    SELECT old.value, f.record
    FROM json_each(%s) AS told
    CROSS JOIN matching_matchfeatures AS f ON f.record = told.value
    CROSS JOIN json_each(f.keys) AS old)
"""


def seen_so_far() -> str | None:
    """A mark of all that can be read from now on; None where no such mark is to be had.

    On PostgreSQL it names the transactions still at work, whose records are not seen yet. SQLite
    has no name for what another connection has not committed.
    """
    if vendor() != "postgresql":
        return None
    [(mark,)] = select("SELECT pg_current_snapshot()::text", [])
    return str(mark)


def filed_since(entity: str, mark: str) -> dict[UUID, Late]:
    """The records that were filed by transactions the mark did not see; this one's apart.

    Exact once no other transaction can file records of the entity: under its lock.
    """
    rows = select(_SINCE, [mark, entity])
    return {record: Late(golden, set(filed_under(entity, keys))) for record, golden, keys in rows}


# The number of a transaction in another server's dump may lie ahead of all of this one's.
_SINCE = """
WITH mark AS (SELECT %s::pg_snapshot AS seen),
late AS MATERIALIZED (
    SELECT f.record, f.keys FROM mark, matching_matchfeatures f
    WHERE f.filed_by >= (SELECT pg_snapshot_xmin(seen)::text::bigint FROM mark)
      AND f.filed_by < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
      AND NOT pg_visible_in_snapshot(f.filed_by::text::xid8, seen)
      AND f.filed_by IS DISTINCT FROM pg_current_xact_id_if_assigned()::text::bigint
      AND f.entity = %s)
SELECT late.record, link.golden_id, late.keys FROM late
LEFT JOIN canonical_link link ON link.record_id = late.record AND link.until IS NULL
"""
