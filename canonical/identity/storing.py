"""Storing what was judged: records, their versions, their references, their approved values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from canonical import writer
from canonical.entities import schema_of
from canonical.golden.cause import Cause
from canonical.golden.inputs import Row
from canonical.identity.intake import Judged, digest_of, fault_row
from canonical.models import (
    ApprovedValue,
    Golden,
    RecordState,
    SourceRecord,
    SourceReference,
    SourceVersion,
)
from canonical.resolution import Resolved, references


def store(system: str, entity: str, items: Sequence[Judged], cause: Cause, at: datetime) -> None:
    """Write records, versions, references and approved values of judged arrivals."""
    kept = [item for item in items if item.said is not None]
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
    told = arrival.cause or cause
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
        "faults": [fault_row(fault) for fault in arrival.faults],
        "mapping_version": arrival.mapping_version,
        "actor": told.name,
        "correlation_id": told.correlation_id,
    }


def _record_row(system: str, entity: str, item: Judged, at: datetime) -> dict[str, Any]:
    return {
        **_record_change(item),
        "system_id": system,
        "entity": entity,
        "source_id": item.arrival.source_id,
        "annotations": {},
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
        "issues": item.issues,
        "contributes": _contributes(item),
    }


def _contributes(item: Judged) -> bool:
    """An id that a target gave to our record says nothing until its system speaks of it."""
    return item.existing is None or item.existing.contributes or item.standing.current is not None


def _state(item: Judged) -> RecordState:
    if item.standing.retired:
        return RecordState.RETIRED
    return RecordState.ACTIVE if item.standing.current else RecordState.QUARANTINED


def linked_row(
    system: str, entity: str, item: Judged, golden: UUID, meant: Resolved | None = None
) -> Row:
    """A record that was not there before, as recompute would read it once it is linked.

    What its values were found to mean holds, unless they refer to others or need approval.
    """
    standing = item.standing
    schema, values = schema_of(entity), standing.current.values if standing.current else {}
    depends = references(schema, values) or not values.keys().isdisjoint(schema.guarded)
    return Row(
        golden=golden,
        record=item.record,
        entity=entity,
        system=system,
        source_id=item.arrival.source_id,
        state=_state(item).value,
        contributes=True,
        changed_at=standing.changed_at,
        annotations={},
        values=dict(values) if standing.current else None,
        marked=False,
        resolved=None if depends else meant,
    )


def _store_references(system: str, entity: str, items: Sequence[Judged]) -> None:
    writer.delete(SourceReference, "record", [i.record for i in items if i.existing is not None])
    _insert_references(system, entity, [(item.record, item.values) for item in items])


def store_references(record: SourceRecord, values: Mapping[str, Any]) -> None:
    """Replace the stored references of one record by those in its new values."""
    replace_references(record.system_id, record.entity, {record.id: values})


def replace_references(system: str, entity: str, said: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Replace the stored references of records of one system by those in their new values."""
    writer.delete(SourceReference, "record", list(said))
    _insert_references(system, entity, list(said.items()))


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
    rows = [
        {
            "record_id": item.record,
            "attribute": name,
            "value": item.values[name],
            "hash": digest_of(item.values[name]),
            "by": (item.arrival.cause or cause).name,
            "at": at,
        }
        for item in items
        for name in schema_of(entity).guarded
        if name in item.values and item.values[name] != item.before.get(name)
    ]
    writer.insert(ApprovedValue, rows)
