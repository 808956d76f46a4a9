"""Reference data: what a word's change tells beforehand is what then happens, and no more."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from canonical.governance import words
from canonical.models import (
    AuditEntry,
    Change,
    Crosswalk,
    RecomputeDue,
    Term,
    UnmappedValue,
    Vocabulary,
    WorkItem,
)
from tests.factories.firm import Firm, SignIn, send

pytestmark = pytest.mark.django_db
STATUS = "client_status"


def address(name: str = "vocabulary") -> str:
    return reverse(f"console:{name}", args=[STATUS])


def test_a_vocabulary_has_a_column_per_system_and_suggestions(firm: Firm, sign_in: SignIn) -> None:
    prospect = Term.objects.get(vocabulary=STATUS, code="prospect")
    Crosswalk.objects.create(
        system_id="erp", vocabulary_id=STATUS, value="PROSPECTIVE", term=prospect, outbound=True
    )
    send("crm", "client", "A-3", legal_name="Delta AG", client_status="Prospekt")
    text = sign_in("steward").get(address()).content.decode()
    for said in ("ERP", "CRM", "PROSPECTIVE", "luke-warm", "Prospekt", "% like"):
        assert said in text
    grid = words.grid(STATUS)
    found = {word.value: word for word in grid.unmapped}
    assert found["Prospekt"].suggestions[0].term == prospect
    assert (found["Prospekt"].records, found["Prospekt"].goldens) == (1, 1)


def test_exactly_the_carriers_recompute(
    firm: Firm, sign_in: SignIn, django_capture_on_commit_callbacks: Any
) -> None:
    for number in range(4):
        send("crm", "client", f"W-{number}", legal_name=f"Word {number} AG", client_status="warm")
    send("erp", "client", "W-9", legal_name="Other words AG", client_status="warm")
    browser = sign_in("steward")
    form = {"system": "crm", "value": "warm", "term": "prospect"}
    before = Change.objects.count()
    text = browser.post(address("word"), form).content.decode()
    assert "4 golden records will be recomputed" in text
    assert "4 source records say the word" in text
    assert "4 come out otherwise" in text
    assert Change.objects.count() == before
    assert not Crosswalk.objects.exists()
    confirmed = {**form, "step": "confirm", "reason": "they mean so"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(address("word"), confirmed, follow=True)
    assert "4 golden records were recomputed" in answer.content.decode()
    assert Change.objects.count() == before + 4
    assert not RecomputeDue.objects.exists()
    assert UnmappedValue.objects.filter(value="warm").count() == 1
    assert not WorkItem.objects.filter(subject=f"crm/{STATUS}/warm", state="open").exists()
    entry = AuditEntry.objects.get()
    assert (entry.kind, entry.reason, entry.facts) == (
        "word_mapped", "they mean so", {"goldens": 4},
    )  # fmt: skip


def test_a_word_is_unmapped_again(
    firm: Firm, sign_in: SignIn, django_capture_on_commit_callbacks: Any
) -> None:
    browser = sign_in("steward")
    form = {"system": "crm", "value": "luke-warm", "term": "prospect", "reason": "so"}
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(address("word"), {**form, "step": "confirm"})
    assert not UnmappedValue.objects.filter(value="luke-warm").exists()
    text = browser.get(address("word"), {**form, "free": "1"}).content.decode()
    assert "1 golden record will be recomputed" in text
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(address("word"), {**form, "free": "1", "step": "confirm"})
    assert UnmappedValue.objects.filter(value="luke-warm").exists()
    assert not Crosswalk.objects.exists()


def test_one_word_goes_out_for_a_term(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")
    form = {"system": "crm", "term": "prospect", "reason": "so", "step": "confirm", "outbound": "1"}
    for value in ("luke-warm", "warmish"):
        browser.post(address("word"), {**form, "value": value})
    assert list(Crosswalk.objects.filter(outbound=True).values_list("value", flat=True)) == [
        "warmish"
    ]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"system": "crm", "value": "luke-warm", "term": ""}, "Choose the term"),
        ({"system": "nobody", "value": "x", "term": "prospect"}, "names no word"),
        ({"system": "crm", "value": "", "term": "prospect"}, "names no word"),
        ({"system": "crm", "value": "x", "free": "1"}, "is not mapped"),
        ({"system": "crm", "value": "x", "term": "prospect", "step": "confirm"}, "Say why"),
    ],
)
def test_what_makes_no_sense_is_refused(
    firm: Firm, sign_in: SignIn, form: dict[str, str], said: str
) -> None:
    answer = sign_in("steward").post(address("word"), form, follow=True)
    assert said in answer.content.decode()
    assert not Crosswalk.objects.exists()


def test_only_stewards_map(firm: Firm, sign_in: SignIn) -> None:
    for group in ("finance", "integrator", "auditor"):
        browser = sign_in(group)
        assert browser.get(address()).status_code == 200
        assert browser.post(address("word"), {}).status_code == 403


def test_the_pages_ask_as_much_for_many_words_as_for_few(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("steward")

    def asked(where: str) -> int:
        browser.get(where)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(where).status_code == 200
        return len(queries)

    few = [asked(address()), asked(reverse("console:vocabularies"))]
    for number in range(5):
        send("erp", "client", f"N-{number}", legal_name=f"N {number}", client_status=f"w{number}")
    assert [asked(address()), asked(reverse("console:vocabularies"))] == few


def test_every_vocabulary_opens(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("auditor")
    for vocabulary in Vocabulary.objects.all():
        where = reverse("console:vocabulary", args=[vocabulary.pk])
        assert browser.get(where).status_code == 200
    text = browser.get(reverse("console:vocabularies")).content.decode()
    assert re.search(r"badge bad\">1<", text)
