"""Candidates: which records share a key with one that arrives, and what is known of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from canonical import writer
from canonical.models import Link
from matching.engine.normalise import Features, OutdatedFeatures
from matching.models import MatchFeatures, MatchKey

# A key shared by more records than this tells nothing; it is skipped and said to be.
KEY_CAP = 50
RECORD_CAP = 100
MEMBERS_CAP = 25
# SQLite takes at most 500 terms in one compound select.
PROBES_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Member:
    """A record that is linked to a golden record, as matching knows it."""

    record: UUID
    golden: UUID
    system: str
    features: Features


def sharing(entity: str, keys: Collection[int]) -> dict[int, list[UUID]]:
    """The records under each key; a heavy key answers with nothing."""
    wanted = sorted(set(keys))
    found: dict[int, list[UUID]] = defaultdict(list)
    at_once = PROBES_AT_ONCE if connection.vendor == "sqlite" else max(1, len(wanted))
    for start in range(0, len(wanted), at_once):
        for key, record in _probe(entity, wanted[start : start + at_once]):
            found[key].append(record)
    return {key: records for key, records in found.items() if len(records) <= KEY_CAP}


def _probe(entity: str, keys: Sequence[int]) -> Iterable[tuple[int, UUID]]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT k.key, m.record FROM unnest(%s::bigint[]) AS k(key), LATERAL "
                "(SELECT record FROM matching_matchkey WHERE entity = %s AND key = k.key "
                "LIMIT %s) AS m",
                [list(keys), entity, KEY_CAP + 1],
            )
            return list(cursor.fetchall())
        probe = (
            "SELECT * FROM (SELECT key, record FROM matching_matchkey "
            "WHERE entity = %s AND key = %s LIMIT %s)"
        )
        cursor.execute(
            " UNION ALL ".join([probe] * len(keys)),
            [value for key in keys for value in (entity, key, KEY_CAP + 1)],
        )
        return [(key, UUID(record)) for key, record in cursor.fetchall()]


def capped(
    keys: Sequence[int], shared: Mapping[int, Sequence[UUID]], own: UUID
) -> tuple[list[UUID], bool]:
    """One record's candidates, the rarest kinds of key first, and whether the cap cut some."""
    found: dict[UUID, None] = {}
    for key in keys:
        for record in shared.get(key, ()):
            if record != own:
                found[record] = None
    ordered = list(found)
    return ordered[:RECORD_CAP], len(ordered) > RECORD_CAP


def members_of(records: Collection[UUID]) -> dict[UUID, list[Member]]:
    """By golden record: all records of every golden record that holds one of these."""
    if not records:
        return {}
    holding = Link.objects.filter(record__any=list(records), until__isnull=True)
    return members(set(holding.values_list("golden_id", flat=True)))


def members(goldens: Collection[UUID]) -> dict[UUID, list[Member]]:
    """The linked records of golden records with their features, the oldest first."""
    if not goldens:
        return {}
    links = Link.objects.filter(golden__any=list(goldens), until__isnull=True)
    rows = links.order_by("record_id").values_list("record_id", "golden_id", "record__system_id")
    owners = {record: (golden, system) for record, golden, system in rows}
    packed = MatchFeatures.objects.filter(record__any=list(owners))
    found: dict[UUID, list[Member]] = defaultdict(list)
    for record, blob in packed.order_by("record").values_list("record", "packed"):
        golden, system = owners[record]
        unpacked = _unpacked(blob)
        if unpacked is not None and len(found[golden]) < MEMBERS_CAP:
            found[golden].append(Member(record, golden, system, unpacked))
    return found


def features_of(records: Collection[UUID]) -> dict[UUID, Features]:
    """The features of source records, where they were filed by the present normaliser."""
    rows = MatchFeatures.objects.filter(record__in=list(records)).values_list("record", "packed")
    found = {record: _unpacked(blob) for record, blob in rows}
    return {record: features for record, features in found.items() if features is not None}


def _unpacked(blob: bytes | memoryview) -> Features | None:
    """Features, unless another version of the normaliser wrote them: those await a re-match."""
    try:
        return Features.unpack(bytes(blob))
    except OutdatedFeatures:
        return None


def file_records(
    entity: str,
    rows: Sequence[tuple[UUID, Features, Sequence[int]]],
    known: Collection[UUID] = (),
) -> None:
    """Remember features and keys of records; `known` ones replace what was filed before."""
    with writer.together(few=len(rows) <= 1):
        writer.delete(MatchKey, "record", known)
        writer.delete(MatchFeatures, "record", known)
        writer.insert(
            MatchFeatures,
            [{"record": r, "entity": entity, "packed": f.pack()} for r, f, _ in rows],
        )
        writer.insert(
            MatchKey,
            sorted(
                ({"entity": entity, "key": k, "record": r} for r, _, keys in rows for k in keys),
                key=lambda row: (row["key"], row["record"]),
            ),
        )


def forget(records: Collection[UUID]) -> None:
    """Forget what was filed of records that no longer say anything."""
    writer.delete(MatchKey, "record", records)
    writer.delete(MatchFeatures, "record", records)
