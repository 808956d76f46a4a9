"""Intake: judging what arrived against what is held. Whatever it is, nothing is ever lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery, UUIDField

from canonical.golden.cause import Cause
from canonical.golden.document import digest, spelled
from canonical.identity.order import FromTheFuture, Ordering, Said, Standing, fold, ordering
from canonical.models import (
    STANDING,
    Link,
    RecordState,
    SourceRecord,
    SourceVersion,
    new_id,
)
from canonical.reader import Read, Slot
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
    """One record as it came in: mapped values in the source's own codes, or the faults.

    `order` is given where a version that is held already is mapped anew: it keeps its place.
    `cause` is its own, where it came by itself.
    """

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
    order: Ordering | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A source record as it is stored, with its newest order key and where it is linked."""

    id: UUID
    state: str
    changed_at: dict[str, str]
    issues: list[dict[str, str]]
    contributes: bool
    golden: UUID | None
    newest: str
    current: Said | None

    @property
    def standing(self) -> Standing:
        """What its versions amount to."""
        return Standing(self.current, self.state == RecordState.RETIRED, self.changed_at)


@dataclass(slots=True)
class Judged:
    """An arrival beside what is held: what it is, and what the record amounts to with it."""

    arrival: Arrival
    record: UUID
    verdict: Verdict
    standing: Standing
    existing: Held | None = None
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
    def heals(self) -> bool:
        """Whether a record that was quarantined says something that can be read again."""
        quarantined = self.existing is not None and bool(self.existing.issues)
        late = self.verdict is Verdict.STALE
        return quarantined and self.said is not None and not (late or self.arrival.faults)

    @property
    def issues(self) -> list[dict[str, str]]:
        """What is wrong with the newest that was sent; what comes late changes nothing of it."""
        if self.verdict is Verdict.STALE and self.existing is not None:
            return list(self.existing.issues)
        return [fault_row(fault) for fault in self.arrival.faults]

    @property
    def values(self) -> Mapping[str, Any]:
        """What the record says now."""
        return self.standing.current.values if self.standing.current else {}


def fault_row(fault: Fault) -> dict[str, str]:
    """A fault as it is stored."""
    return {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}


def judge(
    held: Mapping[str, Held],
    order_by: str,
    arrivals: Sequence[Arrival],
    moment: datetime,
) -> list[Judged]:
    """Judge arrivals of distinct source ids beside what is held of them; writes nothing."""
    judged = [_first_look(a, held.get(a.source_id), order_by, moment) for a in arrivals]
    histories = _histories([j for j in judged if _needs_history(j)])
    for item in judged:
        if item.said is not None and item.existing is not None:
            _weigh(item, histories.get(item.record))
    _keep_faulty_once([j for j in judged if j.arrival.faults and j.existing and j.existing.issues])
    return judged


def _keep_faulty_once(items: Sequence[Judged]) -> None:
    """What cannot be read, mapped in the same way, and comes again is not stored again."""
    if not items:
        return
    versions = SourceVersion.objects.filter(record__any=[j.record for j in items])
    known = (
        versions.filter(STANDING)
        .exclude(faults=[])
        .values_list("record_id", "digest", "mapping_version")
    )
    held = set(known)
    for item in items:
        if (item.record, item.arrival.digest, item.arrival.mapping_version) in held:
            item.said = None


def held_of(system: str, entity: str, arrivals: Sequence[Arrival]) -> dict[str, Held]:
    """The source records that arrivals are about, by source id, as far as they are there."""
    source_ids = [a.source_id for a in arrivals]
    rows = _RECORDS(system=system, entity=entity, source_ids=source_ids)
    return {source_id: _as_held(row) for source_id, *row in rows}


def _as_held(row: Sequence[Any]) -> Held:
    id_, state, changed_at, issues, contributes, golden, newest, *version = row
    current = _as_said(version) if version[0] is not None else None
    newest = newest or ""
    return Held(id_, state, changed_at, issues, contributes, golden, newest, current)


def _as_said(row: Sequence[Any]) -> Said:
    id_, order_key, digest, happened_at, retired, values, mapping = row
    return Said(id_, order_key, digest, happened_at, retired, values, mapping or 0)


_SAID = ("id", "order_key", "digest", "happened_at", "retired", "values", "mapping_version")


def _records() -> QuerySet[SourceRecord, Any]:
    link = Link.objects.filter(record=OuterRef("pk"), until__isnull=True).values("golden_id")
    newest = SourceVersion.objects.filter(record=OuterRef("pk")).order_by("-order_key")
    asked = SourceRecord.objects.filter(
        system=Slot("system"), entity=Slot("entity"), source_id__any=Slot("source_ids")
    )
    return asked.annotate(
        golden=Subquery(link[:1], output_field=UUIDField()),
        newest=Subquery(newest.values("order_key")[:1]),
    ).values_list(
        *("source_id", "id", "state", "changed_at", "issues", "contributes", "golden", "newest"),
        *(f"current__{name}" for name in _SAID),
    )


_RECORDS = Read(_records)
_VERSIONS = Read(
    lambda: SourceVersion.objects.filter(record__any=Slot("records"), faults=[]).values_list(
        "record_id", *_SAID
    )
)


def _first_look(arrival: Arrival, existing: Held | None, order_by: str, moment: datetime) -> Judged:
    """The verdict as far as it shows without the record's history."""
    record = existing.id if existing else new_id()
    golden = existing.golden if existing else None
    nothing = Standing(None, retired=False, changed_at={})
    item = Judged(arrival, record, Verdict.NEW, nothing, existing, golden)
    newest = existing.newest if existing else ""
    try:
        order = arrival.order or ordering(
            order_by, arrival.version, arrival.modified_at, moment, newest
        )
    except FromTheFuture as error:
        item.verdict, item.refusal = Verdict.REFUSED, _future(str(error))
        return item
    item.fell_back = order.fell_back
    item.said = _said(arrival, order)
    if existing is not None:
        item.before = existing.current.values if existing.current else {}
        item.standing = existing.standing
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
        new_id(),
        order.key,
        arrival.digest,
        order.happened_at,
        arrival.retired,
        arrival.values,
        arrival.mapping_version or 0,
    )


def said_in(version: SourceVersion) -> Said:
    """What a stored version says."""
    return Said(
        version.id,
        version.order_key,
        version.digest,
        version.happened_at,
        version.retired,
        version.values,
        version.mapping_version or 0,
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
        for record, *version in _VERSIONS(records=[j.record for j in items]):
            histories[record].append(_as_said(version))
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
    item.conflict = any(_contradicts(said, v) for v in known)
    after = fold([*known, said]) if history is not None else _appended(standing, said)
    item.verdict = _verdict(standing, after, said)
    item.standing = after


def _contradicts(said: Said, other: Said) -> bool:
    """Another content under the same order key."""
    same_place = said.order_key == other.order_key and said.retired == other.retired
    return same_place and said.digest != other.digest


def _repeats(item: Judged, known: Sequence[Said]) -> bool:
    """The same payload again, under no newer mapping: nothing to store, nothing to change."""
    said = item.said
    assert said is not None
    if any(v.order_key == said.order_key and _tells_as_much(v, said) for v in known):
        return True
    current = item.standing.current
    by_receipt = item.arrival.version is None and item.arrival.modified_at is None
    same = current is not None and _tells_as_much(current, said)
    if item.arrival.retired:
        return by_receipt and item.standing.retired
    return by_receipt and same and not item.standing.retired


def _tells_as_much(held: Said, said: Said) -> bool:
    return held.digest == said.digest and held.mapping >= said.mapping


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
    return digest(spelled(data))
