"""Merge, undo and split: they move links and recompute, so that each can be taken back exactly."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from canonical import writer
from canonical.golden.cause import Cause
from canonical.golden.inputs import survivors
from canonical.golden.recompute import Computed, Occasion, recompute
from canonical.governance import stewardship
from canonical.identity import decisions, linking
from canonical.identity.errors import Conflict, NotFound, Refused, VersionConflict
from canonical.identity.units import Grown, lock_goldens, unit
from canonical.models import (
    ChangeKind,
    DecisionKind,
    Golden,
    GoldenState,
    Link,
    LinkCause,
    Merge,
    SourceRecord,
)


@dataclass(slots=True)
class Outcome:
    """What an operation did, or in a preview would do: every golden record it touched."""

    subject: UUID
    touched: dict[UUID, Computed] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    moved: dict[UUID, UUID] = field(default_factory=dict)
    stayed: list[UUID] = field(default_factory=list)


def merge(
    survivor: UUID,
    absorb: Sequence[UUID],
    cause: Cause,
    expected: Mapping[UUID, int] | None = None,
    preview: bool = False,
    picks: Mapping[str, Any] | None = None,
) -> Outcome:
    """Let `survivor` absorb other golden records: their links move, their ids answer with it.

    `expected` gives versions the caller saw; `picks` values to pin on the survivor, which fall
    with the undo of the first merge. Raises NotFound, Refused (nothing to absorb, another
    entity), Conflict (one of them is merged already) and VersionConflict.
    """
    absorbed = [golden for golden in dict.fromkeys(absorb) if golden != survivor]
    if not absorbed:
        raise Refused("Name at least one other golden record to absorb.")

    def work() -> Outcome:
        concerned = _locked([survivor, *absorbed])
        _check_versions(concerned, expected or {})
        _check_mergeable(concerned, survivor, absorbed)
        moment = writer.now()
        outcome = Outcome(subject=survivor)
        for golden in absorbed:
            _absorb(concerned[survivor], concerned[golden], cause, moment, outcome)
        stewardship.pin_picks(concerned[survivor], picks or {}, outcome.merges[0].id, cause, moment)
        kinds = {survivor: ChangeKind.ABSORBED, **dict.fromkeys(absorbed, ChangeKind.MERGED)}
        return _settle(outcome, concerned, kinds, cause)

    return unit(work, preview)


def _absorb(
    survivor: Golden,
    absorbed: Golden,
    cause: Cause,
    moment: datetime,
    outcome: Outcome,
) -> None:
    records = linking.linked([absorbed.id])
    there = linking.linked([survivor.id])
    decisions.withdraw_between(there, records, DecisionKind.NO_MATCH, moment)
    row = Merge.objects.create(
        survivor=survivor, absorbed=absorbed, reason=cause.reason, by=cause.name, at=moment
    )
    linking.move(dict.fromkeys(records, survivor.id), LinkCause.MERGE, moment, row)
    _answer_with(absorbed, survivor)
    outcome.merges.append(row)
    outcome.moved.update(dict.fromkeys(records, survivor.id))


def _answer_with(golden: Golden, survivor: Golden | None) -> None:
    """Written before the recompute, which resolves the references that name this id."""
    golden.merged_into = survivor
    golden.state = GoldenState.MERGED if survivor else GoldenState.ACTIVE
    golden.save(update_fields=["merged_into", "state"])


def undo(
    merge_id: UUID,
    cause: Cause,
    allocate: Mapping[UUID, UUID] | None = None,
    preview: bool = False,
    pins: Collection[str] = (),
) -> Outcome:
    """Undo a merge: exactly the records it moved, and that are still there, go back.

    What arrived since stays with the survivor unless `allocate` ({record: golden}) says
    otherwise, and so does what was pinned on it, but for the paths in `pins`. A no-match stays
    behind, so that automation never repeats the merge. Raises NotFound, Conflict (already
    undone) and Refused (an allocation that leads elsewhere).
    """

    def work() -> Outcome:
        row = Merge.objects.filter(pk=merge_id).first()
        if row is None:
            raise NotFound("There is no such merge.")
        host = survivors([row.survivor_id])[row.survivor_id]
        concerned = _locked([row.absorbed_id, host])
        row = Merge.objects.select_for_update().order_by("id").get(pk=merge_id)
        if row.undone_at is not None:
            raise Conflict("This merge was undone already.")
        if concerned[host].state == GoldenState.MERGED:
            raise Grown
        moment = writer.now()
        stewardship.withdraw_picks(row.id, host, cause, moment)
        chosen = _allocated(allocate or {}, row.absorbed_id, host)
        back = {r: row.absorbed_id for r in _carried_by(row, host) if r not in chosen}
        linking.move(back, LinkCause.UNDO, moment)
        linking.move(chosen, LinkCause.DECIDED, moment)
        outcome = Outcome(subject=row.absorbed_id, merges=[row])
        outcome.moved = linking.linked([row.absorbed_id])
        outcome.stayed = list(linking.linked([host]))
        _answer_with(concerned[row.absorbed_id], None)
        stewardship.hand_over(pins, concerned[host], concerned[row.absorbed_id], cause, moment)
        _close(row, cause, moment)
        _keep_apart(list(outcome.moved), outcome.stayed, cause, moment)
        kinds = {row.absorbed_id: ChangeKind.UNMERGED, host: ChangeKind.UNMERGED}
        return _settle(outcome, concerned, kinds, cause)

    return unit(work, preview)


def undo_all(
    merge_ids: Collection[UUID],
    cause: Cause,
    allocate: Mapping[UUID, UUID] | None = None,
    preview: bool = False,
) -> Outcome:
    """Undo several merges as one, the latest first; each as `undo` does it.

    The subject is what the first of them had absorbed. Raises as `undo` does.
    """

    def work() -> Outcome:
        rows = list(Merge.objects.filter(pk__in=merge_ids).order_by("-at", "-id"))
        if len(rows) < max(len(set(merge_ids)), 1):
            raise NotFound("There is no such merge.")
        hosts = survivors([row.survivor_id for row in rows])
        _locked(list({*hosts.values(), *(row.absorbed_id for row in rows)}))
        together = Outcome(subject=rows[-1].absorbed_id)
        for row in rows:
            one = undo(row.id, cause, _of_merge(row, allocate or {}))
            together.touched.update(one.touched)
            together.merges += one.merges
            together.moved.update(one.moved)
            together.stayed = one.stayed
        return together

    return unit(work, preview)


def _of_merge(row: Merge, allocate: Mapping[UUID, UUID]) -> dict[UUID, UUID]:
    """The allocations that lead to what this merge had absorbed."""
    return {record: golden for record, golden in allocate.items() if golden == row.absorbed_id}


def _carried_by(row: Merge, host: UUID) -> list[UUID]:
    """The records that stand in the host because of this merge: they are at home below it."""
    below = linking.below([row.absorbed_id])
    homes = linking.homes(linking.linked([host]))
    return [record for record, home in homes.items() if home in below]


def _allocated(allocate: Mapping[UUID, UUID], restored: UUID, host: UUID) -> dict[UUID, UUID]:
    there = linking.linked([host])
    for record, golden in allocate.items():
        if record not in there:
            raise Refused(f"Record {record} is not part of the merged record.")
        if golden not in (restored, host):
            raise Refused("A record can be allocated to the restored record or its survivor only.")
    return dict(allocate)


def _close(row: Merge, cause: Cause, moment: datetime) -> None:
    row.undone_at, row.undone_by, row.undo_reason = moment, cause.name, cause.reason
    row.save(update_fields=["undone_at", "undone_by", "undo_reason"])


def split(
    golden: UUID,
    records: Collection[UUID],
    cause: Cause,
    expected: int | None = None,
    preview: bool = False,
) -> Outcome:
    """Take records out of a golden record: back to where each came from, else to a new one.

    Records without a former home stay together in one new golden record. A no-match decision
    is left behind. Raises NotFound, Conflict, Refused (a record that is not there, or all of
    them) and VersionConflict.
    """
    leaving = list(dict.fromkeys(records))

    def work() -> Outcome:
        homes = _former_homes(golden, leaving)
        concerned = _locked([golden, *filter(None, homes.values())])
        subject = concerned[golden]
        if subject.state == GoldenState.MERGED:
            raise Conflict(f"{subject.code} is merged into another record.")
        if any(home and concerned[home].state == GoldenState.MERGED for home in homes.values()):
            raise Grown
        _check_versions(concerned, {golden: expected} if expected is not None else {})
        _check_leaving(golden, leaving)
        moment = writer.now()
        outcome = Outcome(subject=golden)
        outcome.moved = _housed(subject, homes, moment, concerned)
        stay = [r for r in linking.linked([golden]) if r not in outcome.moved]
        outcome.stayed = stay
        linking.move(outcome.moved, LinkCause.SPLIT, moment)
        for home in set(outcome.moved.values()):
            gone = [r for r, target in outcome.moved.items() if target == home]
            _keep_apart(gone, stay, cause, moment)
        kinds = dict.fromkeys(outcome.moved.values(), ChangeKind.SPLIT)
        return _settle(outcome, concerned, {**kinds, golden: ChangeKind.SPLIT}, cause)

    return unit(work, preview)


def _former_homes(golden: UUID, records: Collection[UUID]) -> dict[UUID, UUID | None]:
    """The golden record each was at home in before, where that still stands on its own."""
    links = Link.objects.filter(record__any=list(records), until__isnull=False).exclude(
        Q(golden=golden) | Q(cause__in=(LinkCause.MERGE, LinkCause.UNDO))
    )
    homes: dict[UUID, UUID | None] = dict.fromkeys(records)
    latest = links.filter(golden__merged_into__isnull=True).order_by("until", "id")
    homes.update(latest.values_list("record_id", "golden_id"))
    return homes


def _housed(
    subject: Golden,
    homes: Mapping[UUID, UUID | None],
    moment: datetime,
    concerned: dict[UUID, Golden],
) -> dict[UUID, UUID]:
    """Every leaving record with its home; the homeless share one new golden record."""
    housed = {record: home for record, home in homes.items() if home}
    homeless = [record for record, home in homes.items() if not home]
    if homeless:
        created = linking.new_goldens(subject.entity, 1, moment)[0]
        concerned[created.id] = created
        housed.update(dict.fromkeys(homeless, created.id))
    return housed


def _check_leaving(golden: UUID, leaving: Collection[UUID]) -> None:
    there = linking.linked([golden])
    if not leaving:
        raise Refused("Name at least one source record to split off.")
    if missing := [record for record in leaving if record not in there]:
        raise Refused(f"Record {missing[0]} is not linked to this golden record.")
    own = SourceRecord.objects.filter(id__in=there, contributes=True).values_list("id", flat=True)
    if not set(own) - set(leaving):
        raise Refused("At least one source record must stay.")


def _check_versions(concerned: Mapping[UUID, Golden], expected: Mapping[UUID, int]) -> None:
    for golden, version in expected.items():
        row = concerned.get(golden)
        if row is not None and row.version != version:
            raise VersionConflict(f"{row.code} is at version {row.version}, not {version}.")


def _check_mergeable(
    concerned: Mapping[UUID, Golden], survivor: UUID, absorbed: Collection[UUID]
) -> None:
    for golden in (survivor, *absorbed):
        row = concerned[golden]
        if row.state == GoldenState.MERGED:
            raise Conflict(f"{row.code} is merged into another record already.")
        if row.entity != concerned[survivor].entity:
            raise Refused(f"{row.code} is not a {concerned[survivor].entity}.")


def _locked(subjects: Sequence[UUID]) -> dict[UUID, Golden]:
    """The subjects and, up to a limit, everything that refers to their records, locked."""

    def plan() -> set[UUID]:
        return {*subjects, *_dependants(subjects, linking.DEPENDANTS_AT_ONCE)}

    locked = lock_goldens(plan)
    for subject in subjects:
        if subject not in locked:
            raise NotFound(f"There is no golden record {subject}.")
    return locked


def _dependants(subjects: Sequence[UUID], limit: int | None) -> list[UUID]:
    records = linking.linked(subjects)
    return [*linking.referring(list(records), limit), *linking.naming(subjects, limit)]


def _keep_apart(
    moved: Sequence[UUID], stayed: Sequence[UUID], cause: Cause, moment: datetime
) -> None:
    """One no-match between the two sets holds the sets apart; no match across them is left."""
    if moved and stayed:
        decisions.withdraw_between(moved, stayed, DecisionKind.MATCH, moment)
        decisions.decide(min(moved), min(stayed), DecisionKind.NO_MATCH, cause, moment)


def _settle(
    outcome: Outcome,
    concerned: Mapping[UUID, Golden],
    kinds: Mapping[UUID, ChangeKind],
    cause: Cause,
) -> Outcome:
    """Recompute everything that is locked and mark the dependants beyond it."""
    rest = set(_dependants(list(kinds), None)) - set(concerned)
    linking.mark_due(rest, "identity", writer.now())
    occasion = Occasion(cause=cause, kinds=kinds, released=set(kinds))
    outcome.touched = recompute(list(concerned.values()), occasion)
    return outcome


def tree(golden: UUID) -> list[Merge]:
    """The open merges below a golden record, nearest first: what undo can take back."""
    rows: list[Merge] = []
    level = [golden]
    while level:
        merges = Merge.objects.filter(survivor__any=level, undone_at__isnull=True)
        found = list(merges.select_related("absorbed").order_by("at"))
        rows += found
        level = [row.absorbed_id for row in found]
    return rows
