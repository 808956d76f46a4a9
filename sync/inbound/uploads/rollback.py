"""Taking a load back: what it brought goes out through the use cases, and nothing else changes.

What came on top since then is reported and kept: later versions of the same records, merges that
a steward made, values that a steward pinned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from canonical import configuration, worklist
from canonical.golden.cause import Cause
from canonical.golden.recompute import Computed
from canonical.identity import linking, units, withdrawal
from canonical.identity.errors import Conflict
from canonical.models import (
    CONSOLE,
    STANDING,
    TAKEN_BACK,
    GoldenState,
    Link,
    LinkCause,
    SourceRecord,
    SourceVersion,
    UnmappedValue,
    WorkItem,
    WorkKind,
)
from matching.intake import filing
from matching.intake.refresh import refiled
from matching.questions import review
from sync.inbound.answers import where
from sync.inbound.receive import CHUNK
from sync.models import Upload, UploadState

NAMED = 50  # how many of each kind a report names; all are counted
Named = dict[str, str]


@dataclass
class Report:
    """What taking a load back did, or would do; `*_named` holds the first of each kind.

    Records: `removed` are gone from their golden records, `restored` say again what they said
    before, `kept` had changed since. Golden records: `changed` and `retired`. On top of the load
    were `merges` and `pins` (both stay), and `waiting` golden records that refer to what is gone.
    """

    removed: int = 0
    restored: int = 0
    kept: int = 0
    changed: int = 0
    retired: int = 0
    merges: int = 0
    pins: int = 0
    waiting: int = 0
    kept_named: list[Named] = field(default_factory=list)
    on_top_named: list[Named] = field(default_factory=list)

    @classmethod
    def of(cls, told: dict[str, Any]) -> Report:
        """A report as it was stored; an empty one where nothing was yet."""
        return cls(**told)

    def as_json(self) -> dict[str, Any]:
        """The report as it is stored."""
        return asdict(self)


def brought(upload: Upload, done: int = 0) -> Iterator[list[str]]:
    """The ids of the file's rows as their system uses them, a chunk of rows at a time."""
    if upload.submission is None:
        return
    items = upload.submission.items.order_by("position")
    while rows := list(items.filter(position__gte=done).values_list("answer", flat=True)[:CHUNK]):
        yield [str(answer["source_id"]) if answer else "" for answer in rows]
        done += len(rows)


def take_back(upload: Upload, source_ids: Sequence[str], report: Report) -> int:
    """Take back what these rows brought, in one transaction; how many rows there were."""
    cause = _cause(upload)

    def work() -> tuple[set[UUID], Report]:
        units.lock_keys([units.lock_key("entity", upload.entity)])
        found = _versions(upload, source_ids)
        versions = list(found.filter(STANDING).values_list("id", flat=True))
        told = Report.of(report.as_json())
        gone = _going(upload, versions)
        left = set(linking.homes_now(gone).values())
        _note_on_top(upload, gone, told)
        done = withdrawal.withdraw(versions, cause)
        filing.forget(done.removed)
        spoken = set(linking.homes_now(done.restored).values())
        refiled((set(done.touched) - left) | spoken, configuration.current())
        asked = review.close_about(done.removed)
        _note(upload, done, told)
        _close_quarantined(upload, source_ids)
        return asked, told

    asked, told = units.unit(work)
    report.__dict__.update(told.__dict__)
    review.release(asked, cause)
    return len(source_ids)


def _cause(upload: Upload) -> Cause:
    reason = f"{upload.name} was taken back: {upload.reason}"
    correlation = upload.submission.correlation_id if upload.submission else ""
    return Cause(upload.withdrawn_by_id, upload.withdrawn_by, reason, correlation)


def _versions(upload: Upload, source_ids: Collection[str]) -> QuerySet[SourceVersion]:
    records = SourceRecord.objects.filter(
        system=upload.system_id, entity=upload.entity, source_id__any=list(source_ids)
    )
    correlation = upload.submission.correlation_id if upload.submission else None
    return SourceVersion.objects.filter(record__in=records, correlation_id=correlation)


def _going(upload: Upload, versions: Collection[UUID]) -> list[UUID]:
    """The records of which nothing will be left."""
    owners = SourceVersion.objects.filter(id__any=list(versions)).values("record")
    rest = SourceVersion.objects.filter(record__in=owners, faults=[]).exclude(
        id__any=list(versions)
    )
    staying = set(rest.values_list("record_id", flat=True))
    return [
        record for record in owners.values_list("record_id", flat=True) if record not in staying
    ]


