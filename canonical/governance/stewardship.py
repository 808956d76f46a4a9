"""What a steward says of a golden record: a contribution like any other, with name and reason.

A golden record has at most one record of the console. Setting or clearing a value stores a new
version of it; law 1 therefore needs no table of overrides.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from canonical import writer
from canonical.attributes import Attribute, EntitySchema, Kind
from canonical.entities import schema_of
from canonical.golden.cause import Cause
from canonical.golden.recompute import Computed, Occasion, recompute
from canonical.identity import linking
from canonical.identity.errors import Conflict, NotFound, Refused, VersionConflict
from canonical.identity.intake import digest_of, store_references
from canonical.identity.units import lock_goldens, unit
from canonical.models import (
    CONSOLE,
    Golden,
    GoldenState,
    Link,
    LinkCause,
    RecordState,
    SourceRecord,
    SourceVersion,
    new_id,
)
from canonical.survivorship.golden import PART
from canonical.validation import Fault, instant_text, says_nothing, validate_value

Notes = dict[str, dict[str, Any]]


class BadValue(Refused):
    """The value does not fit the attribute; `faults` say where and why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(fault.detail for fault in faults))
        self.faults = faults


def set_override(
    golden: UUID,
    path: str,
    value: Any,
    cause: Cause,
    expires_at: date | None = None,
    expected: int | None = None,
    merge: UUID | None = None,
) -> Computed:
    """Pin a value over what the systems say; null pins emptiness.

    `path` is an attribute or a part of a list element (`items[3].bill_date`). It no longer
    counts from the day `expires_at` on. A pick made inside a merge carries its id and falls with
    its undo. Raises NotFound, Conflict, VersionConflict, Refused, BadValue.
    """

    def change(values: dict[str, Any], notes: Notes, schema: EntitySchema, at: datetime) -> None:
        values.pop(path, None)
        checked = _checked(schema, path, value)
        if checked is not None:
            values[path] = checked
        notes[path] = _note(cause, at, expires_at, merge, empty=checked is None)

    return _change(golden, change, cause, expected)


def clear_override(golden: UUID, path: str, cause: Cause, expected: int | None = None) -> Computed:
    """Take a pinned value back; NotFound where nothing is pinned."""

    def change(values: dict[str, Any], notes: Notes, schema: EntitySchema, at: datetime) -> None:
        if path not in notes:
            raise NotFound(f"{path} is not overridden.")
        values.pop(path, None)
        del notes[path]

    return _change(golden, change, cause, expected)


def overrides(golden: UUID) -> dict[str, dict[str, Any]]:
    """What is pinned on a golden record, by path: value, by, reason, at, expires_at."""
    records = _console_records(golden)
    return {
        path: {**note, "value": (record.current.values if record.current else {}).get(path)}
        for record in records
        for path, note in record.annotations.items()
    }


def _checked(schema: EntitySchema, path: str, value: Any) -> Any:
    """The value in canonical form; None to pin emptiness."""
    attribute = _declared(schema, path)
    if says_nothing(value):
        return None
    checked, faults = validate_value(attribute, value)
    if faults:
        raise BadValue(faults)
    return checked


def _declared(schema: EntitySchema, path: str) -> Attribute:
    match = PART.match(path)
    name = match["attribute"] if match else path
    if name not in schema:
        raise NotFound(f"{schema.entity} has no attribute {name}.")
    attribute = schema[name]
    if match is None:
        return attribute
    if attribute.kind is not Kind.LIST or not attribute.fields:
        raise Refused(f"{name} has no elements with parts.")
    try:
        part = match["part"]
        return attribute.part(part) if part else _element(attribute)
    except KeyError:
        raise NotFound(f"{name} has no part {match['part']}.") from None


def _element(attribute: Attribute) -> Attribute:
    return Attribute(attribute.name, Kind.OBJECT, fields=attribute.fields)


def _note(
    cause: Cause, at: datetime, expires_at: date | None, merge: UUID | None, empty: bool
) -> dict[str, Any]:
    note: dict[str, Any] = {
        "by": cause.name,
        "actor": cause.actor,
        "reason": cause.reason,
        "at": instant_text(at),
    }
    if expires_at:
        note["expires_at"] = expires_at.isoformat()
    if merge:
        note["merge"] = str(merge)
    if empty:
        note["empty"] = True
    return note


Change = Callable[[dict[str, Any], Notes, EntitySchema, datetime], None]


