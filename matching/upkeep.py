"""What identity needs again and again: late references, due recomputes, questions grown moot."""

from __future__ import annotations

from uuid import UUID

from canonical import configuration, worklist, writer
from canonical.golden import due
from canonical.golden.cause import SYSTEM
from canonical.governance import stewardship
from canonical.models import Golden, GoldenState
from matching.models import Review
from matching.questions import review
from matching.questions.reconsider import reconsider

AT_ONCE = 500


def run() -> int:
    """One round of upkeep; how many golden records were brought up to date."""
    due.heal_references()
    stewardship.expire(writer.now().date())
    goldens = due.work_off()
    if goldens:
        config, moment = configuration.opening()
        reconsider(goldens, config, moment)
    _close_moot()
    _release_stuck()
    return len(goldens)


def _close_moot() -> None:
    """What asks nothing any more."""
    goldens: set[UUID] = set()
    for row in review.moot(Review.objects.all())[:AT_ONCE]:
        goldens |= {row.golden_a_id, row.golden_b_id}
    if goldens:
        review.settle(goldens, SYSTEM)


def _release_stuck() -> None:
    """Publish what is held although nobody is asked about it."""
    waiting = Golden.objects.filter(published_version__isnull=True, version__gt=0).exclude(
        state=GoldenState.MERGED
    )
    ids = list(waiting.values_list("id", flat=True)[:AT_ONCE])
    if free := set(ids) - worklist.in_review(ids):
        review.release(free, SYSTEM)