def _note_on_top(upload: Upload, gone: Collection[UUID], report: Report) -> None:
    """What people and other records have built on what goes."""
    homes = linking.homes_now(gone)
    links = Link.objects.filter(until__isnull=True, golden__any=list(set(homes.values())))
    merged = links.filter(
        cause=LinkCause.MERGE, merge__undone_at__isnull=True, record__any=list(gone)
    )
    for code, absorbed in merged.values_list("golden__code", "merge__absorbed__code").distinct():
        report.merges += 1
        _name(report.on_top_named, what="merge", golden=code, detail=f"{absorbed} stays merged")
    pinned = links.filter(record__system=CONSOLE)
    for code in pinned.values_list("golden__code", flat=True).distinct():
        report.pins += 1
        _name(report.on_top_named, what="pin", golden=code, detail="the pinned values stay")
    names = SourceRecord.objects.filter(id__any=list(gone)).values_list("source_id", flat=True)
    referring = set(linking.referring_to(upload.system_id, upload.entity, list(names)))
    referring -= set(homes.values())
    report.waiting += len(referring)


def _name(named: list[Named], **what: str) -> None:
    if len(named) < NAMED:
        named.append(what)


def _note(upload: Upload, done: withdrawal.Withdrawn, report: Report) -> None:
    report.removed += len(done.removed)
    report.restored += len(done.restored)
    report.kept += len(done.kept)
    changed = [each for each in done.touched.values() if each.changed]
    report.changed += len([each for each in changed if not _retired(each)])
    report.retired += len([each for each in changed if _retired(each)])
    homes = linking.homes_now(done.kept)
    links = Link.objects.filter(record__any=list(homes), until__isnull=True)
    for source_id, code in links.values_list("record__source_id", "golden__code"):
        _name(report.kept_named, source_id=source_id, golden=code)


def _retired(computed: Computed) -> bool:
    return computed.golden.state == GoldenState.RETIRED


def _close_quarantined(upload: Upload, source_ids: Sequence[str]) -> None:
    """Nobody need look at rows that are gone."""
    records = SourceRecord.objects.filter(
        system=upload.system_id, entity=upload.entity, source_id__any=list(source_ids)
    )
    subjects = [
        where(upload.system_id, upload.entity, source_id)
        for source_id, issues in records.values_list("source_id", "issues")
        if not issues or issues[0]["code"] == TAKEN_BACK
    ]
    for kind in (WorkKind.QUARANTINED, WorkKind.VERSION_CONFLICT):
        worklist.close_items(kind, subjects)


def close_words(upload: Upload) -> None:
    """Close the questions about words that no record of the system says any more."""
    asked = WorkItem.objects.filter(
        kind=WorkKind.UNMAPPED_VALUE, state="open", subject__startswith=f"{upload.system_id}/"
    )
    said = UnmappedValue.objects.filter(record__system=upload.system_id)
    heard = {
        f"{upload.system_id}/{vocabulary}/{value}"
        for vocabulary, value in said.values_list("vocabulary", "value").distinct()
    }
    gone = [word for word in asked.values_list("subject", flat=True) if word not in heard]
    worklist.close_items(WorkKind.UNMAPPED_VALUE, gone)


def outlook(upload: Upload) -> Report:
    """What taking the load back would do to its records; raises Conflict where none is."""
    if upload.state != UploadState.LOADED:
        raise Conflict(f"{upload.name} is {upload.get_state_display()}.")
    report = Report()
    for source_ids in brought(upload):
        found = _versions(upload, source_ids).filter(STANDING)
        mine = list(found.values_list("id", flat=True))
        gone = set(_going(upload, mine))
        records = SourceRecord.objects.filter(versions__in=mine).distinct()
        staying = records.exclude(id__any=list(gone))
        restored = staying.filter(Q(current__in=mine))
        report.removed += len(gone)
        report.restored += restored.count()
        kept = staying.exclude(current__in=mine)
        report.kept += kept.count()
        for source_id in kept.values_list("source_id", flat=True)[:NAMED]:
            _name(report.kept_named, source_id=source_id, golden="")
        _note_on_top(upload, gone, report)
        _note_goldens(gone, restored, report)
    return report


def _note_goldens(gone: Collection[UUID], restored: QuerySet[SourceRecord], report: Report) -> None:
    homes = set(linking.homes_now(gone).values())
    staying = set(linking.linked(homes)) - set(gone)
    left = set(linking.homes_now(staying).values())
    report.retired += len(homes - left)
    changed = set(linking.homes_now(list(restored.values_list("id", flat=True))).values())
    report.changed += len((homes & left) | changed)
