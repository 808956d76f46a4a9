"""Systems' words over HTTP: what is unexplained, and mapping a word after a look."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from canonical.models import AuditEntry, Crosswalk, System, Term, WorkItem
from tests.canonical.api.conftest import Caller
from tests.factories import hub

pytestmark = pytest.mark.django_db
URL = "/api/v1/vocabularies/client_status"
WORD = f"{URL}/words/crm/luke-warm"


@pytest.fixture
def crm(caller: Caller) -> Client:
    """A steward's credential of a system that says a word nobody knows."""
    hub.open_hub()
    hub.put("crm", "client", "A-1", {"legal_name": "Quillfeather", "client_status": "luke-warm"})
    hub.put("erp", "client", "E-1", {"legal_name": "Ostwind Werft", "client_status": "prospect?"})
    return caller("steward", "read", system="crm")


def put(caller: Client, url: str = WORD, **body: Any) -> Any:
    return caller.put(url, body, "application/json")


def status_of(source_id: str) -> Any:
    return hub.document(hub.home("crm", source_id)).get("client_status")


def test_unexplained_words_come_with_what_they_may_mean(crm: Client, caller: Caller) -> None:
    [word] = crm.get(f"{URL}/unmapped").json()["results"]
    assert (word["system"], word["value"], word["records"]) == ("crm", "luke-warm", 1)
    [other] = caller("read", system="erp").get(f"{URL}/unmapped").json()["results"]
    assert other["suggestions"][0]["term"] == "prospect"
    assert crm.get(f"{URL}/unmapped", {"system": "erp"}).status_code == 404
    assert crm.get("/api/v1/vocabularies/nonsense/unmapped").status_code == 404


def test_unexplained_words_come_page_by_page(crm: Client) -> None:
    for number in range(3):
        data = {"legal_name": f"Zephyr {number}", "client_status": f"grade {number}"}
        hub.put("crm", "client", f"B-{number}", data)
    seen, url = [], f"{URL}/unmapped?limit=1"
    while url:
        page = crm.get(url).json()
        seen += [word["value"] for word in page["results"]]
        url = page["next"]
    assert seen == ["grade 0", "grade 1", "grade 2", "luke-warm"]


def test_a_preview_tells_what_a_word_changes_and_writes_nothing(crm: Client) -> None:
    told = put(crm, term="prospect", preview=True).json()
    assert (told["preview"], told["golden_records"], told["effect"]["records"]) == (True, 1, 1)
    [changed] = told["effect"]["changed"]
    assert changed["values"] == {"client_status": {"before": None, "after": "prospect"}}
    assert not Crosswalk.objects.filter(value="luke-warm").exists()
    assert status_of("A-1") is None


def test_a_word_is_mapped_its_item_closed_and_freed_again(
    crm: Client, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        told = put(crm, term="prospect", outbound=True, reason="so sales says").json()
    assert told["word"] == {
        "system": "crm",
        "value": "luke-warm",
        "outbound": True,
        "term": "prospect",
    }
    assert (status_of("A-1"), told["effect"]) == ("prospect", None)
    assert WorkItem.objects.get(subject="crm/client_status/luke-warm").state == "done"
    assert AuditEntry.objects.get().reason == "so sales says"
    rows = crm.get(URL, {"system": "crm"}).json()["crosswalk"]
    assert rows == [{"value": "luke-warm", "term": "prospect", "outbound": True}]
    with django_capture_on_commit_callbacks(execute=True):
        freed = crm.delete(WORD, {"reason": "a mistake"}, "application/json").json()
    assert (freed["word"], freed["golden_records"]) == (None, 1)
    assert status_of("A-1") is None
    assert crm.delete(WORD).status_code == 404


def test_a_word_may_hold_what_an_address_does_not(crm: Client) -> None:
    answer = put(crm, f"{URL}/words/crm/A%2FB%20%C3%A4%3F", term="prospect", reason="x")
    assert answer.status_code == 200, answer.content
    assert Crosswalk.objects.get().value == "A/B ä?"


@pytest.mark.parametrize(
    ("url", "body", "status", "pointer"),
    [
        (WORD, {"reason": "x"}, 400, "/term"),
        (WORD, {"term": "prospect"}, 400, "/reason"),
        (WORD, {"term": "nonsense", "reason": "x"}, 422, "/term"),
        (WORD, {"term": "old", "reason": "x"}, 422, None),
        (WORD, {"term": "old", "preview": True}, 422, None),
        (f"{URL}/words/crm/{'x' * 256}", {"term": "prospect", "reason": "x"}, 404, None),
        (f"{URL}/words/erp/warm", {"term": "prospect", "reason": "x"}, 404, None),
    ],
)
def test_what_makes_no_sense_is_refused(
    crm: Client, url: str, body: dict[str, Any], status: int, pointer: str | None
) -> None:
    Term.objects.create(vocabulary_id="client_status", code="old", active=False)
    answer = put(crm, url, **body)
    assert answer.status_code == status, answer.content
    assert pointer in [None, *(each["pointer"] for each in answer.json()["errors"])]


def test_who_only_reads_maps_nothing(caller: Caller) -> None:
    System.objects.get_or_create(code="crm", defaults={"name": "CRM"})
    answer = put(caller("read"), term="prospect", reason="x")
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient-scope")
