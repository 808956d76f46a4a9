"""Intake: judging what arrived against what is held, then storing it. Nothing is ever lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery, UUIDField

from canonical import writer
from canonical.entities import schema_of
from canonical.golden.cause import Cause
from canonical.golden.document import canonical_json
from canonical.identity.order import FromTheFuture, Ordering, Said, Standing, fold, ordering
from canonical.models import (
    ApprovedValue,
    Golden,
    Link,
    RecordState,
    SourceRecord,
    SourceReference,
    SourceVersion,
    new_id,
)
from canonical.resolution import references
from canonical.validation import Fault


class Verdict(StrEnum):
    """What an arrival is, beside what is held."""

    NEW = "new"
    NEWER = "newer"
    RETIRED = "retired"
    UNCHANGED = "unchanged"
    STALE = "stale"
    QUARANTINED = "quarantined"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record as it came in: mapped values in the source's own codes, or the faults."""

    source_id: str
    raw: str
    digest: str
    values: Mapping[str, Any]
    modified_at: datetime | None = None
    version: int | None = None
    same_as: str | None = None
    retired: bool = False
    faults: tuple[Fault, ...] = ()
    mapping_version: int | None = None


@dataclass(slots=True)
class Judged:
    """An arrival beside what is held: what it is, and what the record amounts to with it."""

    arrival: Arrival
    record: UUID
    verdict: Verdict
    standing: Standing
    existing: SourceRecord | None = None
    golden: UUID | None = None
    said: Said | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    conflict: bool = False
    fell_back: bool = False
    refusal: Fault | None = None

    @property
    def counts(self) -> bool:
        """Whether the golden record may change: the values, their age or their retirement did."""
        changed = self.verdict in (Verdict.NEW, Verdict.NEWER, Verdict.RETIRED)
        aged = self.existing is not None and self.standing.changed_at != self.existing.changed_at
        return changed or (aged and self.golden is not None)

    @property
    def values(self) -> Mapping[str, Any]:
        """What the record says now."""
        return self.standing.current.values if self.standing.current else {}


def judge(
    system: str,
    entity: str,
    order_by: str,
    arrivals: Sequence[Arrival],
    moment: datetime,
) -> list[Judged]:
    """Judge arrivals of distinct source ids; reads what is held, writes nothing."""
    held = _held(system, entity, [a.source_id for a in arrivals])
    judged = [_first_look(a, held.get(a.source_id), order_by, moment) for a in arrivals]
    histories = _histories([j for j in judged if _needs_history(j)])
    for item in judged:
        if item.said is not None and item.existing is not None:
            _weigh(item, histories.get(item.record))
    return judged


def _held(system: str, entity: str, source_ids: Collection[str]) -> dict[str, SourceRecord]:
    link = Link.objects.filter(record=OuterRef("pk"), until__isnull=True).values("golden_id")
    records = SourceRecord.objects.filter(
        system=system, entity=entity, source_id__any=list(source_ids)
    )
    rows = records.select_related("current").annotate(
        golden=Subquery(link[:1], output_field=UUIDField())
    )
    return {row.source_id: row for row in rows}


def _first_look(
    arrival: Arrival, existing: SourceRecord | None, order_by: str, moment: datetime
) -> Judged:
    """The verdict as far as it shows without the record's history."""
    record = existing.id if existing else new_id()
    golden: UUID | None = getattr(existing, "golden", None)
    nothing = Standing(None, retired=False, changed_at={})
    item = Judged(arrival, record, Verdict.NEW, nothing, existing, golden)
    newest = existing.current.order_key if existing and existing.current else ""
    try:
        order = ordering(order_by, arrival.version, arrival.modified_at, moment, newest)
    except FromTheFuture as error:
        item.verdict, item.refusal = Verdict.REFUSED, _future(str(error))
        return item
    item.fell_back = order.fell_back
    item.said = _said(arrival, order)
    if existing is not None:
        item.before = existing.current.values if existing.current else {}
        item.standing = _standing(existing)
    elif arrival.faults:
        item.verdict = Verdict.QUARANTINED
    else:
        item.standing = fold([item.said])
        item.verdict = Verdict.RETIRED if arrival.retired else Verdict.NEW
    return item


def _future(detail: str) -> Fault:
    return Fault("/modified_at", "from_the_future", detail)


