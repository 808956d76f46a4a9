"""The ids that targets give to our records: source records that say nothing, linked like others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from canonical import writer
from canonical.golden.cause import Cause
from canonical.golden.inputs import survivors
from canonical.golden.recompute import Occasion, recompute
from canonical.identity import linking
from canonical.identity.units import Grown, lock_goldens, lock_key, lock_keys, unit
from canonical.models import (
    ChangeKind,
    GoldenState,
    Link,
    LinkCause,
    RecordState,
    SourceRecord,
    new_id,
)


@dataclass(frozen=True, slots=True)
class TargetId:
    """What a system calls one of our golden records."""

    entity: str
    golden: UUID
    source_id: str


def register(system: str, ids: Sequence[TargetId], cause: Cause) -> list[TargetId]:
    """Register ids a system gave to our records; returns those that belong to another record.

    A registered record contributes nothing until the system speaks of it itself, and is the one
    to write to. An id that is known keeps its link: where it leads elsewhere, a person has to look.
    What was merged meanwhile is registered with its survivor. Repeating it changes nothing.
    """
    if not ids:
        return []
    return unit(lambda: _register(system, ids, cause))


def _register(system: str, ids: Sequence[TargetId], cause: Cause) -> list[TargetId]:
    lock_keys({lock_key("record", system, each.entity, each.source_id) for each in ids})
    ends: dict[UUID, UUID] = {}

    def plan() -> Collection[UUID]:
        ends.update(survivors([each.golden for each in ids]))
        return set(ends.values())

    locked = lock_goldens(plan)
    if any(golden.state == GoldenState.MERGED for golden in locked.values()):
        raise Grown
    known = _known(system, ids)
    fresh = [each for each in ids if _key(each) not in known and ends[each.golden] in locked]
    _link(system, fresh, ends, writer.now())
    touched = {ends[each.golden] for each in fresh}
    recompute(
        [golden for pk, golden in locked.items() if pk in touched],
        Occasion(cause.because(f"{system} told its id"), dict.fromkeys(touched, ChangeKind.LINKED)),
    )
    return [each for each in ids if known.get(_key(each), ends[each.golden]) != ends[each.golden]]


def _key(each: TargetId) -> tuple[str, str]:
    return each.entity, each.source_id


def _known(system: str, ids: Sequence[TargetId]) -> dict[tuple[str, str], UUID | None]:
    """The golden record that each id belongs to already; None where it is linked to none."""
    records = SourceRecord.objects.filter(
        system=system, source_id__any=[each.source_id for each in ids]
    )
    found: dict[tuple[str, str], UUID | None] = dict.fromkeys(
        records.values_list("entity", "source_id")
    )
    links = Link.objects.filter(record__in=records, until__isnull=True)
    for entity, source_id, golden in links.values_list(
        "record__entity", "record__source_id", "golden_id"
    ):
        found[entity, source_id] = golden
    return found


def _link(
    system: str, fresh: Sequence[TargetId], ends: Mapping[UUID, UUID], moment: datetime
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "system_id": system,
            "entity": each.entity,
            "source_id": each.source_id,
            "state": RecordState.ACTIVE.value,
            "current_id": None,
            "changed_at": {},
            "annotations": {},
            "issues": [],
            "contributes": False,
            "primary": True,
            "received_at": moment,
        }
        for each in fresh
    ]
    writer.insert(SourceRecord, rows)
    linking.open_links(
        [
            (row["id"], ends[each.golden], LinkCause.REGISTERED)
            for row, each in zip(rows, fresh, strict=True)
        ],
        moment,
    )
