"""Candidates: which records share a key with one that arrives, and what is known of them."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import BinaryField, Count, OuterRef, QuerySet, Subquery

from canonical.models import Link
from canonical.reader import Read, Slot, array, select
from matching.engine.normalise import Features, OutdatedFeatures
from matching.models import MatchFeatures, MatchKey

# A key shared by more records than this tells nothing; it is skipped and said to be.
KEY_CAP = 50
# Records compared with one that arrives, those first that share most with it.
RECORD_CAP = 12
MEMBERS_CAP = 25
# For so long a key that was found heavy is not asked for again.
HEAVY_SECONDS = 60
HEAVY_AT_MOST = 200_000


class Member(NamedTuple):
    """A record that is linked to a golden record, as matching knows it."""

    record: UUID
    golden: UUID
    system: str
    features: Features


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose neighbours are looked for: a record, its keys, and those made of identifiers alone."""

    record: UUID
    keys: Sequence[int]
    strong: Collection[int]


@dataclass(slots=True)
class Near:
    """The records that share keys with one that arrives, those first that share most.

    `strong` are those that share an identifier; `cut` tells that there were more than RECORD_CAP.
    """

    records: list[UUID] = field(default_factory=list)
    strong: set[UUID] = field(default_factory=set)
    cut: bool = False


def near(entity: str, asked: Sequence[Asked]) -> list[Near]:
    """The neighbours of each record, in one statement.

    Every shared key counts the more the fewer records share it; whoever shares an identifier
    comes first and is never cut off.
    """
    probes = [
        (n, key, int(key in a.strong))
        for n, a in enumerate(asked)
        for key in heavy.without(entity, a.keys)
    ]
    found = [Near() for _ in asked]
    for n, record, strong, key in _probe(entity, probes) if probes else ():
        if record is None:
            heavy.add(entity, key)
        elif record != asked[n].record:
            _add(found[n], record, bool(strong))
    return found


def light(entity: str, keys: Collection[int]) -> set[int]:
    """Those of the keys under which few enough records stand to be compared."""
    counted = (
        MatchKey.objects.filter(entity=entity, key__in=list(keys))
        .values_list("key")
        .annotate(number=Count("record"))
    )
    return {key for key, number in counted if number <= KEY_CAP}


def _add(found: Near, record: UUID, strong: bool) -> None:
    if strong:
        found.strong.add(record)
    if strong or len(found.records) < RECORD_CAP:
        found.records.append(record)
    else:
        found.cut = True


def _probe(
    entity: str, probes: Sequence[tuple[int, int, int]]
) -> Iterable[tuple[int, UUID | None, int, int]]:
    """(which, record, shares an identifier, _) in order; (which, None, _, key) for a heavy key."""
    if connection.vendor == "postgresql":
        rows = select(_BY_ARRAYS, [*map(array, zip(*probes, strict=True)), entity])
        return ((n, record, strong, key) for n, record, strong, key, _ in rows)
    rows = select(_BY_JSON, [json.dumps(probes), entity, entity])
    return ((n, record and UUID(record), strong, key) for n, record, strong, key, _ in rows)


# Of each key one record more than the cap is looked at, to know that it is heavy. Of the neighbours
# one more shows that there are more, and another may be the record itself.
_ARRAYS = f"""
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(%s::int[], %s::bigint[], %s::int[]) AS a (n, key, strong)),
hit AS MATERIALIZED (
    SELECT asked.*, under.records, cardinality(under.records) AS size
    FROM asked CROSS JOIN LATERAL (
        SELECT array_agg(record) AS records FROM (
            SELECT record FROM matching_matchkey m
            WHERE m.entity = %s AND m.key = asked.key LIMIT {KEY_CAP + 1}) AS few) AS under),
shared AS (
    SELECT n, strong, size, u.record FROM hit, unnest(records) AS u (record)
    WHERE size <= {KEY_CAP}),
"""  # noqa: S608
_JSON = f"""
WITH asked AS MATERIALIZED (
    SELECT json_extract(value, '$[0]') AS n, json_extract(value, '$[1]') AS key,
           json_extract(value, '$[2]') AS strong
    FROM json_each(%s)),
hit AS MATERIALIZED (
    SELECT asked.*, (
        SELECT count(*) FROM (
            SELECT 1 FROM matching_matchkey m
            WHERE m.entity = %s AND m.key = asked.key LIMIT {KEY_CAP + 1})) AS size
    FROM asked),
shared AS (
    SELECT n, strong, size, m.record FROM hit CROSS JOIN matching_matchkey m
    WHERE m.entity = %s AND m.key = hit.key AND size <= {KEY_CAP}),
"""  # noqa: S608
_RANKED = f"""
pair AS (
    SELECT n, record, sum(1000 / (size + 18)) AS weight, max(strong) AS strong
    FROM shared GROUP BY n, record),
ranked AS (
    SELECT n, record, strong, row_number() OVER (
        PARTITION BY n ORDER BY strong DESC, weight DESC, record) AS place
    FROM pair)
SELECT n, record, strong, NULL AS heavy, place FROM ranked
WHERE place <= {RECORD_CAP + 2} OR strong = 1
UNION ALL SELECT n, NULL, 0, key, 0 FROM hit WHERE size > {KEY_CAP}
ORDER BY n, place
"""  # noqa: S608
_BY_ARRAYS, _BY_JSON = _ARRAYS + _RANKED, _JSON + _RANKED