def _said(arrival: Arrival, order: Ordering) -> Said:
    return Said(
        new_id(), order.key, arrival.digest, order.happened_at, arrival.retired, arrival.values
    )


def _standing(existing: SourceRecord) -> Standing:
    retired = existing.state == RecordState.RETIRED
    current = _stored(existing.current) if existing.current else None
    return Standing(current, retired, existing.changed_at)


def _stored(version: SourceVersion) -> Said:
    return Said(
        version.id,
        version.order_key,
        version.digest,
        version.happened_at,
        version.retired,
        version.values,
    )


def _needs_history(item: Judged) -> bool:
    """Whether the arrival is anything but a plain newer version of a live record."""
    existing, said = item.existing, item.said
    if existing is None or said is None or item.arrival.faults:
        return False
    current = existing.current
    plain = existing.state == RecordState.ACTIVE and current is not None and not said.retired
    return not (plain and current is not None and said.order_key > current.order_key)


def _histories(items: Sequence[Judged]) -> dict[UUID, list[Said]]:
    histories: dict[UUID, list[Said]] = defaultdict(list)
    if items:
        versions = SourceVersion.objects.filter(record__any=[j.record for j in items], faults=[])
        for version in versions:
            histories[version.record_id].append(_stored(version))
    return histories


def _weigh(item: Judged, history: list[Said] | None) -> None:
    """The verdict on an arrival for a record that is held already."""
    said, standing = item.said, item.standing
    assert said is not None
    if item.arrival.faults:
        item.verdict = Verdict.QUARANTINED
        return
    known = history or ([standing.current] if standing.current else [])
    if _repeats(item, known):
        item.verdict, item.said = Verdict.UNCHANGED, None
        return
    item.conflict = any(v.order_key == said.order_key and v.retired == said.retired for v in known)
    after = fold([*known, said]) if history is not None else _appended(standing, said)
    item.verdict = _verdict(standing, after, said)
    item.standing = after


def _repeats(item: Judged, known: Sequence[Said]) -> bool:
    """The same payload again: nothing to store, nothing to change."""
    said = item.said
    assert said is not None
    if any(v.order_key == said.order_key and v.digest == said.digest for v in known):
        return True
    current = item.standing.current
    by_receipt = item.arrival.version is None and item.arrival.modified_at is None
    same = current is not None and current.digest == said.digest
    if item.arrival.retired:
        return by_receipt and item.standing.retired
    return by_receipt and same and not item.standing.retired


def _appended(standing: Standing, said: Said) -> Standing:
    known = [standing.current] if standing.current else []
    after = fold([*known, said])
    kept = {
        name: standing.changed_at[name]
        for name, value in said.values.items()
        if known and known[0].values.get(name) == value and name in standing.changed_at
    }
    return Standing(after.current, after.retired, {**after.changed_at, **kept})


def _verdict(before: Standing, after: Standing, said: Said) -> Verdict:
    if after.retired != before.retired:
        return Verdict.RETIRED if after.retired else Verdict.NEWER
    if after.current is None or after.current.id != said.id:
        return Verdict.STALE
    same = before.current is not None and before.current.values == after.current.values
    return Verdict.UNCHANGED if same else Verdict.NEWER


def digest_of(data: Any) -> str:
    """sha256 of the payload's canonical JSON: the same content is the same digest."""
    return sha256(canonical_json(data)).hexdigest()


def store(system: str, entity: str, items: Sequence[Judged], cause: Cause, at: datetime) -> None:
    """Write records, versions, references and approved values of judged arrivals."""
    kept = [item for item in items if item.said is not None]
    with writer.together(few=len(kept) <= writer.FEW):
        _store_records(system, entity, kept, cause, at)
    speaking = [item for item in kept if item.before != item.values]
    _store_references(system, entity, speaking)
    _store_approved(entity, speaking, cause, at)


def _store_records(
    system: str, entity: str, kept: Sequence[Judged], cause: Cause, at: datetime
) -> None:
    writer.insert(SourceVersion, [_version_row(item, cause, at) for item in kept])
    fresh = [item for item in kept if item.existing is None]
    writer.insert(SourceRecord, [_record_row(system, entity, item, at) for item in fresh])
    changed = [item for item in kept if item.existing is not None]
    writer.update(SourceRecord, [_record_change(item) for item in changed])


