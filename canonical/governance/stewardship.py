"""What a steward says of a golden record: a contribution like any other, with name and reason.

A golden record has at most one record of the console of its own, and one for the picks of each
merge. Setting or clearing a value stores a new version of it; law 1 therefore needs no table of
overrides.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from canonical import configuration, writer
from canonical.attributes import Attribute, EntitySchema
from canonical.entities import schema_of
from canonical.golden.cause import Cause
from canonical.golden.recompute import Computed, Occasion, recompute
from canonical.identity import linking
from canonical.identity.errors import Conflict, NotFound, Refused, VersionConflict
from canonical.identity.intake import digest_of
from canonical.identity.storing import store_references
from canonical.identity.targets import resolutions
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
from canonical.validation import Fault, instant_text, says_nothing, validate_value

Notes = dict[str, dict[str, Any]]
MAX_PATH = 120


class BadValue(Refused):
    """The value does not fit the attribute; `faults` say where and why."""

    def __init__(self, faults: list[Fault], path: str = "") -> None:
        told = "; ".join(fault.detail for fault in faults)
        super().__init__(f"{path}: {told}" if path else told)
        self.faults = faults


def set_override(
    golden: UUID,
    path: str,
    value: Any,
    cause: Cause,
    expires_at: date | None = None,
    expected: int | None = None,
) -> Computed:
    """Pin a value over what the systems say; null pins emptiness.

    `path` is an attribute or a part of a list element (`items[3].bill_date`). It no longer
    counts from the day `expires_at` on. Raises NotFound, Conflict, VersionConflict, Refused,
    BadValue.
    """

    def change(subject: Golden, moment: datetime) -> None:
        said = _checked(subject.entity, {path: value})
        record = _own_record(subject.id) or _new_record(subject, moment)
        _say(record, said, _note(cause, moment, expires_at=expires_at), cause, moment)

    return _change(golden, change, cause, expected)


def clear_override(golden: UUID, path: str, cause: Cause, expected: int | None = None) -> Computed:
    """Take a pinned value back; NotFound where nothing is pinned."""

    def change(subject: Golden, moment: datetime) -> None:
        records = [r for r in _console_records(golden) if path in r.annotations]
        if not records:
            raise NotFound(f"{path} is not overridden.")
        for record in records:
            _unsay(record, [path], cause, moment)

    return _change(golden, change, cause, expected)


def overrides(golden: UUID) -> dict[str, dict[str, Any]]:
    """What is pinned on a golden record, by path: value, by, reason, at, expires_at."""
    told: dict[str, dict[str, Any]] = {}
    for record in _console_records(golden):
        for path, note in record.annotations.items():
            if path not in told or told[path]["at"] <= note["at"]:
                told[path] = {**note, "value": _values(record).get(path)}
    return told


def _checked(entity: str, picks: Mapping[str, Any]) -> dict[str, Any]:
    """The values in canonical form, None to pin emptiness; what would not resolve is refused."""
    said = {path: _checked_value(schema_of(entity), path, value) for path, value in picks.items()}
    telling = {path: value for path, value in said.items() if value is not None}
    found = resolutions(CONSOLE, entity, [telling], configuration.current())[0]
    faults = [
        Fault("", "unknown_term", f"{vocabulary} has no term {value}.")
        for _, vocabulary, value in found.unmapped
    ]
    faults += [
        Fault("", "unknown_reference", f"{path} names no golden record.") for path in found.pending
    ]
    if faults:
        raise BadValue(faults)
    return said


def _checked_value(schema: EntitySchema, path: str, value: Any) -> Any:
    attribute = _declared(schema, path)
    if says_nothing(value):
        return None
    checked, faults = validate_value(attribute, value)
    if faults:
        raise BadValue(faults, path)
    return checked


def _declared(schema: EntitySchema, path: str) -> Attribute:
    try:
        if len(path) <= MAX_PATH:
            return schema.at(path)
    except KeyError:
        pass
    raise NotFound(f"{schema.entity} has no attribute {path[:MAX_PATH]}.")


def _note(
    cause: Cause, at: datetime, expires_at: date | None = None, merge: UUID | None = None
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
    return note


def _change(
    golden: UUID, change: Callable[[Golden, datetime], None], cause: Cause, expected: int | None
) -> Computed:
    def work() -> Computed:
        subject = lock_goldens(lambda: [golden]).get(golden)
        if subject is None:
            raise NotFound("There is no such golden record.")
        if subject.state == GoldenState.MERGED:
            raise Conflict(f"{subject.code} is merged into another record.")
        if expected is not None and subject.version != expected:
            raise VersionConflict(
                f"{subject.code} is at version {subject.version}, not {expected}."
            )
        change(subject, writer.now())
        return recompute([subject], Occasion(cause=cause))[golden]

    return unit(work)


def pin_picks(
    subject: Golden, picks: Mapping[str, Any], merge: UUID, cause: Cause, moment: datetime
) -> None:
    """Pin what a steward picked inside a merge, in a record that falls with its undo."""
    if picks:
        record = _new_record(subject, moment)
        note = _note(cause, moment, merge=merge)
        _say(record, _checked(subject.entity, picks), note, cause, moment)


def pinned_since(golden: UUID, moment: datetime) -> dict[str, dict[str, Any]]:
    """What was pinned on a golden record itself after a moment, by path, with the notes."""
    record = _own_record(golden)
    if record is None:
        return {}
    since, values = instant_text(moment), _values(record)
    return {
        path: {**note, "value": values.get(path)}
        for path, note in record.annotations.items()
        if note["at"] > since
    }


def hand_over(
    paths: Collection[str], giver: Golden, taker: Golden, cause: Cause, moment: datetime
) -> None:
    """Let pins of one golden record be another's, as they were: who said so, why and when."""
    record = _own_record(giver.id)
    held = record.annotations if record else {}
    if strange := [path for path in paths if path not in held]:
        raise Refused(f"{strange[0]} is not pinned there.")
    if record is None or not paths:
        return
    own = _own_record(taker.id) or _new_record(taker, moment)
    values = {path: v for path, v in _values(record).items() if path in paths}
    notes = {path: note for path, note in held.items() if path in paths}
    said, noted = {**_values(own), **values}, {**own.annotations, **notes}
    _unsay(record, paths, cause, moment)
    _write_version(own, said, noted, cause, moment)


