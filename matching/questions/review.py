"""Reviews: the questions automation may not answer, asked, decided, and closed when moot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
    When,
)

from canonical import worklist, writer
from canonical.golden.cause import Cause
from canonical.golden.recompute import Occasion, recompute
from canonical.identity import decisions, linking, merging
from canonical.identity.errors import Conflict, NotFound, VersionConflict
from canonical.identity.linking import Opened
from canonical.identity.units import lock_goldens, unit
from canonical.models import (
    ChangeKind,
    DecisionKind,
    Golden,
    GoldenState,
    Link,
    WorkKind,
)
from canonical.reader import Read, Slot
from canonical.worklist import Need
from matching.intake.placement import Found, Placement
from matching.intake.refresh import refresh
from matching.models import MatchEvidence, Review, ReviewKind, ReviewState
from matching.questions import contradiction
from matching.questions.explanation import restricted

OPEN = ReviewState.OPEN


@dataclass(slots=True)
class Decided:
    """A decided review, and the merge, the split or the further question it led to."""

    review: Review
    effect: merging.Outcome | None = None
    conflict: Review | None = None


def remember(links: Sequence[Opened], placements: Sequence[Placement]) -> None:
    """Store why automation opened these links."""
    found = {p.newcomer.record: p.found for p in placements if p.found is not None}
    writer.insert(
        MatchEvidence,
        [_evidence_row(link.id, found[link.record]) for link in links if link.record in found],
    )


def _evidence_row(link: UUID, found: Found) -> dict[str, object]:
    return {
        "link_id": link,
        "best_record": found.record,
        "weight": found.weight,
        "probability": found.probability,
        "margin": found.margin,
        "runner_up": found.runner_up,
        "model_version": found.model_version,
        "detail": found.detail,
    }


def ask(entity: str, placements: Sequence[Placement], moment: datetime) -> dict[UUID, Review]:
    """Open the reviews of newly placed records; by newcomer, the first review of each.

    A pair that a person has decided, or that is under review already, is not asked about again,
    nor are two golden records that a person holds apart.
    """
    drafts = [
        _draft(entity, placement, question.kind, question.found, moment)
        for placement in placements
        for question in placement.questions
    ]
    drafts = unanswered(drafts)
    put_before_people(drafts, moment)
    first: dict[UUID, Review] = {}
    for review in drafts:
        first.setdefault(UUID(review.detail["arrived"]), review)
    return first


def put_before_people(drafts: Sequence[Review], moment: datetime) -> None:
    """Store reviews, and open the work item of each that is not answered yet."""
    writer.insert(Review, [{name: getattr(draft, name) for name in _COLUMNS} for draft in drafts])
    worklist.open_items([_need(review) for review in drafts if review.state == OPEN], moment)


_COLUMNS = tuple(field.attname for field in Review._meta.concrete_fields)


def _draft(
    entity: str, placement: Placement, kind: ReviewKind, found: Found, moment: datetime
) -> Review:
    return draft(entity, kind, (placement.newcomer.record, placement.golden), found, moment)


def draft(
    entity: str, kind: ReviewKind, arrived: tuple[UUID, UUID], found: Found, moment: datetime
) -> Review:
    """A review, not stored yet, between a record with its golden record and what was found."""
    record, golden = arrived
    sides = sorted(((record, golden), (found.record, found.golden)))
    return Review(
        entity=entity,
        kind=kind,
        record_a_id=sides[0][0],
        record_b_id=sides[1][0],
        golden_a_id=sides[0][1],
        golden_b_id=sides[1][1],
        weight=found.weight,
        probability=found.probability,
        margin=found.margin,
        model_version=found.model_version,
        detail={**found.detail, "arrived": str(record), "newcomer": str(golden)},
        opened_at=moment,
    )


def unanswered(drafts: Sequence[Review]) -> list[Review]:
    """Those nobody has answered or is asked about, each pair once."""
    if not drafts:
        return []
    records = {r for d in drafts for r in (d.record_a_id, d.record_b_id)}
    answered = set(decisions.standing(records))
    answered.update(_ASKED(records=list(records)))
    apart = decisions.apart({g for d in drafts for g in (d.golden_a_id, d.golden_b_id)})
    fresh: dict[tuple[UUID, UUID], Review] = {}
    for draft in drafts:
        pair = (draft.record_a_id, draft.record_b_id)
        if pair not in answered and {draft.golden_a_id, draft.golden_b_id} not in apart:
            fresh.setdefault(pair, draft)
    return list(fresh.values())


_ASKED = Read(
    lambda: Review.objects.filter(
        Q(record_a__any=Slot("records")) | Q(record_b__any=Slot("records")), state=OPEN
    ).values_list("record_a_id", "record_b_id")
)


def _need(review: Review) -> Need:
    newcomer = UUID(review.detail["newcomer"])
    hidden = restricted(review.entity)
    told = (c for c in review.detail["comparisons"] if c["attribute"] not in hidden)
    names = next((c for c in told if c["left"] and c["right"]), None)
    title = f"{names['left']} / {names['right']}" if names else str(review.kind)
    return Need(
        kind=WorkKind(review.kind),
        subject=str(review.id),
        title=title,
        entity=review.entity,
        golden=newcomer,
        facts={
            "probability": round(review.probability, 4),
            "review": str(review.id),
            "sides": [str(review.golden_a_id), str(review.golden_b_id)],
        },
    )


def decide(
    review_id: UUID,
    decision: str,
    cause: Cause,
    expected: int | None = None,
    picks: Mapping[str, Any] | None = None,
) -> Decided:
    """Answer a review: `match` merges (the older id survives), `no_match` keeps apart.

    `picks` are values to pin on what a merge leaves. Where it is about one golden record,
    `no_match` splits the arrived record off. `defer` leaves the review open and notes the reason.
    Where the answer contradicts a live decision through other records, nothing moves and a
    decision conflict is opened. Raises NotFound, VersionConflict and Conflict (decided already).
    """
    review = _open_review(review_id, expected)
    if decision == "defer":
        _change(review, reason=cause.reason)
        return Decided(review)
    kind = DecisionKind(decision)

    def work() -> Decided:
        against = contradiction.against(review, kind)
        effect = None
        if against:
            _lock(review)
        else:
            effect = _effect(review, kind, cause, picks)
        moment = writer.now()
        contradiction.withdraw(review, kind, moment)
        decisions.decide(review.record_a_id, review.record_b_id, kind, cause, moment)
        _answer(review, kind, cause, moment)
        asked = _ask_about(review, kind, against[-1], moment) if against else None
        return Decided(review, effect, asked)

    decided = unit(work)
    if decided.effect is not None:
        refresh(list(decided.effect.touched))
    settle(sides_of(review), cause)
    return decided


def _effect(
    review: Review, kind: DecisionKind, cause: Cause, picks: Mapping[str, Any] | None
) -> merging.Outcome | None:
    """What follows for identity; where nothing does, both sides are locked all the same."""
    sides = sorted(_sides(review))
    if kind is DecisionKind.MATCH and len(sides) == 2:
        return merging.merge(sides[0], sides[1:], cause, picks=picks)
    if kind is DecisionKind.NO_MATCH and len(sides) == 1:
        if not review.of_one:
            raise Conflict("Both records are in one golden record by now.")
        return merging.split(sides[0], [UUID(review.detail["arrived"])], cause)
    _lock(review)
    return None


def _lock(review: Review) -> None:
    """Lock both sides, so that identity stands still while the answer is written."""
    lock_goldens(lambda: sides_of(review))


def _ask_about(
    review: Review, kind: DecisionKind, pair: tuple[UUID, UUID], moment: datetime
) -> Review:
    """The question about a decision that an answer contradicts; the open one, where one is."""
    asked = Review.objects.filter(record_a=pair[0], record_b=pair[1], state=OPEN).first()
    if asked is None:
        asked = contradiction.question(review, kind, pair, moment)
        asked.save(force_insert=True)
        worklist.open_items([_need(asked)], moment)
    return asked


def _open_review(review_id: UUID, expected: int | None) -> Review:
    review = Review.objects.filter(pk=review_id).first()
    if review is None:
        raise NotFound("There is no such review.")
    if expected is not None and review.version != expected:
        raise VersionConflict(f"The review is at version {review.version}, not {expected}.")
    if review.state != OPEN:
        raise Conflict(f"The review is {review.get_state_display().lower()} already.")
    return review


def _answer(review: Review, kind: DecisionKind, cause: Cause, moment: datetime) -> None:
    _change(
        review,
        state=ReviewState.DECIDED,
        decision=kind,
        decided_by=cause.name,
        decided_at=moment,
        reason=cause.reason,
    )
    worklist.close_items(WorkKind(review.kind), [str(review.pk)])


def _change(review: Review, **changes: object) -> None:
    """Change an open review by compare-and-swap, so that two answers cannot both count."""
    seen = Review.objects.filter(pk=review.pk, state=OPEN, version=review.version)
    if not seen.update(version=F("version") + 1, **changes):
        raise Conflict("The review was answered by someone else meanwhile.")
    review.refresh_from_db()


def _sides(review: Review) -> set[UUID]:
    """The golden records the two records are linked to today."""
    return set(linking.goldens_of([review.record_a_id, review.record_b_id]).values())


def sides_of(review: Review) -> set[UUID]:
    """Every golden record the review is, or was when it was opened, about."""
    return _sides(review) | {review.golden_a_id, review.golden_b_id}


def with_sides(reviews: QuerySet[Review]) -> QuerySet[Any]:
    """Annotate reviews with `now_a` and `now_b`, where the two records are linked today."""

    def linked(record: str) -> Subquery:
        open_links = Link.objects.filter(record=OuterRef(record), until__isnull=True)
        return Subquery(open_links.values("golden_id")[:1], output_field=UUIDField())

    return reviews.annotate(now_a=linked("record_a"), now_b=linked("record_b"))


def moot(reviews: QuerySet[Review]) -> QuerySet[Any]:
    """Open reviews whose two sides have met; of those about one record, whose sides have parted."""
    met, of_one = Q(now_a=F("now_b")), Q(golden_a=F("golden_b"))
    return with_sides(reviews.filter(state=OPEN)).filter(met & ~of_one | ~met & of_one)


def settle(goldens: Collection[UUID], cause: Cause) -> None:
    """After identity changed: close the reviews it made moot, publish what waits no longer.

    An audit is answered by what was done: left out, errors that people find would be missed.
    """
    touching = Q(golden_a__any=list(goldens)) | Q(golden_b__any=list(goldens))
    ids = list(moot(Review.objects.filter(touching)).values_list("id", flat=True))
    if ids:
        audit = Q(kind=ReviewKind.AUDIT)
        of_one = When(audit & Q(golden_a=F("golden_b")), then=Value(DecisionKind.NO_MATCH))
        Review.objects.filter(id__any=ids).update(
            state=Case(
                When(audit, then=Value(ReviewState.DECIDED)), default=Value(ReviewState.CLOSED)
            ),
            decision=Case(of_one, When(audit, then=Value(DecisionKind.MATCH)), default=Value("")),
            decided_by=Case(When(audit, then=Value(cause.name)), default=Value("")),
            decided_at=writer.now(),
            version=F("version") + 1,
        )
        _close_items(ids)
    release(goldens, cause)


def close_about(records: Collection[UUID]) -> set[UUID]:
    """Close the open reviews about records that were taken back; the golden records they named.

    Their sides may be waiting to be published: `release` them when the transaction is through.
    """
    wanted = list(records)
    asked = Review.objects.filter(
        Q(record_a__any=wanted) | Q(record_b__any=wanted), state=OPEN
    ).values_list("id", "golden_a_id", "golden_b_id")
    rows = list(asked)
    ids = [review for review, _, _ in rows]
    Review.objects.filter(id__any=ids).update(
        state=ReviewState.CLOSED, decided_at=writer.now(), version=F("version") + 1
    )
    _close_items(ids)
    return {golden for _, *sides in rows for golden in sides}


def _close_items(ids: Sequence[UUID]) -> None:
    for kind in ReviewKind:
        worklist.close_items(WorkKind(kind), [str(review) for review in ids])


def release(goldens: Collection[UUID], cause: Cause) -> None:
    """Publish golden records that were held for a review and are asked about no more.

    One whose records were all taken back before anyone heard of it is never published.
    """
    linked = Link.objects.filter(golden=OuterRef("pk"), until__isnull=True)
    waiting = Golden.objects.filter(
        Exists(linked), id__any=list(goldens), published_version__isnull=True, version__gt=0
    ).exclude(state=GoldenState.MERGED)
    free = set(waiting.values_list("id", flat=True))
    free -= worklist.in_review(free)
    if not free:
        return

    def work() -> None:
        locked = lock_goldens(lambda: free).values()
        held = {g.id: g for g in locked if g.published_version is None and g.merged_into_id is None}
        kinds = dict.fromkeys(held, ChangeKind.RELEASED)
        recompute(list(held.values()), Occasion(cause=cause, kinds=kinds, released=set(held)))

    unit(work)