def _change(golden: UUID, change: Change, cause: Cause, expected: int | None) -> Computed:
    def work() -> Computed:
        locked = lock_goldens(lambda: [golden])
        subject = locked.get(golden)
        if subject is None:
            raise NotFound("There is no such golden record.")
        if subject.state == GoldenState.MERGED:
            raise Conflict(f"{subject.code} is merged into another record.")
        if expected is not None and subject.version != expected:
            raise VersionConflict(
                f"{subject.code} is at version {subject.version}, not {expected}."
            )
        apply(subject, change, cause, writer.now())
        return recompute([subject], Occasion(cause=cause))[golden]

    return unit(work)


def apply(subject: Golden, change: Change, cause: Cause, moment: datetime) -> None:
    """Change what the console's record of a locked golden record says; the caller recomputes.

    A record that has nothing left to say is unlinked, so that taking everything back leaves the
    golden record as it was.
    """
    records = _console_records(subject.id)
    record = records[0] if records else _new_record(subject, moment)
    values = dict(record.current.values) if record.current else {}
    notes = dict(record.annotations)
    change(values, notes, schema_of(subject.entity), moment)
    _write_version(record, values, notes, cause, moment)


def pin_picks(
    subject: Golden, picks: Mapping[str, Any], merge: UUID, cause: Cause, moment: datetime
) -> None:
    """Pin the values a steward picked inside a merge."""

    def change(values: dict[str, Any], notes: Notes, schema: EntitySchema, at: datetime) -> None:
        for path, value in picks.items():
            values.pop(path, None)
            checked = _checked(schema, path, value)
            if checked is not None:
                values[path] = checked
            notes[path] = _note(cause, at, None, merge, empty=checked is None)

    if picks:
        apply(subject, change, cause, moment)


def withdraw_picks(merge: UUID, goldens: Collection[UUID], cause: Cause, moment: datetime) -> None:
    """Take back what was picked inside a merge that is being undone."""
    for golden in goldens:
        for record in _console_records(golden):
            notes = dict(record.annotations)
            fallen = [path for path, note in notes.items() if note.get("merge") == str(merge)]
            if not fallen:
                continue
            values = dict(record.current.values) if record.current else {}
            for path in fallen:
                del notes[path]
                values.pop(path, None)
            _write_version(record, values, notes, cause, moment)


def expire(today: date) -> int:
    """Mark golden records whose overrides ran out; how many. Run once a day."""
    linked = Link.objects.filter(until__isnull=True, record__system=CONSOLE)
    due = [
        golden
        for golden, notes in linked.values_list("golden_id", "record__annotations").iterator()
        if any(_just_expired(note, today) for note in notes.values())
    ]
    linking.mark_due(due, "expiry", writer.now())
    return len(due)


def _just_expired(note: Mapping[str, Any], today: date) -> bool:
    until = note.get("expires_at")
    return until is not None and str(until) <= today.isoformat()


def _console_records(golden: UUID) -> list[SourceRecord]:
    linked = Link.objects.filter(golden=golden, until__isnull=True, record__system=CONSOLE)
    records = SourceRecord.objects.filter(id__in=linked.values("record_id"))
    return list(records.select_related("current").order_by("id"))


def _new_record(subject: Golden, moment: datetime) -> SourceRecord:
    record = SourceRecord(
        id=new_id(),
        system_id=CONSOLE,
        entity=subject.entity,
        source_id=str(new_id()),
        state=RecordState.ACTIVE,
        received_at=moment,
    )
    record.save(force_insert=True)
    linking.open_links([(record.id, subject.id, LinkCause.STEWARD)], moment)
    return record


def _write_version(
    record: SourceRecord,
    values: Mapping[str, Any],
    notes: Notes,
    cause: Cause,
    moment: datetime,
) -> None:
    version = SourceVersion.objects.create(
        record=record,
        order_key=f"t{instant_text(moment)}",
        happened_at=moment,
        received_at=moment,
        digest=digest_of(values),
        raw=json.dumps(values, ensure_ascii=False),
        values=dict(values),
        actor=cause.name,
        correlation_id=cause.correlation_id,
    )
    record.current = version
    record.annotations = notes
    record.changed_at = {path: note["at"] for path, note in notes.items()}
    record.save(update_fields=["current", "annotations", "changed_at"])
    store_references(record, values)
    if not notes:
        Link.objects.filter(record=record, until__isnull=True).update(until=moment)
