"""Reviews: a person's answer is taken once, on the version that was seen, and holds."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from canonical import writer
from canonical.identity import decisions, linking
from canonical.identity.errors import Conflict, NotFound, VersionConflict
from canonical.models import Decision, DecisionKind, Golden, WorkItem
from matching.models import Review, ReviewState
from matching.questions import review
from matching.questions import stewardship as steward
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


def test_a_question_is_not_called_by_what_only_some_may_see(asked: Review) -> None:
    born, mail = "1980-05-05", "erika@example.org"
    said = [
        {"attribute": name, "left": value, "right": value, "weight": 9}
        for name, value in (("date_of_birth", born), ("email", mail))
    ]
    Review.objects.update(state=ReviewState.CLOSED)
    asked.pk, asked.entity, asked.detail["comparisons"] = uuid4(), "resource", said
    review.put_before_people([asked], writer.now())
    assert WorkItem.objects.get(subject=str(asked.pk)).title == f"{mail} / {mail}"


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
    assert decisions.between([one], [two], DecisionKind.NO_MATCH) == []


def test_a_withdrawn_no_holds_nobody_apart(asked: Review) -> None:
    one, two = asked.record_a_id, asked.record_b_id
    decisions.decide(one, two, DecisionKind.NO_MATCH, STEWARD, asked.opened_at)
    assert decisions.between([two], [one], DecisionKind.NO_MATCH) == [(one, two)]
    decisions.withdraw_between([two], [one], DecisionKind.NO_MATCH, asked.opened_at)
    assert decisions.standing([one]) == {}


@pytest.fixture
def contradicted(asked: Review) -> Review:
    """An open question about two golden records of which other records were told apart."""
    put("psa", "client", "1", {"legal_name": "Globex"}, same_as=code_of(asked.golden_a_id))
    put("psa", "client", "2", {"legal_name": "Vandelay"}, same_as=code_of(asked.golden_b_id))
    one, two = hub.held("psa", "1").pk, hub.held("psa", "2").pk
    decisions.decide(one, two, DecisionKind.NO_MATCH, STEWARD, asked.opened_at)
    return asked


def code_of(golden: UUID) -> str:
    return Golden.objects.get(pk=golden).code


def test_a_match_against_a_no_through_others_moves_nothing_and_is_asked(
    contradicted: Review,
) -> None:
    before = hub.contents()
    decided = review.decide(contradicted.id, "match", STEWARD)
    assert (decided.effect, decided.review.state) == (None, "decided")
    assert hub.contents() == before
    conflict = decided.conflict
    assert conflict is not None
    assert (conflict.kind, conflict.detail["contradicts"]) == (
        "decision_conflict",
        str(contradicted.pk),
    )
    item = WorkItem.objects.get(state="open")
    assert (item.kind, item.facts["review"]) == ("decision_conflict", str(conflict.pk))
    assert not Golden.objects.filter(published_version=None).exists()
    hub.assert_sound()


def test_the_answer_to_a_conflict_settles_both_decisions(contradicted: Review) -> None:
    conflict = review.decide(contradicted.id, "match", STEWARD).conflict
    assert conflict is not None
    settled = review.decide(conflict.pk, "match", STEWARD)
    assert settled.effect is not None
    assert settled.conflict is None
    assert set(decisions.standing(settled.effect.moved).values()) == {DecisionKind.MATCH}
    assert not WorkItem.objects.filter(state="open").exists()
    hub.assert_sound()


def test_a_conflict_may_end_in_the_no(contradicted: Review) -> None:
    conflict = review.decide(contradicted.id, "match", STEWARD).conflict
    assert conflict is not None
    settled = review.decide(conflict.pk, "no_match", STEWARD)
    assert (settled.effect, settled.conflict) == (None, None)
    live = decisions.standing([contradicted.record_a_id, conflict.record_a_id])
    assert list(live.values()) == [DecisionKind.NO_MATCH]
    assert Golden.objects.filter(state="active").count() == 2


@pytest.mark.parametrize("answer", ["match", "no_match"])
def test_a_record_that_a_match_holds_is_not_parted_by_a_no_to_another(
    answer: str,
) -> None:
    hub.open_hub()
    golden = client("Globex Limited", tax_ids=[TAX])
    for source_id in ("1", "2"):
        put("psa", "client", source_id, {"legal_name": "Globex Ltd"}, same_as=golden.code)
    put("psa", "client", "1", {"legal_name": "Initech Consulting"})
    broken = Review.objects.get(kind="broken_by_update", state="open")
    first = UUID(broken.detail["arrived"])
    [held] = {*hub_records(golden)} - {broken.record_a_id, broken.record_b_id}
    decisions.decide(first, held, DecisionKind.MATCH, STEWARD, broken.opened_at)
    conflict = review.decide(broken.pk, "no_match", STEWARD).conflict
    assert conflict is not None
    assert len(hub_records(golden)) == 3
    settled = review.decide(conflict.pk, answer, STEWARD)
    assert len(hub_records(golden)) == (3 if answer == "match" else 2)
    assert (settled.effect is None) is (answer == "match")
    assert not Review.objects.filter(state="open", kind="decision_conflict").exists()
    hub.assert_sound()


def hub_records(golden: Golden) -> set[UUID]:
    return set(linking.linked([golden.pk]))