class _HeavyKeys:
    """Keys that were found heavy a moment ago: most of what a probe would read is under them."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, int], float] = {}

    def without(self, entity: str, keys: Iterable[int]) -> list[int]:
        """The keys that are worth asking for."""
        now, until = time.monotonic(), self._until
        return [key for key in keys if until.get((entity, key), 0.0) < now]

    def add(self, entity: str, key: int) -> None:
        if len(self._until) >= HEAVY_AT_MOST:
            self._until.clear()
        self._until[entity, key] = time.monotonic() + HEAVY_SECONDS

    def forget(self) -> None:
        """For tests, whose databases begin anew."""
        self._until.clear()


heavy = _HeavyKeys()


def members_of(records: Collection[UUID]) -> dict[UUID, list[Member]]:
    """By golden record: all records of every golden record that holds one of these."""
    if not records:
        return {}
    if connection.vendor == "postgresql":
        return _grouped(select(_BESIDE_BY_INDEX, [array(records)]))
    return _grouped(_BESIDE(records=records))


def members(goldens: Collection[UUID]) -> dict[UUID, list[Member]]:
    """The linked records of golden records with their features, the oldest first."""
    if not goldens:
        return {}
    if connection.vendor == "postgresql":
        return _grouped(select(_MEMBERS_BY_INDEX, [array(goldens)]))
    return _grouped(_MEMBERS(goldens=goldens))


def _members(links: QuerySet[Link, Link]) -> QuerySet[Link, Any]:
    """The records of open links with their features, the oldest first."""
    packed = MatchFeatures.objects.filter(record=OuterRef("record_id")).values("packed")
    return (
        links.filter(until__isnull=True)
        .annotate(packed=Subquery(packed, output_field=BinaryField()))
        .order_by("record_id")
        .values_list("record_id", "golden_id", "record__system_id", "packed")
    )


_MEMBERS = Read(lambda: _members(Link.objects.filter(golden__any=Slot("goldens"))))
_BESIDE = Read(
    lambda: _members(
        Link.objects.filter(
            golden__in=Link.objects.filter(record__any=Slot("records"), until__isnull=True).values(
                "golden_id"
            )
        )
    )
)
# PostgreSQL does not know how many are asked for, and would read whole tables for a chunk: what
# stands beside OFFSET 0 is looked up by index, one after the other.
_BY_INDEX = """
CROSS JOIN LATERAL (
    SELECT l.record_id FROM canonical_link l
    WHERE l.golden_id = named.golden AND l.until IS NULL OFFSET 0) AS link
CROSS JOIN LATERAL (
    SELECT r.system_id FROM canonical_sourcerecord r
    WHERE r.id = link.record_id OFFSET 0) AS source
CROSS JOIN LATERAL (
    SELECT f.packed FROM matching_matchfeatures f
    WHERE f.record = link.record_id OFFSET 0) AS filed
ORDER BY link.record_id
"""
_MEMBERS_BY_INDEX = f"""
SELECT link.record_id, named.golden, source.system_id, filed.packed
FROM (SELECT DISTINCT g.id AS golden FROM unnest(%s::uuid[]) AS g (id)) AS named
{_BY_INDEX}"""  # noqa: S608
_BESIDE_BY_INDEX = f"""
SELECT link.record_id, named.golden, source.system_id, filed.packed
FROM (
    SELECT DISTINCT home.golden_id AS golden
    FROM unnest(%s::uuid[]) AS near (id)
    CROSS JOIN LATERAL (
        SELECT l.golden_id FROM canonical_link l
        WHERE l.record_id = near.id AND l.until IS NULL OFFSET 0) AS home) AS named
{_BY_INDEX}"""  # noqa: S608


def _grouped(rows: Iterable[Sequence[Any]]) -> dict[UUID, list[Member]]:
    found: dict[UUID, list[Member]] = defaultdict(list)
    for record, golden, system, blob in rows:
        if blob is None:
            continue
        unpacked = _unpacked(blob)
        if unpacked is not None and len(inside := found[golden]) < MEMBERS_CAP:
            inside.append(Member(record, golden, system, unpacked))
    return found


def features_of(records: Collection[UUID]) -> dict[UUID, Features]:
    """The features of source records, where they were filed by the present normaliser."""
    rows = MatchFeatures.objects.filter(record__in=list(records)).values_list("record", "packed")
    found = {record: _unpacked(blob) for record, blob in rows}
    return {record: features for record, features in found.items() if features is not None}


def _unpacked(blob: bytes | memoryview) -> Features | None:
    """Features, unless another version of the normaliser wrote them: those await a re-match."""
    try:
        return Features.unpack(blob)
    except OutdatedFeatures:
        return None
