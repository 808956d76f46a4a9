"""Audits ask about a fair sample; their answers tell how right automation is."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from canonical.models import Golden, WorkItem, WorkKind
from matching.models import Review, ReviewKind, ReviewState
from matching.questions import accuracy, audit, review
from matching.questions import stewardship as steward
from tests.factories import hub
from tests.factories.hub import STEWARD, home, put

pytestmark = pytest.mark.django_db

FIRMS = ("Globex", "Initech", "Hooli", "Vandelay", "Wernham Hogg", "Dunder Mifflin")


def firm(name: str) -> dict[str, object]:
    site = f"https://www.{name.replace(' ', '').lower()}.co.uk"
    town = {"role": "registered", "lines": ["1 Mill Lane"], "locality": name, "country": "GB"}
    return {"legal_name": f"{name} Limited", "website": site, "addresses": [town]}


@pytest.fixture(autouse=True)
def population() -> None:
    hub.open_hub()
    for name in FIRMS:
        put("crm", "client", name, firm(name), 1)
        put("erp", "client", name, firm(name), 1)


def drawn(size: int = 10) -> list[Review]:
    audit.draw("client", size, STEWARD)
    return list(Review.objects.filter(kind=ReviewKind.AUDIT).order_by("id"))


def test_asks_about_links_and_opens_work() -> None:
    asked = drawn(4)
    assert len(asked) == 4
    assert all(r.of_one and r.detail["systems"] == "crm erp" for r in asked)
    items = WorkItem.objects.filter(kind=WorkKind.AUDIT, state="open")
    assert {item.subject for item in items} == {str(r.pk) for r in asked}


def test_never_asks_twice_and_ends_when_all_are_known() -> None:
    assert len(drawn(4)) == 4
    assert len(drawn(4)) == len(FIRMS)
    assert len(drawn(4)) == len(FIRMS)


def test_a_yes_changes_nothing_and_a_no_splits() -> None:
    first, second, *others = drawn()
    before = Golden.objects.filter(state="active").count()
    review.decide(first.pk, "match", STEWARD)
    assert Golden.objects.filter(state="active").count() == before
    decided = review.decide(second.pk, "no_match", STEWARD)
    assert decided.effect is not None
    assert Golden.objects.filter(state="active").count() == before + 1
    hub.assert_sound()
    found = accuracy.of_entity("client")
    assert found.whole.precision is not None
    assert found.whole.precision.value == pytest.approx(0.5)
    assert found.waiting == len(others)


def test_all_answered_is_exact() -> None:
    for asked in drawn():
        review.decide(asked.pk, "match", STEWARD)
    figures = accuracy.of_entity("client")
    assert figures.whole.precision is not None
    assert (figures.whole.precision.low, figures.whole.precision.high) == (1.0, 1.0)
    assert [pair.systems for pair in figures.pairs] == ["crm erp"]
    assert figures.whole.links == len(FIRMS)
    assert figures.reliability[-1].observed == 1.0


def test_what_people_part_by_hand_counts_as_an_error() -> None:
    """Asked about or not: leaving it out would flatter automation."""
    asked = drawn(1)[0]
    mine = asked.record_a.source_id
    other = next(name for name in FIRMS if name != mine)
    for name in (mine, other):
        steward.split(home("erp", name), [hub.held("erp", name).pk], STEWARD)
    asked.refresh_from_db()
    assert (asked.state, asked.decision, asked.decided_by) == ("decided", "no_match", "Ada")
    assert not WorkItem.objects.filter(kind=WorkKind.AUDIT, state="open").exists()
    told = [r for r in drawn() if r.state == ReviewState.DECIDED]
    assert len(told) == 2


def test_near_misses_are_met_and_weighed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "NEAR", 0.0)
    put("psa", "client", "9", {"legal_name": "Globex Trading GmbH"}, 1)
    near = [r for r in drawn(20) if not r.of_one]
    assert near
    assert {r.detail["systems"] for r in near} & {"crm psa", "erp psa"}
    for asked in Review.objects.filter(kind=ReviewKind.AUDIT, state=ReviewState.OPEN):
        review.decide(asked.pk, "match" if asked.of_one else "no_match", STEWARD)
    figures = accuracy.of_entity("client")
    assert figures.whole.recall is not None
    assert figures.whole.recall.value == 1.0
    assert figures.whole.found is not None


def test_a_missed_match_that_is_found_merges_and_lowers_recall(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit, "NEAR", 0.0)
    put("psa", "client", "9", {"legal_name": "Globex Trading GmbH"}, 1)
    near = next(r for r in drawn(20) if not r.of_one)
    decided = review.decide(near.pk, "match", STEWARD)
    assert decided.effect is not None
    assert decided.effect.merges
    for asked in Review.objects.filter(kind=ReviewKind.AUDIT, state=ReviewState.OPEN):
        review.decide(asked.pk, "match" if asked.of_one else "no_match", STEWARD)
    figures = accuracy.of_entity("client")
    assert figures.whole.recall is not None
    assert figures.whole.recall.value < 1.0


def test_without_an_audit_recall_is_unknown() -> None:
    assert accuracy.of_entity("client").whole.recall is None
    assert accuracy.of_entity("contract").whole.precision is None


def test_strata_are_drawn_evenly() -> None:
    strata = {"common": list(range(1000)), "rare": [-1, -2]}
    chosen = audit.evenly(strata, 10)
    assert {-1, -2} < set(chosen)
    assert len(set(chosen)) == 10
    kept = audit.reservoirs(((k % 2, k) for k in range(1000)), 5)
    assert {len(items) for items in kept.values()} == {5}


def test_the_command_draws_and_evaluate_tells() -> None:
    out = StringIO()
    call_command("audit", "--entity", "clients", "--size", "3", stdout=out)
    assert out.getvalue().startswith("client: 3 questions; ")
    asked = Review.objects.filter(kind=ReviewKind.AUDIT).order_by("id").first()
    assert asked is not None
    review.decide(asked.pk, "match", STEWARD)
    told = StringIO()
    call_command("evaluate", "--entity", "clients", stdout=told)
    assert "crm erp" in told.getvalue()
    with pytest.raises(CommandError, match="number of questions"):
        call_command("audit", "--size", "0")
    with pytest.raises(CommandError):
        call_command("audit", "--entity", "ghosts")
