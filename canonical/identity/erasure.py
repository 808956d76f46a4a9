"""Forgetting a person: content goes, identity and the proof of history stay.

What the systems said is emptied in every version, the journal's rows lose content and salt (so
that no digest can be guessed from), and a last version says who asked for it and why. Ids and
links stay: they keep a late message from making the person anew, and tell targets what to erase.
A system that sends the person again after that is the first to have to forget.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from canonical.entities import model_of
from canonical.golden.cause import Cause
from canonical.golden.inputs import survivors
from canonical.golden.recompute import Occasion, recompute
from canonical.golden.typed import typed_columns
from canonical.identity.errors import Refused
from canonical.identity.units import lock_goldens
from canonical.models import (
    ApprovedValue,
    Change,
    ChangeKind,
    Golden,
    Link,
    Merge,
    RecordState,
    SourceRecord,
    SourceReference,
    SourceVersion,
    UnmappedValue,
    WorkItem,
)

PERSONS: Final = frozenset({"resource"})
ERASED: Final = "erased"


@dataclass(frozen=True, slots=True)
class Erased:
    """The golden records that were emptied, the last of them the one asked for, and the records
    that were linked to any of them."""

    goldens: tuple[UUID, ...]
    records: tuple[UUID, ...]


def erase(golden: UUID, cause: Cause) -> Erased:
    """Forget a person, with every record merged into theirs; raises Refused.

    Runs inside the caller's transaction. Repeating it forgets what came since.
    """
    if not cause.reason:
        raise Refused("Say why: the reason stays.")

    def plan() -> Collection[UUID]:
        return _family(survivors([golden])[golden])

    locked = lock_goldens(plan)
    survivor = survivors([golden])[golden]
    if locked[survivor].entity not in PERSONS:
        raise Refused("Only people are erased: the other records are about firms.")
    ids = (*sorted(locked.keys() - {survivor}), survivor)
    links = Link.objects.filter(golden__in=ids)
    records = tuple(sorted(set(links.values_list("record_id", flat=True))))
    _empty_records(records)
    recompute(
        [locked[each] for each in ids], Occasion(cause, dict.fromkeys(ids, ChangeKind.ERASED))
    )
    for each in ids:
        _empty_past(locked[each])
    WorkItem.objects.filter(golden__in=ids).update(title=ERASED, facts={})
    return Erased(ids, records)


def _family(survivor: UUID) -> set[UUID]:
    """A record and all that was merged into it, near or far."""
    family, fresh = {survivor}, {survivor}
    while fresh:
        merges = Merge.objects.filter(survivor__in=fresh, undone_at__isnull=True)
        fresh = set(merges.values_list("absorbed_id", flat=True)) - family
        family |= fresh
    return family


def _empty_records(records: Collection[UUID]) -> None:
    versions = SourceVersion.objects.filter(record__in=records)
    versions.update(raw="", values={}, digest=ERASED, retired=True, faults=[])
    SourceRecord.objects.filter(id__in=records).update(
        state=RecordState.RETIRED, changed_at={}, annotations={}, issues=[]
    )
    for model in (SourceReference, UnmappedValue, ApprovedValue):
        model._default_manager.filter(record__in=records).delete()


def _empty_past(golden: Golden) -> None:
    """Of what was before the last version only who changed it, when and why is left."""
    before: QuerySet[Change] = Change.objects.filter(golden=golden, version__lt=golden.version)
    before.update(after=None, winners=None, salt="")
    model = model_of(golden.entity)
    columns = dict.fromkeys(typed_columns(golden.entity, {}))
    history = model.history.filter(golden_id=golden.pk, version__lt=golden.version)  # type: ignore[attr-defined]
    history.update(**columns)
