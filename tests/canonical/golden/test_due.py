"""The queue of later recomputes: nothing marked is lost, nothing is recomputed for nothing."""

from __future__ import annotations

from typing import Any

import pytest

from canonical.golden import due, recompute
from canonical.identity import linking
from canonical.models import Change, Client, Golden, RecomputeDue
from tests.factories import hub
from tests.factories.hub import client

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Golden:
    hub.open_hub()
    return client("Acme Mining", source_id="1")


def test_what_is_due_is_worked_off_once_and_changes_only_what_differs(acme: Golden) -> None:
    other = client("Borealis Shipping")
    Client.objects.filter(pk=acme.pk).update(legal_name="Evil")
    Golden.objects.filter(pk=acme.pk).update(content_hash="")
    linking.mark_due([acme.pk, other.pk], "test", acme.created_at)
    assert due.pending([acme.pk]) == {acme.pk}
    assert set(due.work_off()) == {acme.pk, other.pk}
    assert due.work_off() == []
    assert dict(Golden.objects.values_list("id", "version")) == {acme.pk: 2, other.pk: 1}
    hub.assert_sound()


def test_a_mark_set_while_a_record_is_recomputed_is_kept(
    acme: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = recompute.compute

    def and_meanwhile(*given: Any, **named: Any) -> Any:
        found = real(*given, **named)
        linking.mark_due([acme.pk], "meanwhile", acme.created_at)
        return found

    monkeypatch.setattr(recompute, "compute", and_meanwhile)
    hub.put("crm", "client", "1", {"legal_name": "Acme Holding"}, 2)
    assert RecomputeDue.objects.get().reason == "meanwhile"


def test_marking_twice_keeps_the_first_mark(acme: Golden) -> None:
    for reason in ("first", "second"):
        linking.mark_due([acme.pk], reason, acme.created_at)
    assert RecomputeDue.objects.get().reason == "first"


def test_a_whole_population_can_be_marked(acme: Golden) -> None:
    client("Borealis Shipping")
    assert due.mark_all(Golden.objects.filter(entity="client"), "policy") == 2
    assert len(due.work_off(limit=1)) == 2, "a chunk is worked off whole"
    assert Change.objects.count() == 2
