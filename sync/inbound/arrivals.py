"""From an item as it came to an arrival: read the envelope, map, validate, digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from canonical import exact_json
from canonical.attributes import EntitySchema
from canonical.entities import schema_of
from canonical.identity.intake import Arrival, digest_of
from canonical.validation import Fault, escape, instant, says_nothing, validate
from sync.inbound import mapping as compiled

ENVELOPE = frozenset({"source_id", "data", "modified_at", "version", "same_as"})
MAX_VERSION = 2**63 - 1
MAX_SOURCE_ID = 255


@dataclass(frozen=True, slots=True)
class Item:
    """One record as a system sends it; `source_id` is the system's own id."""

    source_id: str
    data: Any
    modified_at: datetime | None = None
    version: int | None = None
    same_as: str | None = None
    retired: bool = False


class BadItem(ValueError):
    """The item cannot be read; `faults` say where and why, and nothing is stored."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(fault.detail for fault in faults))
        self.faults = faults


def read_item(body: Any, source_id: str | None = None) -> Item:
    """Read an envelope `{source_id?, data, modified_at?, version?, same_as?}`; raises BadItem."""
    if not isinstance(body, Mapping):
        raise BadItem([Fault("", "not_an_object", "An object with a member data is expected.")])
    allowed = ENVELOPE if source_id is None else ENVELOPE - {"source_id"}
    faults = [
        Fault(f"/{escape(str(name))}", "unknown_member", "The envelope has no such member.")
        for name in body
        if name not in allowed
    ]
    if "data" not in body:
        faults.append(Fault("/data", "missing", "The member data is missing."))
    name = source_id if source_id is not None else body.get("source_id")
    faults += _source_id_faults(name)
    faults += _order_faults(body)
    if faults:
        raise BadItem(faults)
    return Item(
        source_id=str(name),
        data=body["data"],
        modified_at=instant(body.get("modified_at")),
        version=body.get("version"),
        same_as=body.get("same_as"),
    )


def _source_id_faults(name: Any) -> list[Fault]:
    if not isinstance(name, str) or not name.strip():
        return [Fault("/source_id", "missing", "The source id is text that is not empty.")]
    if len(name) > MAX_SOURCE_ID or any(ord(c) < 32 or ord(c) == 127 for c in name):
        detail = f"The source id has at most {MAX_SOURCE_ID} characters and no control characters."
        return [Fault("/source_id", "bad_source_id", detail)]
    return []


def _order_faults(body: Mapping[str, Any]) -> list[Fault]:
    faults = []
    if body.get("modified_at") is not None and instant(body["modified_at"]) is None:
        faults.append(
            Fault("/modified_at", "not_an_instant", "An instant such as 2026-01-31T09:30:00Z.")
        )
    version = body.get("version")
    whole = isinstance(version, int) and not isinstance(version, bool)
    if version is not None and not (whole and 0 <= version <= MAX_VERSION):
        faults.append(Fault("/version", "not_a_version", "A whole number from 0 is expected."))
    same_as = body.get("same_as")
    if same_as is not None and not (isinstance(same_as, str) and 0 < len(same_as) <= 64):
        faults.append(Fault("/same_as", "not_a_golden", "A golden id or code is expected."))
    return faults


def arrive(entity: str, item: Item, mapping: compiled.Mapping | None) -> Arrival:
    """Map and validate one item.

    What a mapped system sends is quarantined when it does not fit; canonical attributes that do
    not fit raise BadItem, with pointers into the body.
    """
    raw, schema = exact_json.dumps(item.data), schema_of(entity)
    canonical = mapping is None and not item.retired
    values, faults = _canonical(schema, item.data) if canonical else ({}, ())
    arrival = Arrival(
        item.source_id,
        raw,
        digest_of([json.loads(raw, parse_float=str), item.same_as]),
        values,
        item.modified_at,
        item.version,
        item.same_as,
        item.retired,
        faults,
    )
    if mapping is None or item.retired:
        return arrival
    return _mapped(schema, arrival, item.data, mapping)


def _canonical(schema: EntitySchema, data: Any) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    values, faults = validate(schema, data)
    if faults:
        raise BadItem([replace(fault, pointer=f"/data{fault.pointer}") for fault in faults])
    return values, _identity_faults(schema, values)


def _mapped(
    schema: EntitySchema, arrival: Arrival, data: Any, mapping: compiled.Mapping
) -> Arrival:
    record = mapping.apply(data)
    values, faults = validate(schema, record.values)
    failed = [
        Fault(issue.pointer, "mapping_failed", f"{issue.rule}: {issue.detail}")
        for issue in record.errors
    ]
    failed += [replace(fault, pointer=f"/mapped{fault.pointer}") for fault in faults]
    modified_at = arrival.modified_at or _aware(record.modified_at)
    return replace(
        arrival,
        values={} if failed else values,
        modified_at=modified_at,
        version=arrival.version if arrival.version is not None else record.version,
        same_as=arrival.same_as or record.same_as,
        retired=bool(record.retired),
        faults=tuple(failed) or _identity_faults(schema, values),
        mapping_version=mapping.version,
    )


def _aware(moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)


def _identity_faults(schema: EntitySchema, values: Mapping[str, Any]) -> tuple[Fault, ...]:
    """A record without anything that identifies it waits in quarantine."""
    for attribute in schema:
        if attribute.identifying and not says_nothing(values.get(attribute.name)):
            return ()
    return (Fault("/data", "nothing_identifies", "No attribute is left that could identify it."),)
