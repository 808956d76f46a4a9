"""Faults of the master data itself, by their numbers in the catalogue (F21 to F35)."""

from __future__ import annotations

import random
from itertools import permutations
from typing import Any

import pytest

from canonical.golden import due
from canonical.models import Golden, SourceReference, WorkItem, WorkKind
from matching.models import Review
from matching.questions import stewardship as steward
from tests.factories import hub
from tests.factories.hub import STEWARD, client, delete, golden_of, put

pytestmark = pytest.mark.django_db

TAX = {"country": "GB", "value": "GB980780684"}


@pytest.fixture(autouse=True)
def _hub() -> None:
    hub.open_hub()


def test_f21_of_versions_in_any_order_the_newest_stands() -> None:
    versions = list(range(1, 41))
    random.Random(21).shuffle(versions)
    outcomes = [
        put("crm", "client", "1", {"legal_name": "Acme", "duns": str(v)}, v).outcome
        for v in versions
    ]
    assert hub.document(hub.home("crm", "1"))["duns"] == "40"
    assert hub.held("crm", "1").versions.count() == 40
    assert outcomes.count("stale") == 40 - outcomes.count("updated") - outcomes.count("created")
    hub.assert_sound()


@pytest.mark.parametrize("order", list(permutations(["Acme", "Acme Holding", "Acme Group"])))
def test_f22_contents_of_one_version_settle_by_a_rule_and_are_reported(
    order: tuple[str, ...],
) -> None:
    for name in order:
        put("erp", "client", "1", {"legal_name": name}, 7)
    newest = max(hub.held("erp", "1").versions.all(), key=lambda version: version.digest)
    assert hub.document(hub.home("erp", "1"))["legal_name"] == newest.values["legal_name"]
    assert WorkItem.objects.filter(kind=WorkKind.VERSION_CONFLICT, state="open").count() == 1


def test_f27_an_undo_after_updates_brings_each_record_home_with_its_newest_values() -> None:
    a, b = client("Acme Mining", source_id="1"), client("Borealis Shipping", source_id="2")
    merge = steward.merge(a.pk, [b.pk], STEWARD).merges[0]
    put("crm", "client", "2", {"legal_name": "Borealis Lines", "email": "x@b.example"}, 5)
    put("crm", "client", "1", {"legal_name": "Acme Digging"}, 5)
    steward.undo(merge.id, STEWARD)
    assert hub.document(a)["legal_name"] == "Acme Digging"
    assert hub.document(b)["legal_name"] == "Borealis Lines"
    assert "email" not in hub.document(a)
    hub.assert_sound()


def test_f28_an_id_answers_with_one_living_record_whatever_is_undone_in_the_middle() -> None:
    a, b, c = client("Acme Mining"), client("Borealis Shipping"), client("Cobalt Foods")
    lower = steward.merge(b.pk, [a.pk], STEWARD).merges[0]
    steward.merge(c.pk, [b.pk], STEWARD)
    steward.undo(lower.id, STEWARD)
    states = dict(Golden.objects.values_list("id", "merged_into_id"))
    assert states == {a.pk: None, b.pk: c.pk, c.pk: None}
    assert hub.document(a)["legal_name"] == "Acme Mining"
    hub.assert_sound()


def test_f29_what_was_unmerged_is_never_joined_again_by_automation() -> None:
    same = {"legal_name": "Acme Mining", "tax_ids": [TAX]}
    a = golden_of(put("crm", "client", "1", same, 1))
    b = golden_of(put("erp", "client", "1", {"legal_name": "Borealis Shipping"}, 1))
    merge = steward.merge(a.pk, [b.pk], STEWARD).merges[0]
    steward.undo(merge.id, STEWARD)
    for order in (2, 3):
        put("erp", "client", "1", {**same, "duns": str(order)}, order)
        put("crm", "client", "1", {**same, "duns": str(order)}, order)
    assert (hub.home("crm", "1"), hub.home("erp", "1")) == (a.pk, b.pk)
    assert not Review.objects.filter(state="open").exists(), "a person has said no"


