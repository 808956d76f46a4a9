"""Candidates: which records share a key with one that arrives, and what is known of them."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count

from canonical.prepared import vendor
from canonical.reader import array, select
from matching.engine.normalise import Features, OutdatedFeatures
from matching.models import MatchFeatures, MatchKey, filed_under

# A key shared by more records than this tells nothing; it is skipped and said to be.
KEY_CAP = 30
# Records compared with one that arrives, those first that share most with it.
RECORD_CAP = 8
# Who shares less than one in so many parts of what the nearest shares is not compared.
NEAR_ENOUGH = 4
# Records of one golden record that are read, the oldest first: some firms have thousands.
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


def nearby(entity: str, asked: Sequence[Asked]) -> tuple[list[Near], dict[UUID, list[Member]]]:
    """The neighbours of each record, and by golden record all records of those they stand in.

    One statement. Every shared key counts the more the fewer records share it; whoever shares too
    little beside the nearest is left out. Whoever shares an identifier comes first and always.
    """
    found = [Near() for _ in asked]
    inside: list[Sequence[Any]] = []
    probes = [
        (n, key, int(key in a.strong))
        for n, a in enumerate(asked)
        for key in heavy.without(entity, a.keys)
    ]
    for n, record, strong, place, key, golden, system, packed in _asked(entity, probes, asked):
        if golden is not None:
            inside.append((record, golden, system, packed))
        elif record is None:
            heavy.add(entity, *filed_under(entity, [key]))
        elif strong or place <= RECORD_CAP:
            found[n].records.append(record)
            if strong:
                found[n].strong.add(record)
        else:
            found[n].cut = True
    return found, _grouped(inside)


def light(entity: str, keys: Collection[int]) -> set[int]:
    """Those of the keys under which few enough records stand to be compared."""
    counted = (
        MatchKey.objects.filter(key__in=filed_under(entity, keys))
        .values_list("key")
        .annotate(number=Count("record"))
    )
    few = [key for key, number in counted if number <= KEY_CAP]
    return set(filed_under(entity, few))


def _asked(
    entity: str, probes: Sequence[tuple[int, int, int]], asked: Sequence[Asked]
) -> Iterable[Sequence[Any]]:
    """(which, record, shares an identifier, place, ...) of a neighbour; (which, None, _, _, number,
    ...) of a heavy key; (None, record, None, None, None, golden, system, packed) of a member.
    """
    if not probes:
        return ()
    which, keys, strong = zip(*probes, strict=True)
    told = (which, filed_under(entity, keys), strong)
    if vendor() == "postgresql":
        return select(_BY_ARRAYS, [array(a.record for a in asked), *map(array, told)])
    own = (asked[n].record.hex for n in which)
    rows = select(_BY_JSON, [json.dumps(list(zip(*told, own, strict=True)))])
    return ((n, _id(record), *said, _id(golden), s, p) for n, record, *said, golden, s, p in rows)


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


# Of each key one record more than the cap is looked at, to know that it is heavy. Of the neighbours
# one more shows that there are more.
_ARRAYS = f"""
WITH asked AS MATERIALIZED (
    SELECT a.*, (%s::uuid[])[a.n + 1] AS own
    FROM unnest(%s::int[], %s::bigint[], %s::int[]) AS a (n, key, strong)),
hit AS MATERIALIZED (
    SELECT asked.*, under.records, cardinality(under.records) AS size
    FROM asked CROSS JOIN LATERAL (
        SELECT array_agg(record) AS records FROM (
            SELECT record FROM matching_matchkey m
            WHERE m.key = asked.key LIMIT {KEY_CAP + 1}) AS few) AS under),
shared AS (
    SELECT n, strong, size, u.record FROM hit, unnest(records) AS u (record)
    WHERE size <= {KEY_CAP} AND u.record <> own),
"""  # noqa: S608
_JSON = f"""
WITH asked AS MATERIALIZED (
    SELECT json_extract(value, '$[0]') AS n, json_extract(value, '$[1]') AS key,
           json_extract(value, '$[2]') AS strong, json_extract(value, '$[3]') AS own
    FROM json_each(%s)),
hit AS MATERIALIZED (
    SELECT asked.*, (
        SELECT count(*) FROM (
            SELECT 1 FROM matching_matchkey m
            WHERE m.key = asked.key LIMIT {KEY_CAP + 1})) AS size
    FROM asked),
shared AS (
    SELECT n, strong, size, m.record FROM hit CROSS JOIN matching_matchkey m
    WHERE m.key = hit.key AND size <= {KEY_CAP} AND m.record <> hit.own),
"""  # noqa: S608
_NEAR = f"""
pair AS (
    SELECT n, record, sum(1000 / (size + 18)) AS weight, max(strong) AS strong
    FROM shared GROUP BY n, record),
