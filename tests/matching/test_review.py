"""Reviews: a person's answer is taken once, on the version that was seen, and holds."""

from __future__ import annotations

from uuid import uuid4

import pytest

from canonical.identity import decisions
from canonical.identity.errors import Conflict, NotFound, VersionConflict
from canonical.models import Decision, DecisionKind, Golden, WorkItem
from matching import review
from matching import stewardship as steward
from matching.models import Review, ReviewState
from tests.factories import hub
from tests.factories.hub import STEWARD, client, put

pytestmark = pytest.mark.django_db

TAX = {"country": "GB", "value": "GB980780684"}


@pytest.fixture
def asked() -> Review:
    """Two clients that share a tax id and hardly anything else."""
    hub.open_hub()
    client("Globex Limited", tax_ids=[TAX])
    put("erp", "client", "2", {"legal_name": "Vandelay Imports", "tax_ids": [TAX]}, 1)
    return Review.objects.get(state=ReviewState.OPEN)


def test_a_match_merges_into_the_older_id(asked: Review) -> None:
    older, newer = sorted((asked.golden_a_id, asked.golden_b_id))
    decided = review.decide(asked.id, "match", STEWARD)
    assert decided.effect is not None
    assert (decided.effect.subject, decided.effect.merges[0].absorbed_id) == (older, newer)
    assert (decided.review.state, decided.review.decided_by) == ("decided", "Ada")
    assert not WorkItem.objects.filter(state="open").exists()
    hub.assert_sound()


def test_a_match_can_be_undone_and_is_then_a_no(asked: Review) -> None:
    decided = review.decide(asked.id, "match", STEWARD)
    assert decided.effect is not None
    steward.undo(decided.effect.merges[0].id, STEWARD)
    assert len(decisions.apart([asked.golden_a_id, asked.golden_b_id])) == 1
    put("erp", "client", "2", {"legal_name": "Vandelay Imports Ltd", "tax_ids": [TAX]}, 2)
    assert not Review.objects.filter(state=ReviewState.OPEN).exists()


def test_a_no_keeps_apart_and_publishes_what_waited(asked: Review) -> None:
    review.decide(asked.id, "no_match", STEWARD)
    assert Decision.objects.get().kind == DecisionKind.NO_MATCH
    assert not Golden.objects.filter(published_version=None).exists()
    assert Golden.objects.filter(state="active").count() == 2


def test_a_deferred_review_stays_open_with_its_reason(asked: Review) -> None:
    decided = review.decide(asked.id, "defer", STEWARD)
    assert (decided.review.state, decided.review.reason) == ("open", "because")
    assert WorkItem.objects.filter(state="open").count() == 1
    with pytest.raises(VersionConflict):
        review.decide(asked.id, "match", STEWARD, expected=asked.version)


def test_a_review_is_answered_once(asked: Review) -> None:
    review.decide(asked.id, "no_match", STEWARD)
    with pytest.raises(Conflict):
        review.decide(asked.id, "match", STEWARD)
    with pytest.raises(NotFound):
        review.decide(uuid4(), "match", STEWARD)
    assert Golden.objects.filter(state="merged").count() == 0


def test_a_merge_by_hand_closes_the_question_it_answers(asked: Review) -> None:
    steward.merge(asked.golden_a_id, [asked.golden_b_id], STEWARD)
    asked.refresh_from_db()
    assert asked.state == ReviewState.CLOSED
    assert not WorkItem.objects.filter(state="open").exists()


def test_the_newest_decision_on_a_pair_holds(asked: Review) -> None:
    one, two = asked.record_a_id, asked.record_b_id
    for kind in (DecisionKind.MATCH, DecisionKind.NO_MATCH, DecisionKind.MATCH):
        decisions.decide(two, one, kind, STEWARD, asked.opened_at)
    assert decisions.standing([one]) == {(one, two): DecisionKind.MATCH}
    assert decisions.kept_apart([one], [two]) == []


def test_a_withdrawn_no_holds_nobody_apart(asked: Review) -> None:
    one, two = asked.record_a_id, asked.record_b_id
    decisions.decide(one, two, DecisionKind.NO_MATCH, STEWARD, asked.opened_at)
    assert decisions.kept_apart([two], [one]) == [(one, two)]
    decisions.withdraw_between([two], [one], asked.opened_at)
    assert decisions.standing([one]) == {}