def withdraw_picks(merge: UUID, host: UUID, cause: Cause, moment: datetime) -> None:
    """Take back what was picked inside a merge that is being undone."""
    for record in _console_records(host):
        if _picked_in(record) == str(merge):
            _unsay(record, list(record.annotations), cause, moment)


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


def _own_record(golden: UUID) -> SourceRecord | None:
    """The golden record's own record; what merges brought along goes back with their undo."""
    records = _console_records(golden)
    homes = linking.homes([record.id for record in records])
    own = (r for r in records if homes[r.id] == golden and _picked_in(r) is None)
    return next(own, None)


def _picked_in(record: SourceRecord) -> str | None:
    """The merge inside which all the record says was picked."""
    return next((note["merge"] for note in record.annotations.values() if "merge" in note), None)


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


def _values(record: SourceRecord) -> dict[str, Any]:
    return dict(record.current.values) if record.current else {}


def _say(
    record: SourceRecord,
    said: Mapping[str, Any],
    note: Mapping[str, Any],
    cause: Cause,
    moment: datetime,
) -> None:
    values = {path: v for path, v in {**_values(record), **said}.items() if v is not None}
    notes = {path: {**note, "empty": True} if v is None else dict(note) for path, v in said.items()}
    _write_version(record, values, {**record.annotations, **notes}, cause, moment)


def _unsay(record: SourceRecord, paths: Collection[str], cause: Cause, moment: datetime) -> None:
    """Take words back; a record with nothing left to say is unlinked, as if it had never been."""
    values = {path: v for path, v in _values(record).items() if path not in paths}
    notes = {path: n for path, n in record.annotations.items() if path not in paths}
    _write_version(record, values, notes, cause, moment)
    if not notes:
        Link.objects.filter(record=record, until__isnull=True).update(until=moment)


def _write_version(
    record: SourceRecord,
    values: Mapping[str, Any],
    notes: Notes,
    cause: Cause,
    moment: datetime,
) -> None:
    record.current = SourceVersion.objects.create(
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
    record.annotations = notes
    record.changed_at = {path: note["at"] for path, note in notes.items()}
    record.save(update_fields=["current", "annotations", "changed_at"])
    store_references(record, values)
