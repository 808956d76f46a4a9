"""Merge, undo and split: what they refuse, what a preview leaves, what goes where."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from canonical.governance import stewardship
from canonical.identity import decisions, merging
from canonical.identity.errors import Conflict, NotFound, Refused, VersionConflict
from canonical.models import (
    Change,
    Decision,
    DecisionKind,
    Golden,
    Link,
    Merge,
    RecomputeDue,
    SourceVersion,
)
from matching.questions import stewardship as steward
from tests.factories import hub
from tests.factories.hub import STEWARD, client, golden_of, put

pytestmark = pytest.mark.django_db

NAMES = ("Acme Mining", "Borealis Shipping", "Cobalt Foods", "Dunlin Textiles")


@pytest.fixture
def four() -> list[Golden]:
    hub.open_hub()
    return [client(name, source_id=str(n)) for n, name in enumerate(NAMES)]


def stored() -> list[Any]:
    """All that identity writes."""
    links = sorted(Link.objects.values_list("id", "golden_id", "until"))
    counts = [m.objects.count() for m in (Change, Merge, Decision, SourceVersion, RecomputeDue)]
    return [hub.contents(), links, counts]


def test_a_merge_moves_links_and_the_absorbed_id_answers_with_the_survivor(
    four: list[Golden],
) -> None:
    a, b, *_ = four
    outcome = steward.merge(a.pk, [b.pk], STEWARD)
    assert outcome.moved == {hub.held("crm", "1").id: a.pk}
    b.refresh_from_db()
    assert (b.state, b.merged_into_id) == ("merged", a.pk)
    after = hub.document(b)
    assert (after["state"], after["merged_into"], after["sources"]) == ("merged", str(a.pk), [])
    kinds = dict(Change.objects.filter(version=2).values_list("golden", "kind"))
    assert kinds == {a.pk: "absorbed", b.pk: "merged"}
    assert [source["source_id"] for source in hub.document(a)["sources"]] == ["0", "1"]


@pytest.mark.parametrize("operation", ["merge", "undo", "split"])
def test_a_preview_tells_all_and_writes_nothing(operation: str, four: list[Golden]) -> None:
    a, b, *_ = four
    merge = steward.merge(a.pk, [b.pk], STEWARD).merges[0]
    before = stored()
    if operation == "merge":
        outcome = steward.merge(four[2].pk, [a.pk], STEWARD, preview=True)
    elif operation == "undo":
        outcome = steward.undo(merge.id, STEWARD, preview=True)
    else:
        outcome = steward.split(a.pk, [hub.held("crm", "1").id], STEWARD, preview=True)
    assert any(computed.changed for computed in outcome.touched.values())
    assert stored() == before


def test_what_a_merge_refuses(four: list[Golden]) -> None:
    a, b, c, d = (golden.pk for golden in four)
    contract = golden_of(put("crm", "contract", "1", {"title": "Works"}, 1)).pk
    steward.merge(a, [b], STEWARD)
    before = stored()
    with pytest.raises(Refused):
        merging.merge(a, [], STEWARD)
    with pytest.raises(Refused):
        merging.merge(a, [a], STEWARD)
    with pytest.raises(Refused):
        merging.merge(a, [contract], STEWARD)
    with pytest.raises(NotFound):
        merging.merge(a, [uuid4()], STEWARD)
    with pytest.raises(Conflict):
        merging.merge(c, [b], STEWARD)
    with pytest.raises(Conflict):
        merging.merge(b, [c], STEWARD)
    with pytest.raises(VersionConflict):
        merging.merge(c, [d], STEWARD, expected={d: 7})
    assert stored() == before


def test_no_cycle_can_be_made(four: list[Golden]) -> None:
    a, b, c, _ = (golden.pk for golden in four)
    steward.merge(b, [a], STEWARD)
    steward.merge(c, [b], STEWARD)
    for survivor in (a, b):
        with pytest.raises(Conflict):
            merging.merge(survivor, [c], STEWARD)


def test_what_an_undo_refuses(four: list[Golden]) -> None:
    a, b, c, _ = (golden.pk for golden in four)
    merge = steward.merge(a, [b], STEWARD).merges[0]
    with pytest.raises(NotFound):
        merging.undo(uuid4(), STEWARD)
    with pytest.raises(Refused):
        merging.undo(merge.id, STEWARD, allocate={hub.held("crm", "2").id: b})
    with pytest.raises(Refused):
        merging.undo(merge.id, STEWARD, allocate={hub.held("crm", "0").id: c})
    merging.undo(merge.id, STEWARD)
    with pytest.raises(Conflict):
        merging.undo(merge.id, STEWARD)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_chain_is_undone_in_any_order_also_from_its_middle(
    order: tuple[int, ...], four: list[Golden]
) -> None:
    """F28: A into B, B into C, C into D."""
    before = hub.contents()
    made = [
        steward.merge(right.pk, [left.pk], STEWARD).merges[0].id for left, right in pairwise(four)
    ]
    assert hub.home("crm", "0") == four[3].pk
    for place in order:
        steward.undo(made[place], STEWARD)
        hub.assert_sound()
    assert hub.contents() == before


def test_a_record_that_left_and_came_again_goes_with_the_merge_that_brought_it(
    four: list[Golden],
) -> None:
    a, b, c, _ = (golden.pk for golden in four)
    lower = steward.merge(a, [b], STEWARD).merges[0].id
    upper = steward.merge(c, [a], STEWARD).merges[0].id
    steward.undo(lower, STEWARD)
    again = steward.merge(c, [b], STEWARD).merges[0].id
    steward.undo(upper, STEWARD)
    assert (hub.home("crm", "0"), hub.home("crm", "1")) == (a, c)
    steward.undo(again, STEWARD)
    assert hub.home("crm", "1") == b


def test_what_arrived_since_stays_unless_it_is_allocated(four: list[Golden]) -> None:
    """F27: later arrivals, later values, earlier homes."""
    a, b, *_ = four
    merge = steward.merge(a.pk, [b.pk], STEWARD).merges[0]
    for number in ("8", "9"):
        put("erp", "client", number, {"legal_name": f"Later {number}"}, 1, same_as=a.code)
    put("crm", "client", "1", {"legal_name": "Borealis renamed"}, 2)
    later = hub.held("erp", "9").id
    preview = steward.undo(merge.id, STEWARD, preview=True)
    assert set(preview.stayed) == {hub.held("crm", "0").id, hub.held("erp", "8").id, later}
    steward.undo(merge.id, STEWARD, allocate={later: b.pk})
    homes = {name: hub.home(*name) for name in (("crm", "1"), ("erp", "8"), ("erp", "9"))}
    assert homes == {("crm", "1"): b.pk, ("erp", "8"): a.pk, ("erp", "9"): b.pk}
    assert hub.document(b)["legal_name"] == "Borealis renamed"


def test_a_moved_record_can_be_allocated_to_the_survivor(four: list[Golden]) -> None:
    a, b, *_ = four
    merge = steward.merge(a.pk, [b.pk], STEWARD).merges[0]
    moved = hub.held("crm", "1").id
    steward.undo(merge.id, STEWARD, allocate={moved: a.pk})
    assert hub.home("crm", "1") == a.pk
    b.refresh_from_db()
    assert b.state == "retired"
    hub.assert_sound()


def test_a_pick_falls_with_the_undo_and_leaves_the_override_it_covered(
    four: list[Golden],
) -> None:
    a, b, *_ = (golden.pk for golden in four)
    stewardship.set_override(a, "email", "pinned@a.example", STEWARD)
    before = hub.contents()
    merge = steward.merge(a, [b], STEWARD, picks={"email": "picked@a.example"}).merges[0]
    assert hub.document(a)["email"] == "picked@a.example"
    steward.undo(merge.id, STEWARD)
    assert hub.document(a)["email"] == "pinned@a.example"
    assert hub.contents() == before


def test_what_is_pinned_after_a_merge_stays_with_the_survivor(four: list[Golden]) -> None:
    a, b, *_ = (golden.pk for golden in four)
    stewardship.set_override(b, "email", "old@b.example", STEWARD)
    merge = steward.merge(a, [b], STEWARD).merges[0]
    stewardship.set_override(a, "email", "new@a.example", STEWARD)
    steward.undo(merge.id, STEWARD)
    assert hub.document(a)["email"] == "new@a.example"
    assert hub.document(b)["email"] == "old@b.example"


def test_what_is_cleared_after_a_merge_is_cleared_wherever_it_was_pinned(
    four: list[Golden],
) -> None:
    a, b, *_ = (golden.pk for golden in four)
    for golden in (a, b):
        stewardship.set_override(golden, "email", "pinned@x.example", STEWARD)
    steward.merge(a, [b], STEWARD)
    stewardship.clear_override(a, "email", STEWARD)
    assert stewardship.overrides(a) == {}
    assert "email" not in hub.document(a)


def test_splitting_off_a_wrong_link_makes_a_golden_record_and_keeps_apart(
    four: list[Golden],
) -> None:
    a = four[0]
    wrong = put("erp", "client", "9", {"legal_name": "Quite Else"}, 1, same_as=a.code)
    assert wrong.record is not None
    outcome = steward.split(a.pk, [wrong.record], STEWARD)
    assert hub.home("erp", "9") not in {golden.pk for golden in four}
    assert outcome.stayed == [hub.held("crm", "0").id]
    assert decisions.between([wrong.record], outcome.stayed, DecisionKind.NO_MATCH)
    hub.assert_sound()


def test_a_split_record_goes_back_to_where_it_was_at_home(four: list[Golden]) -> None:
    a, b, *_ = four
    put("erp", "client", "9", {"legal_name": "Quite Else"}, 1, same_as=a.code)
    record = hub.held("erp", "9").id
    steward.split(a.pk, [record], STEWARD)
    first = hub.home("erp", "9")
    merge = steward.merge(b.pk, [first], STEWARD).merges[0]
    steward.undo(merge.id, STEWARD)
    put(
        "crm",
        "client",
        "10",
        {"legal_name": "Else too"},
        1,
        same_as=Golden.objects.get(pk=first).code,
    )
    steward.split(first, [record], STEWARD)
    assert hub.home("erp", "9") == a.pk, "a merge that was undone is nobody's home"


def test_what_a_split_refuses(four: list[Golden]) -> None:
    a, b, *_ = (golden.pk for golden in four)
    own, other = hub.held("crm", "0").id, hub.held("crm", "1").id
    for records, error in (([], Refused), ([other], Refused), ([own], Refused)):
        with pytest.raises(error):
            merging.split(a, records, STEWARD)
    with pytest.raises(NotFound):
        merging.split(uuid4(), [own], STEWARD)
    steward.merge(a, [b], STEWARD)
    with pytest.raises(VersionConflict):
        merging.split(a, [own], STEWARD, expected=1)
    with pytest.raises(Conflict):
        merging.split(b, [other], STEWARD)


def test_a_merge_withdraws_every_no_match_between_those_it_joins(four: list[Golden]) -> None:
    a, b, c, _ = (golden.pk for golden in four)
    merge = steward.merge(b, [c], STEWARD).merges[0]
    steward.undo(merge.id, STEWARD)
    records = [hub.held("crm", number).id for number in "12"]
    assert decisions.between(records[:1], records[1:], DecisionKind.NO_MATCH)
    steward.merge(a, [b, c], STEWARD)
    assert not decisions.between(records[:1], records[1:], DecisionKind.NO_MATCH)


def test_references_by_golden_id_follow_every_merge_and_undo(four: list[Golden]) -> None:
    a, b, c, _ = (golden.pk for golden in four)
    said = {"title": "Works", "client": {"golden_id": str(a)}}
    contract = golden_of(put("crm", "contract", "1", said, 1)).pk

    def refers_to() -> UUID:
        return UUID(hub.document(contract)["client"])

    first = steward.merge(b, [a], STEWARD).merges[0]
    assert refers_to() == b
    second = steward.merge(c, [b], STEWARD).merges[0]
    assert refers_to() == c
    steward.undo(first.id, STEWARD)
    assert refers_to() == a
    steward.undo(second.id, STEWARD)
    assert refers_to() == a
    hub.assert_sound()


def test_dependants_beyond_the_limit_are_marked_due(
    four: list[Golden], monkeypatch: pytest.MonkeyPatch
) -> None:
    from canonical.golden import due
    from canonical.identity import linking

    a, b, *_ = (golden.pk for golden in four)
    for number in range(4):
        said = {"title": f"Contract {number}", "client": {"source_id": "1"}}
        put("crm", "contract", str(number), said, 1)
    monkeypatch.setattr(linking, "DEPENDANTS_AT_ONCE", 1)
    steward.merge(a, [b], STEWARD)
    assert RecomputeDue.objects.count() == 3
    assert len(due.work_off()) == 3
    hub.assert_sound()
    referring = [hub.document(hub.home("crm", str(n), "contract"))["client"] for n in range(4)]
    assert referring == [str(a)] * 4


def test_the_tree_lists_what_can_be_undone(four: list[Golden]) -> None:
    a, b, c, d = (golden.pk for golden in four)
    low = steward.merge(b, [c], STEWARD).merges[0]
    high = steward.merge(a, [b, d], STEWARD).merges
    assert [row.id for row in merging.tree(a)] == [*(row.id for row in high), low.id]
    steward.undo(low.id, STEWARD)
    assert [row.id for row in merging.tree(a)] == [row.id for row in high]
