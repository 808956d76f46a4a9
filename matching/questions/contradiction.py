"""Decisions that contradict one another through other records: a person is asked, nothing moves."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from canonical import configuration
from canonical.identity import decisions, linking
from canonical.models import DecisionKind
from matching.engine.score import score_one
from matching.intake import candidates
from matching.intake.resolve import current_model
from matching.models import Review, ReviewKind
from matching.profiles import profile_for

Pair = tuple[UUID, UUID]
OPPOSITE = {
    DecisionKind.MATCH: DecisionKind.NO_MATCH,
    DecisionKind.NO_MATCH: DecisionKind.MATCH,
}
QUESTIONS = {
    DecisionKind.MATCH: "others of these records were said to be the same: does this no stand?",
    DecisionKind.NO_MATCH: "one of them was said to be another: are these two still the same?",
}


def against(review: Review, kind: DecisionKind) -> list[Pair]:
    """The pairs with a live decision that this answer to a review would contradict, oldest first.

    The newest decision on a pair wins, so the pair of the review is none of them; and the answer
    to a contradiction contradicts nothing, it is what was asked for.
    """
    if review.kind == ReviewKind.CONFLICT:
        return []
    pairs = decisions.between(*_sets(review), OPPOSITE[kind])
    return [pair for pair in pairs if pair != (review.record_a_id, review.record_b_id)]


def withdraw(review: Review, kind: DecisionKind, moment: datetime) -> None:
    """Once a contradiction is answered, what was said otherwise holds no longer."""
    if review.kind == ReviewKind.CONFLICT:
        decisions.withdraw_between(*_sets(review), OPPOSITE[kind], moment)


def _sets(review: Review) -> tuple[set[UUID], set[UUID]]:
    """What a match would join, or what a no would part; empty where identity moved meanwhile."""
    goldens = linking.goldens_of([review.record_a_id, review.record_b_id])
    stands = set(goldens.values())
    if len(stands) == 2 and not review.of_one:
        left, right = (set(linking.linked([golden])) for golden in sorted(stands))
        return left, right
    if len(stands) == 1 and review.of_one:
        arrived = {UUID(review.detail["arrived"])}
        return arrived, set(linking.linked(stands)) - arrived
    return set(), set()


def question(review: Review, kind: DecisionKind, pair: Pair, moment: datetime) -> Review:
    """The review to open about a decision that an answer contradicts, with today's evidence."""
    arrived = UUID(review.detail["arrived"])
    first, second = pair if pair[1] != arrived else (pair[1], pair[0])
    stands = linking.goldens_of(pair)
    said = _evidence(review.entity, first, second)
    detail = said.pop("detail") | {"arrived": str(first), "newcomer": str(stands[first])}
    return Review(
        entity=review.entity,
        kind=ReviewKind.CONFLICT,
        record_a_id=pair[0],
        record_b_id=pair[1],
        golden_a_id=stands[pair[0]],
        golden_b_id=stands[pair[1]],
        detail=detail | {"reason": QUESTIONS[kind], "contradicts": str(review.pk)},
        opened_at=moment,
        **said,
    )


def _evidence(entity: str, first: UUID, second: UUID) -> dict[str, Any]:
    """What the engine says of two records today; nothing of those it never compared."""
    profile, model = profile_for(entity), current_model(entity, configuration.stamp())
    known = candidates.features_of([first, second])
    said = score_one(profile, model, known[first], [known[second]]) if len(known) == 2 else []
    return {
        "weight": said[0].weight if said else 0,
        "probability": said[0].probability if said else 0.0,
        "model_version": model.version,
        "detail": {
            "candidates_cut": False,
            "prior": model.prior,
            "comparisons": [asdict(item) for each in said for item in each.comparisons],
        },
    }