weighed AS (
    SELECT *, max(weight) OVER (PARTITION BY n) AS most FROM pair),
ranked AS (
    SELECT n, record, strong, row_number() OVER (
        PARTITION BY n ORDER BY strong DESC, weight DESC, record) AS place
    FROM weighed WHERE weight * {NEAR_ENOUGH} >= most OR strong = 1),
near AS MATERIALIZED (
    SELECT * FROM ranked WHERE place <= {RECORD_CAP + 1} OR strong = 1),
kept AS (SELECT DISTINCT record FROM near WHERE place <= {RECORD_CAP} OR strong = 1),
"""  # noqa: S608
_ROWS = f"""
SELECT n, record, strong, place, CAST(NULL AS bigint) AS key, CAST(NULL AS uuid) AS golden,
       CAST(NULL AS text) AS system, CAST(NULL AS {{bytes}}) AS packed FROM near
UNION ALL SELECT n, NULL, 0, 0, key, NULL, NULL, NULL FROM hit WHERE size > {KEY_CAP}
UNION ALL SELECT NULL, record, NULL, NULL, NULL, golden, system, packed FROM member
ORDER BY n, place, record
"""  # noqa: S608


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


def members(goldens: Collection[UUID]) -> dict[UUID, list[Member]]:
    """The linked records of golden records with their features, the oldest first."""
    if not goldens:
        return {}
    if vendor() == "postgresql":
        rows: Iterable[Sequence[Any]] = select(_MEMBERS_BY_ARRAY, [array(goldens)])
    else:
        told = json.dumps([golden.hex for golden in goldens])
        rows = ((_id(r), _id(g), *said) for r, g, *said in select(_MEMBERS_BY_JSON, [told]))
    return _grouped(rows)


# PostgreSQL does not know how many are asked for, and would read whole tables for a chunk: what
# stands beside OFFSET 0 or LIMIT is looked up by index, one after the other.
_MEMBER = f"""
member AS (
    SELECT link.record_id AS record, named.golden, filed.system, filed.packed FROM named
    CROSS JOIN LATERAL (
        SELECT l.record_id FROM canonical_link l
        WHERE l.golden_id = named.golden AND l.until IS NULL
        ORDER BY l.record_id LIMIT {MEMBERS_CAP}) AS link
    CROSS JOIN LATERAL (
        SELECT f.system, f.packed FROM matching_matchfeatures f
        WHERE f.record = link.record_id OFFSET 0) AS filed)
"""  # noqa: S608
_MEMBER_JSON = f"""
inside AS (
    SELECT l.record_id AS record, named.golden,
           row_number() OVER (PARTITION BY named.golden ORDER BY l.record_id) AS place
    FROM named
    CROSS JOIN canonical_link l ON l.golden_id = named.golden AND l.until IS NULL),
member AS (
    SELECT inside.record, inside.golden, f.system, f.packed FROM inside
    CROSS JOIN matching_matchfeatures f ON f.record = inside.record
    WHERE inside.place <= {MEMBERS_CAP})
"""  # noqa: S608
_HOMES = """
named AS (
    SELECT DISTINCT home.golden_id AS golden FROM kept
    CROSS JOIN LATERAL (
        SELECT l.golden_id FROM canonical_link l
        WHERE l.record_id = kept.record AND l.until IS NULL OFFSET 0) AS home),
"""
# As a join, SQLite would read all links into a Bloom filter first.
_HOMES_JSON = """
named AS (
    SELECT DISTINCT (
        SELECT l.golden_id FROM canonical_link l
        WHERE l.record_id = kept.record AND l.until IS NULL) AS golden FROM kept),
"""
_BY_ARRAYS = _ARRAYS + _NEAR + _HOMES + _MEMBER + _ROWS.format(bytes="bytea")
_BY_JSON = _JSON + _NEAR + _HOMES_JSON + _MEMBER_JSON + _ROWS.format(bytes="blob")
_TOLD = "SELECT record, golden, system, packed FROM member ORDER BY record"
_MEMBERS_BY_ARRAY = f"""
WITH named AS (SELECT DISTINCT g.id AS golden FROM unnest(%s::uuid[]) AS g (id)), {_MEMBER} {_TOLD}
"""  # noqa: S608
_MEMBERS_BY_JSON = f"""
WITH named AS (SELECT DISTINCT value AS golden FROM json_each(%s)), {_MEMBER_JSON} {_TOLD}
"""  # noqa: S608


def _grouped(rows: Iterable[Sequence[Any]]) -> dict[UUID, list[Member]]:
    found: dict[UUID, list[Member]] = defaultdict(list)
    for record, golden, system, packed in rows:
        features = _unpacked(packed)
        if features is not None:
            found[golden].append(Member(record, golden, system, features))
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
