"""Reference data edited by people: exactly the records that carry a word follow."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from canonical.governance import reference_data
from canonical.models import Change, Crosswalk, Golden, RecomputeDue, Term, WorkItem
from tests.factories.firm import Firm, send

pytestmark = pytest.mark.django_db


def quillfeather() -> Golden:
    return Golden.objects.get(client__legal_name="Quillfeather & Moss")


def word(code: str = "prospect", value: str = "luke-warm") -> Crosswalk:
    term = Term.objects.get(vocabulary="client_status", code=code)
    return Crosswalk(system_id="crm", vocabulary_id="client_status", value=value, term=term)


def test_a_word_is_explained_and_its_carriers_follow(
    firm: Firm, django_capture_on_commit_callbacks: object
) -> None:
    versions = Change.objects.count()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert reference_data.save_crosswalk(word()) == 1
    assert quillfeather().client.client_status == "prospect"
    assert Change.objects.count() == versions + 1
    subject = "crm/client_status/luke-warm"
    assert WorkItem.objects.get(subject=subject).state == "done"
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert reference_data.delete_crosswalk(Crosswalk.objects.get(value="luke-warm")) == 1
    assert quillfeather().client.client_status is None


def test_a_changed_word_frees_those_that_said_the_old_one(firm: Firm) -> None:
    row = word()
    reference_data.save_crosswalk(row)
    RecomputeDue.objects.all().delete()
    row.value = "tepid"
    assert reference_data.save_crosswalk(row) == 1
    assert list(RecomputeDue.objects.values_list("golden", flat=True)) == [quillfeather().pk]


def test_a_label_moves_nobody_and_an_inactive_term_its_carriers(firm: Firm) -> None:
    send("crm", "client", "A-3", legal_name="Harbour & Finch", client_status="prospect")
    term = Term.objects.get(vocabulary="client_status", code="prospect")
    term.label = "Maybe"
    assert reference_data.save_term(term) == 0
    term.active = False
    assert reference_data.save_term(term) == 1


def test_what_the_database_refuses_leaves_no_trace(firm: Firm) -> None:
    reference_data.save_crosswalk(word())
    RecomputeDue.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        reference_data.save_crosswalk(word("active"))
    assert not RecomputeDue.objects.exists()
