"""What each item is told, and what a person must look at because of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from canonical.golden.recompute import Computed
from canonical.identity.intake import Judged, Verdict
from canonical.models import Golden, SourceReference, UnmappedValue, WorkKind
from canonical.validation import Fault
from canonical.worklist import Need
from matching.intake.placement import Placement
from matching.models import Review


@dataclass(slots=True)
class Answer:
    """What became of one item.

    `first` tells that the hub had not seen the record; `faults` why and where it was refused.
    """

    source_id: str
    outcome: str
    record: UUID | None = None
    golden: Golden | None = None
    match: dict[str, Any] | None = None
    review: UUID | None = None
    first: bool = False
    issues: list[dict[str, str]] = field(default_factory=list)
    pending_references: list[str] = field(default_factory=list)
    unmapped_values: list[dict[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def where(system: str, entity: str, source_id: str) -> str:
    """How a source record is called in the worklist."""
    return f"{system}/{entity}/{source_id}"


def needs(system: str, entity: str, answer: Answer) -> Iterator[Need]:
    """What a person has to look at because of this answer."""
    subject = where(system, entity, answer.source_id)
    if answer.outcome == "quarantined":
        reason = answer.issues[0]["detail"] if answer.issues else ""
        yield Need(WorkKind.QUARANTINED, subject, f"{subject}: {reason}", entity, owner=system)
    if any(issue["code"] == "same_version_other_content" for issue in answer.issues):
        golden = answer.golden.id if answer.golden else None
        yield Need(WorkKind.VERSION_CONFLICT, subject, subject, entity, golden, owner=system)
    for value in answer.unmapped_values:
        word = f"{system}/{value['vocabulary']}/{value['value']}"
        title = f"{system} says {value['value']} for {value['vocabulary']}"
        yield Need(WorkKind.UNMAPPED_VALUE, word, title, entity)


class Answers:
    """What each judged arrival is told."""

    def __init__(
        self,
        judged: Sequence[Judged],
        computed: Mapping[UUID, Computed],
        goldens: Mapping[UUID, Golden],
        placements: Sequence[Placement],
        reviews: Mapping[UUID, Review],
    ) -> None:
        self.judged = judged
        self.computed = computed
        self.goldens = dict(goldens)
        self.placed = {p.newcomer.record: p for p in placements}
        self.reviews = reviews
        self._add_untouched_goldens()
        self._read_marks()

    def _add_untouched_goldens(self) -> None:
        missing = {j.golden for j in self.judged if j.golden} - set(self.goldens)
        if missing:
            self.goldens.update(Golden.objects.in_bulk(list(missing)))

    def _read_marks(self) -> None:
        """What could not be resolved: as just computed, else as the two tables of it say."""
        self.pending: dict[UUID, list[str]] = {}
        self.unmapped: dict[UUID, list[dict[str, str]]] = {}
        for item in self.computed.values():
            for record, resolved in item.resolutions.items():
                self.pending[record] = resolved.pending
                self.unmapped[record] = [_unmapped(*row) for row in resolved.unmapped]
        records = [j.record for j in self.judged if j.values and j.record not in self.pending]
        if not records:
            return
        pending = SourceReference.objects.filter(record__any=records, pending=True)
        for record, path in pending.order_by("id").values_list("record_id", "path"):
            self.pending.setdefault(record, []).append(path)
        unmapped = UnmappedValue.objects.filter(record__any=records).order_by("id")
        for record, path, vocabulary, value in unmapped.values_list(
            "record_id", "path", "vocabulary", "value"
        ):
            self.unmapped.setdefault(record, []).append(_unmapped(path, vocabulary, value))

    def all(self) -> list[Answer]:
        """An answer for each, in their order."""
        return [self._answer(item) for item in self.judged]

    def _answer(self, item: Judged) -> Answer:
        if item.refusal is not None:
            return Answer(item.arrival.source_id, "refused", faults=[item.refusal])
        placement = self.placed.get(item.record)
        golden_id = item.golden or (placement.golden if placement else None)
        asked = self.reviews.get(item.record)
        return Answer(
            source_id=item.arrival.source_id,
            outcome=self._outcome(item, placement, asked),
            record=item.record,
            golden=self.goldens.get(golden_id) if golden_id else None,
            match=_match(placement),
            review=asked.id if asked else None,
            first=item.existing is None,
            issues=self._issues(item, golden_id),
            pending_references=self.pending.get(item.record, []),
            unmapped_values=self.unmapped.get(item.record, []),
        )

    @staticmethod
    def _outcome(item: Judged, placement: Placement | None, asked: Review | None) -> str:
        if placement is not None and placement.newcomer.golden is None:
            if placement.created:
                return "review" if asked else "created"
            return "linked"
        if item.verdict in (Verdict.NEWER, Verdict.RETIRED):
            return "updated"
        return {Verdict.NEW: "created"}.get(item.verdict, item.verdict.value)

    def _issues(self, item: Judged, golden: UUID | None) -> list[dict[str, str]]:
        issues = [
            {"code": f.code, "pointer": f.pointer, "detail": f.detail} for f in item.arrival.faults
        ]
        if item.fell_back:
            issues.append(_issue("order_by_receipt", "The order key is missing; receipt counts."))
        if item.conflict:
            detail = "Another content came with the same order key; the larger digest applies."
            issues.append(_issue("same_version_other_content", detail))
        computed = self.computed.get(golden) if golden else None
        for found in computed.issues if computed else ():
            if found["record"] == str(item.record):
                issues.append(_issue(found["code"], found["detail"]))
        return issues


def _unmapped(path: str, vocabulary: str, value: str) -> dict[str, str]:
    return {"attribute": path, "vocabulary": vocabulary, "value": value}


def _issue(code: str, detail: str) -> dict[str, str]:
    return {"code": code, "pointer": "", "detail": detail}


def _match(placement: Placement | None) -> dict[str, Any] | None:
    if placement is None:
        return None
    found = placement.found or next((q.found for q in placement.questions), None)
    if found is None:
        return None
    return {
        "probability": round(found.probability, 6),
        "margin": found.margin / 1024 if found.margin is not None else None,
        "model_version": found.model_version,
    }
