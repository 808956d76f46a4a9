"""The ids that targets give to our records."""

from __future__ import annotations

from uuid import UUID

import pytest

from canonical.identity.merging import merge, undo
from canonical.identity.registration import TargetId, register
from canonical.models import Change, Golden, Link, LinkCause, System
from tests.factories import hub

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _hub() -> None:
    hub.open_hub()
    System.objects.create(code="target", name="Target")


def tell(*pairs: tuple[Golden, str]) -> list[TargetId]:
    ids = [TargetId("client", golden.pk, name) for golden, name in pairs]
    return register("target", ids, hub.STEWARD)


def ids_of(golden: UUID) -> list[str]:
    links = Link.objects.filter(golden=golden, record__system="target", until__isnull=True)
    return sorted(links.values_list("record__source_id", flat=True))


def test_an_id_is_linked_and_says_nothing() -> None:
    acme = hub.client("Acme Holdings")
    before = hub.document(acme)
    assert tell((acme, "T-1")) == []
    record = hub.held("target", "T-1")
    assert (record.contributes, record.primary, record.current) == (False, True, None)
    after = hub.document(acme)
    assert after == {**before, "sources": [*before["sources"],
                                           {"system": "target", "source_id": "T-1"}]}  # fmt: skip
    assert Change.objects.filter(golden=acme).latest("version").kind == "linked"
    hub.assert_sound()


def test_telling_it_again_changes_nothing() -> None:
    acme = hub.client("Acme Holdings")
    tell((acme, "T-1"))
    before = hub.contents()
    assert tell((acme, "T-1")) == []
    assert hub.contents() == before
    assert Link.objects.filter(cause=LinkCause.REGISTERED).count() == 1


def test_an_id_of_another_record_keeps_its_link_and_is_told() -> None:
    acme, other = hub.client("Acme Holdings"), hub.client("Brightwater Mining")
    tell((acme, "T-1"))
    [claimed] = tell((other, "T-1"))
    assert claimed.golden == other.pk
    assert (ids_of(acme.pk), ids_of(other.pk)) == (["T-1"], [])
    hub.assert_sound()


def test_many_are_told_at_once_and_one_that_was_merged_goes_to_its_survivor() -> None:
    acme, other = hub.client("Acme Holdings"), hub.client("Brightwater Mining")
    third = hub.client("Cobalt Retail")
    merge(acme.pk, [other.pk], hub.STEWARD)
    tell((acme, "T-1"), (other, "T-2"), (third, "T-3"))
    assert (ids_of(acme.pk), ids_of(third.pk)) == (["T-1", "T-2"], ["T-3"])
    hub.assert_sound()


def test_merges_and_their_undo_move_it_like_any_other() -> None:
    acme, other = hub.client("Acme Holdings"), hub.client("Brightwater Mining")
    tell((acme, "T-1"), (other, "T-2"))
    outcome = merge(acme.pk, [other.pk], hub.STEWARD)
    assert ids_of(acme.pk) == ["T-1", "T-2"]
    undo(outcome.merges[0].pk, hub.STEWARD)
    assert (ids_of(acme.pk), ids_of(other.pk)) == (["T-1"], ["T-2"])
    hub.assert_sound()


def test_it_contributes_from_the_day_its_system_speaks_of_it() -> None:
    acme = hub.client("Acme Holdings")
    tell((acme, "T-1"))
    answer = hub.put(
        "target", "client", "T-1", {"legal_name": "Acme Holdings", "duns": "315000001"}
    )
    assert answer.outcome == "updated"
    assert hub.home("target", "T-1") == acme.pk
    assert hub.held("target", "T-1").contributes
    assert hub.document(acme)["duns"] == "315000001"
    hub.assert_sound()
