"""The door in: what becomes of a record that comes twice, late, broken, deleted or declared."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from django.db import IntegrityError

from canonical.models import (
    Change,
    Golden,
    Link,
    SourceRecord,
    SourceVersion,
    WorkItem,
    WorkKind,
)
from matching.engine import normalise
from matching.models import MatchFeatures, MatchKey, Review
from matching.questions import review
from matching.questions import stewardship as steward
from sync.inbound.receive import receive
from tests.factories import hub
from tests.factories.hub import STEWARD, client, delete, golden_of, put

pytestmark = pytest.mark.django_db

TAX = {"country": "GB", "value": "GB980780684"}
ACME = {"legal_name": "Acme Mining", "email": "desk@acme.example"}


@pytest.fixture(autouse=True)
def _hub() -> None:
    hub.open_hub()


def state() -> tuple[int, int, list[Any], list[Any]]:
    """How much is stored: versions, changes, and all that matching knows."""
    keys = sorted(MatchKey.objects.values_list("key", "record"))
    features = sorted(MatchFeatures.objects.values_list("record", flat=True))
    return SourceVersion.objects.count(), Change.objects.count(), keys, features


def test_the_same_record_twice_changes_nothing_and_stays_findable() -> None:
    put("crm", "client", "1", ACME, 1)
    before = state()
    assert put("crm", "client", "1", ACME, 1).outcome == "unchanged"
    assert state() == before


def test_a_newer_version_of_equal_content_makes_no_new_golden_version() -> None:
    put("crm", "client", "1", ACME, 1)
    again = put("crm", "client", "1", ACME, 2)
    assert (again.outcome, golden_of(again).version) == ("unchanged", 1)
    assert hub.held("crm", "1").versions.count() == 2


def test_an_older_version_is_kept_and_not_applied() -> None:
    put("crm", "client", "1", ACME, 5)
    late = put("crm", "client", "1", {"legal_name": "Acme Digging"}, 3)
    assert (late.outcome, golden_of(late).version) == ("stale", 1)
    assert hub.document(golden_of(late))["legal_name"] == "Acme Mining"
    assert SourceVersion.objects.count() == 2


@pytest.mark.parametrize("swapped", [False, True])
def test_two_contents_of_one_version_settle_alike_in_either_order(swapped: bool) -> None:
    contents = [ACME, {"legal_name": "Acme Holding"}]
    for data in contents[:: -1 if swapped else 1]:
        answer = put("crm", "client", "1", data, 7)
    larger = max(hub.held("crm", "1").versions.all(), key=lambda version: version.digest)
    assert hub.held("crm", "1").current == larger
    assert "same_version_other_content" in {issue["code"] for issue in answer.issues}
    assert WorkItem.objects.filter(kind=WorkKind.VERSION_CONFLICT, state="open").count() == 1


def test_a_batch_may_hold_one_source_id_twice() -> None:
    items = [
        hub.item("crm", "1", ACME, 2),
        hub.item("crm", "2", {"legal_name": "Borealis Shipping"}, 1),
        hub.item("crm", "1", {"legal_name": "Acme Digging"}, 1),
        hub.item("crm", "1", {"legal_name": "Acme Mining Ltd"}, 3),
    ]
    answers = receive(hub.SENDER, "crm", "client", items)
    assert [a.outcome for a in answers] == ["created", "created", "stale", "updated"]
    assert hub.document(hub.home("crm", "1"))["legal_name"] == "Acme Mining Ltd"


def test_a_quarantined_update_leaves_the_last_good_values() -> None:
    put("crm", "client", "1", ACME, 1)
    bad = put("crm", "client", "1", {"client_status": "active"}, 2)
    assert bad.outcome == "quarantined"
    assert hub.held("crm", "1").state == "active"
    assert hub.document(golden_of(bad)) == hub.document(hub.home("crm", "1"))
    assert hub.document(hub.home("crm", "1"))["legal_name"] == "Acme Mining"


def test_what_is_quarantined_is_kept_once_and_leaves_the_worklist_when_it_heals() -> None:
    quarantined = WorkItem.objects.filter(kind=WorkKind.QUARANTINED, state="open")
    for _ in range(3):
        put("psa", "client", "1", {"client_status": "active"})
    assert (SourceVersion.objects.count(), quarantined.count()) == (1, 1)
    assert put("psa", "client", "1", ACME).outcome == "created"
    assert not quarantined.exists()
    assert hub.held("psa", "1").issues == []


def test_what_comes_late_heals_nothing() -> None:
    put("crm", "client", "1", {"client_status": "active"}, 5)
    assert put("crm", "client", "1", ACME, 3).outcome == "created"
    put("crm", "client", "1", {"client_status": "active"}, 7)
    assert put("crm", "client", "1", {**ACME, "duns": "1"}, 2).outcome == "stale"
    assert hub.held("crm", "1").issues
    assert WorkItem.objects.filter(kind=WorkKind.QUARANTINED, state="open").exists()


def test_a_deletion_may_come_before_the_record() -> None:
    assert delete("crm", "client", "1", 5).golden is None
    early = put("crm", "client", "1", ACME, 4)
    assert golden_of(early).state == "retired"
    revived = put("crm", "client", "1", ACME, 6)
    assert golden_of(revived).state == "active"
    assert Change.objects.filter(golden=golden_of(revived).pk).last().kind == "revived"  # type: ignore[union-attr]


def test_a_version_without_its_number_is_newer_than_all_that_is_held() -> None:
    put("crm", "client", "1", ACME, 3)
    delete("crm", "client", "1", 9)
    back = put("crm", "client", "1", ACME)
    assert golden_of(back).state == "active"
    assert "order_by_receipt" in {issue["code"] for issue in back.issues}


def test_declared_identity_follows_a_merge() -> None:
    acme, other = client("Acme Mining"), client("Zephyr Hotels")
    steward.merge(other.pk, [acme.pk], STEWARD)
    answer = put("erp", "client", "9", {"legal_name": "Quite Else"}, 1, same_as=acme.code)
    assert (answer.outcome, golden_of(answer).pk) == ("linked", other.pk)


@pytest.mark.parametrize("entity", ["client", "contract"])
def test_declared_identity_must_be_known(entity: str) -> None:
    code = client("Acme Mining").code if entity == "contract" else "CL-999999"
    data = {"legal_name": "x"} if entity == "client" else {"title": "x"}
    answer = put("erp", entity, "9", data, 1, same_as=code)
    assert answer.outcome == "refused"
    assert [fault.pointer for fault in answer.faults] == ["/same_as"]
    assert not SourceRecord.objects.filter(system="erp").exists()


@pytest.mark.parametrize("error", [ValueError, IntegrityError])
def test_f68_one_poisoned_record_is_quarantined_and_the_rest_goes_on(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = normalise.features

    def poisoned(profile: Any, values: Any) -> Any:
        if values.get("legal_name") == "Poison":
            raise error("boom")
        return real(profile, values)

    monkeypatch.setattr("matching.intake.resolve.features", poisoned)
    names = [*(f"Firm number {n}" for n in range(9)), "Poison", "Firm number 9"]
    items = [hub.item("crm", name, {"legal_name": name}, 1) for name in names]
    answers = receive(hub.SENDER, "crm", "client", items)
    assert [a.source_id for a in answers if a.outcome == "quarantined"] == ["Poison"]
    assert Link.objects.count() == 10
    assert hub.held("crm", "Poison").issues[0]["code"] == "poison"


def test_one_record_may_have_many_lines() -> None:
    lines = [
        {"grade": f"G{number}", "rate_unit": "HUR", "bill_rate": f"{number}.25"}
        for number in range(300)
    ]
    card = golden_of(put("crm", "rate_card", "1", {"name": "Standard", "lines": lines}, 1))
    assert len(hub.document(card)["lines"]) == 300
    hub.assert_sound()


def test_a_dry_run_tells_and_writes_nothing() -> None:
    answers = receive(hub.SENDER, "crm", "client", [hub.item("crm", "1", ACME, 1)], dry_run=True)
    assert answers[0].outcome == "created"
    assert not Golden.objects.exists()
    assert state() == (0, 0, [], [])


def asked() -> Review:
    """Two clients that share a tax id and hardly anything else."""
    client("Globex Limited", tax_ids=[TAX])
    put("erp", "client", "2", {"legal_name": "Vandelay Imports", "tax_ids": [TAX]}, 1)
    return Review.objects.get(state="open")


def test_what_waits_for_a_review_is_published_once_when_it_is_released() -> None:
    newcomer = Golden.objects.get(pk=asked().detail["newcomer"])
    assert newcomer.published_version is None
    assert not Change.objects.get(golden=newcomer.pk).published
    put("erp", "client", "2", {"legal_name": "Vandelay Import", "tax_ids": [TAX]}, 2)
    review.decide(Review.objects.get(state="open").pk, "no_match", STEWARD)
    review.settle([newcomer.pk], STEWARD)
    kinds = Change.objects.filter(golden=newcomer.pk).order_by("version")
    assert list(kinds.values_list("kind", "published")) == [
        ("created", False),
        ("updated", False),
        ("released", True),
    ]


@pytest.mark.parametrize("order", list(permutations(["put 2", "delete 4", "put 6"])))
def test_deletion_and_return_end_alike_in_every_order(order: tuple[str, ...]) -> None:
    for event in order:
        verb, number = event.split()
        if verb == "put":
            put("crm", "client", "1", ACME, int(number))
        else:
            delete("crm", "client", "1", int(number))
    assert hub.held("crm", "1").state == "active"
    assert Golden.objects.get().state == "active"
    hub.assert_sound()
