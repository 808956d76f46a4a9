"""Taking versions back: what a wrong load brought no longer counts, what was before counts again.

The versions are kept, marked with the reason. What a record amounts to without them is the same
fold as ever: an earlier version speaks again, a later one goes on speaking, and a record of which
nothing is left loses its link.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from canonical import writer
from canonical.entities import schema_of
from canonical.golden.cause import Cause
from canonical.golden.recompute import Computed, Occasion, recompute
from canonical.identity import linking
from canonical.identity.intake import digest_of, said_in
from canonical.identity.order import Standing, fold
from canonical.identity.storing import replace_references
from canonical.identity.units import lock_goldens
from canonical.models import (
    TAKEN_BACK,
    ApprovedValue,
    ChangeKind,
    Golden,
    RecordState,
    SourceRecord,
    SourceVersion,
    UnmappedValue,
)


@dataclass(slots=True)
class Withdrawn:
    """What became of the records whose versions were taken back, and of their golden records.

    Of `removed` nothing is left; `restored` say again what they said before; `kept` go on saying
    what came later than what was taken back.
    """

    removed: list[UUID] = field(default_factory=list)
    restored: list[UUID] = field(default_factory=list)
    kept: list[UUID] = field(default_factory=list)
    touched: dict[UUID, Computed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Left:
    """A record, what it amounts to without the versions, and the rest that never counted."""

    record: SourceRecord
    gone: list[SourceVersion]
    standing: Standing
    issues: list[dict[str, str]]

    @property
    def current(self) -> UUID | None:
        return self.standing.current.id if self.standing.current else None

    @property
    def values(self) -> Mapping[str, Any]:
        return self.standing.current.values if self.standing.current else {}

    @property
    def changed(self) -> bool:
        """Whether it says something else, or is retired or not, than before."""
        retired = self.record.state == RecordState.RETIRED
        return self.current != self.record.current_id or self.standing.retired != retired


def taken_back(version: SourceVersion) -> bool:
    """Whether a version was taken back."""
    return any(fault.get("code") == TAKEN_BACK for fault in version.faults)


def withdraw(versions: Collection[UUID], cause: Cause) -> Withdrawn:
    """Take these versions of one system's records of one entity back.

    Runs inside the caller's transaction, which holds the lock on the entity. Golden records are
    brought up to date and journaled; beyond what is locked at once they are marked as due.
    """
    left = _left(versions)
    removed = [each.record.id for each in left if each.current is None]
    changed = [each for each in left if each.changed]
    ids = [each.record.id for each in changed]

    def plan() -> set[UUID]:
        dependants = _referring(left)[: linking.DEPENDANTS_AT_ONCE]
        return {*linking.homes_now(ids).values(), *dependants}

    locked = lock_goldens(plan)
    moment = writer.now()
    homes = linking.homes_now(removed)
    dependants = set(_referring(left)) - set(locked)
    _store(left, cause, moment)
    linking.close(removed, moment)
    linking.mark_due(dependants, "taken back", moment)
    result = Withdrawn(
        removed=removed,
        restored=[each.record.id for each in changed if each.current is not None],
        kept=[each.record.id for each in left if not each.changed and each.current is not None],
    )
    result.touched = _recompute(locked, set(homes.values()), cause)
    return result


def _referring(left: Sequence[_Left]) -> list[UUID]:
    """The golden records that refer to records of which nothing is left."""
    gone = [each for each in left if each.current is None]
    return [
        golden
        for (system, entity), group in _by_kind(gone).items()
        for golden in linking.referring_to(system, entity, [e.record.source_id for e in group])
    ]


def _left(versions: Collection[UUID]) -> list[_Left]:
    """Each record that holds one of the versions, with what the rest of them amount to."""
    owners = SourceVersion.objects.filter(id__any=list(versions)).values("record")
    records = SourceRecord.objects.filter(id__in=owners).order_by("id")
    held: dict[UUID, list[SourceVersion]] = defaultdict(list)
    found = list(records)
    for version in SourceVersion.objects.filter(record__any=[r.id for r in found]).order_by("id"):
        held[version.record_id].append(version)
    wanted = set(versions)
    return [_without(record, held[record.id], wanted) for record in found]


def _without(
    record: SourceRecord, versions: Sequence[SourceVersion], wanted: Collection[UUID]
) -> _Left:
    gone = [v for v in versions if v.id in wanted and not taken_back(v)]
    rest = [v for v in versions if v.id not in wanted and not taken_back(v)]
    newest = max(rest, key=lambda v: (v.order_key, v.digest), default=None)
    standing = fold([said_in(v) for v in rest if not v.faults])
    return _Left(record, gone, standing, list(newest.faults) if newest else [])


def _store(left: Sequence[_Left], cause: Cause, moment: datetime) -> None:
    mark = {"pointer": "", "code": TAKEN_BACK, "detail": cause.reason or "Taken back."}
    writer.update(
        SourceVersion,
        [{"id": v.id, "faults": [mark, *v.faults]} for each in left for v in each.gone],
    )
    writer.update(
        SourceRecord,
        [
            {
                "id": each.record.id,
                "state": _state(each).value,
                "current_id": each.current,
                "changed_at": each.standing.changed_at,
                "issues": each.issues or ([] if each.current else [mark]),
            }
            for each in left
        ],
    )
    changed = [each for each in left if each.changed]
    writer.delete(
        UnmappedValue, "record", [each.record.id for each in changed if each.current is None]
    )
    for (system, entity), group in _by_kind(changed).items():
        replace_references(system, entity, {each.record.id: each.values for each in group})
        _approve_again(entity, group, cause, moment)


def _by_kind(left: Sequence[_Left]) -> dict[tuple[str, str], list[_Left]]:
    groups: dict[tuple[str, str], list[_Left]] = defaultdict(list)
    for each in left:
        groups[each.record.system_id, each.record.entity].append(each)
    return groups


def _state(left: _Left) -> RecordState:
    """One of which nothing is left waits as one does that could not be read."""
    if left.standing.retired:
        return RecordState.RETIRED
    return RecordState.ACTIVE if left.current else RecordState.QUARANTINED


def _approve_again(entity: str, group: Sequence[_Left], cause: Cause, moment: datetime) -> None:
    """A value that was approved once counts again; what never was goes on waiting."""
    guarded = schema_of(entity).guarded
    wanted = {
        (each.record.id, name): digest_of(each.values[name])
        for each in group
        for name in each.values.keys() & guarded
    }
    if not wanted:
        return
    rows = ApprovedValue.objects.filter(record__any=[record for record, _ in wanted])
    known = {(r.record_id, r.attribute, r.hash): r.value for r in rows}
    writer.insert(
        ApprovedValue,
        [
            {
                "record_id": record,
                "attribute": name,
                "value": known[record, name, digest],
                "hash": digest,
                "by": cause.name,
                "at": moment,
            }
            for (record, name), digest in wanted.items()
            if (record, name, digest) in known
        ],
    )


def _recompute(
    locked: Mapping[UUID, Golden], left: Collection[UUID], cause: Cause
) -> dict[UUID, Computed]:
    """Where a record left, a version says so; where none stays, it tells of the retirement."""
    still = set(linking.linked(left).values())
    kinds = {golden: ChangeKind.UNLINKED for golden in left if golden in still and golden in locked}
    return recompute(list(locked.values()), Occasion(cause=cause, kinds=kinds))