def _version_row(item: Judged, cause: Cause, at: datetime) -> dict[str, Any]:
    arrival, said = item.arrival, item.said
    assert said is not None
    return {
        "id": said.id,
        "record_id": item.record,
        "order_key": said.order_key,
        "happened_at": said.happened_at,
        "received_at": at,
        "digest": said.digest,
        "raw": arrival.raw,
        "values": dict(arrival.values),
        "retired": arrival.retired,
        "faults": [_fault_row(fault) for fault in arrival.faults],
        "mapping_version": arrival.mapping_version,
        "actor": cause.name,
        "correlation_id": cause.correlation_id,
    }


def _fault_row(fault: Fault) -> dict[str, str]:
    return {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}


def _record_row(system: str, entity: str, item: Judged, at: datetime) -> dict[str, Any]:
    return {
        **_record_change(item),
        "system_id": system,
        "entity": entity,
        "source_id": item.arrival.source_id,
        "annotations": {},
        "contributes": True,
        "primary": False,
        "received_at": at,
    }


def _record_change(item: Judged) -> dict[str, Any]:
    current = item.standing.current
    return {
        "id": item.record,
        "state": _state(item).value,
        "current_id": current.id if current else None,
        "changed_at": item.standing.changed_at,
        "issues": [_fault_row(fault) for fault in item.arrival.faults],
    }


def _state(item: Judged) -> RecordState:
    if item.standing.retired:
        return RecordState.RETIRED
    return RecordState.ACTIVE if item.standing.current else RecordState.QUARANTINED


def _store_references(system: str, entity: str, items: Sequence[Judged]) -> None:
    writer.delete(SourceReference, "record", [i.record for i in items if i.existing is not None])
    _insert_references(system, entity, [(item.record, item.values) for item in items])


def store_references(record: SourceRecord, values: Mapping[str, Any]) -> None:
    """Replace the stored references of one record by those in its new values."""
    writer.delete(SourceReference, "record", [record.id])
    _insert_references(record.system_id, record.entity, [(record.id, values)])


def _insert_references(
    system: str, entity: str, items: Sequence[tuple[UUID, Mapping[str, Any]]]
) -> None:
    schema = schema_of(entity)
    found = [(record, ref) for record, values in items for ref in references(schema, values)]
    named = {ref.reference["golden_id"] for _, ref in found if "golden_id" in ref.reference}
    goldens = named_goldens(named)
    rows = []
    for record, ref in found:
        golden_id, golden_entity = goldens.get(ref.reference.get("golden_id", ""), (None, ""))
        own = "" if "golden_id" in ref.reference else system
        rows.append(
            {
                "record_id": record,
                "path": ref.path,
                "entity": ref.entity,
                "system_code": ref.reference.get("system", own),
                "source_id": ref.reference.get("source_id", ""),
                "golden_id": golden_id if golden_entity == ref.entity else None,
                "pending": False,
            }
        )
    writer.insert(SourceReference, rows)


def named_goldens(names: Collection[str]) -> dict[str, tuple[UUID, str]]:
    """Golden ids and codes as people write them, with the id and entity each stands for."""
    if not names:
        return {}
    ids = {}
    for name in names:
        try:
            ids[UUID(name)] = name
        except ValueError:
            continue
    by_id = Golden.objects.filter(id__any=ids).values_list("id", "entity")
    by_code = Golden.objects.filter(code__any=names).values_list("code", "id", "entity")
    found = {ids[golden]: (golden, entity) for golden, entity in by_id}
    found.update({code: (golden, entity) for code, golden, entity in by_code})
    return found


def _store_approved(entity: str, items: Sequence[Judged], cause: Cause, at: datetime) -> None:
    """Approve, for now, every new value of an attribute that needs approval."""
    guarded = [a.name for a in schema_of(entity) if a.approval]
    rows = [
        {
            "record_id": item.record,
            "attribute": name,
            "value": item.values[name],
            "hash": digest_of(item.values[name]),
            "by": cause.name,
            "at": at,
        }
        for item in items
        for name in guarded
        if name in item.values and item.values[name] != item.before.get(name)
    ]
    writer.insert(ApprovedValue, rows)