@pytest.mark.parametrize(
    "order",
    list(permutations([("put", 1), ("put", 3), ("delete", 4), ("put", 6), ("delete", 6)]))[::7],
)
def test_f31_a_deletion_wins_by_order_and_a_return_needs_a_higher_version(
    order: tuple[tuple[str, int], ...],
) -> None:
    for verb, version in order:
        if verb == "put":
            put("crm", "client", "1", {"legal_name": f"Acme {version}"}, version)
        else:
            delete("crm", "client", "1", version)
    assert hub.held("crm", "1").state == "retired"
    assert Golden.objects.get().state == "retired"
    put("crm", "client", "1", {"legal_name": "Acme"}, 7)
    assert Golden.objects.get().state == "active"
    hub.assert_sound()


FAMILY: dict[str, tuple[str, dict[str, Any]]] = {
    "client": ("client", {"legal_name": "Acme Mining"}),
    "contract": ("contract", {"title": "Works", "client": {"source_id": "client"}}),
    "engagement": (
        "engagement",
        {
            "name": "Digging",
            "client": {"source_id": "client"},
            "contracts": [{"source_id": "contract"}],
        },
    ),
    "schedule": (
        "billing_schedule",
        {
            "name": "Plan",
            "contract": {"source_id": "contract"},
            "bill_to_client": {"source_id": "client"},
        },
    ),
}


@pytest.mark.parametrize("order", list(permutations(FAMILY)))
def test_f33_children_wait_for_their_parents_in_every_order(order: tuple[str, ...]) -> None:
    for name in order:
        entity, data = FAMILY[name]
        answer = put("crm", entity, name, data, 1)
        assert answer.outcome == "created"
        known = set(order[: order.index(name)])
        waits = {r["source_id"] for r in _references(data)} - known
        assert bool(answer.pending_references) == bool(waits)
    assert not SourceReference.objects.filter(pending=True).exists()
    homes = {name: str(hub.home("crm", name, FAMILY[name][0])) for name in FAMILY}
    engagement = hub.document(Golden.objects.get(entity="engagement"))
    assert (engagement["client"], engagement["contracts"]) == (homes["client"], [homes["contract"]])
    hub.assert_sound()


def _references(data: dict[str, Any]) -> list[dict[str, str]]:
    flat = [v for value in data.values() for v in (value if isinstance(value, list) else [value])]
    return [value for value in flat if isinstance(value, dict)]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_f34_cycles_of_parents_are_taken_as_data(size: int) -> None:
    for number in range(size):
        parent = {"source_id": str((number + 1) % size)}
        put("crm", "client", str(number), {"legal_name": f"Firm {number} Ltd", "parent": parent}, 1)
    for number in range(size):
        parent_home = str(hub.home("crm", str((number + 1) % size)))
        assert hub.document(hub.home("crm", str(number)))["parent"] == parent_home
    due.work_off()
    hub.assert_sound()


def test_f35_a_parent_merged_while_the_child_waits_is_the_survivor() -> None:
    survivor = client("Borealis Shipping", source_id="2")
    child = golden_of(
        put(
            "psa",
            "contract",
            "9",
            {"title": "Works", "client": {"system": "crm", "source_id": "1"}},
        )
    )
    assert "client" not in hub.document(child)
    parent = client("Acme Mining", source_id="1")
    merge = steward.merge(survivor.pk, [parent.pk], STEWARD).merges[0]
    assert hub.document(child)["client"] == str(survivor.pk)
    steward.undo(merge.id, STEWARD)
    assert hub.document(child)["client"] == str(parent.pk)
    hub.assert_sound()


def test_f29_holds_for_every_record_of_the_two() -> None:
    same = {"legal_name": "Acme Mining", "tax_ids": [TAX]}
    a = golden_of(put("crm", "client", "1", same, 1))
    put("psa", "client", "1", {"legal_name": "Acme Digging"}, same_as=a.code)
    b = golden_of(put("erp", "client", "1", {"legal_name": "Borealis Shipping"}, 1))
    put("crm", "client", "9", {"legal_name": "Borealis Lines"}, 1, same_as=b.code)
    merge = steward.merge(a.pk, [b.pk], STEWARD).merges[0]
    steward.undo(merge.id, STEWARD)
    for system, source_id in (("psa", "1"), ("erp", "1"), ("crm", "9")):
        put(system, "client", source_id, same, 5)
    assert Golden.objects.filter(state="active").count() == 2
    assert not Review.objects.filter(state="open", kind="possible_match").exists()
