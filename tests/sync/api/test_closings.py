"""Closing calendars over HTTP, by the examples of the document."""

from __future__ import annotations

from typing import Any

import pytest

from canonical import configuration
from canonical.models import LegalEntity, Term, Vocabulary
from sync.models import ClosingCalendar
from tests.canonical.api.conftest import Caller
from tests.openapi import document
from tests.sync.api.source import fits

LIST = "/api/v1/closing-calendars"
ONE = f"{LIST}/{{legal_entity}}"


@pytest.fixture
def _entity(db: None) -> None:
    vocabulary = Vocabulary.objects.get(pk="legal_entity")
    term = Term.objects.create(vocabulary=vocabulary, code="DE01", label="Muster GmbH")
    LegalEntity.objects.create(term=term, name="Muster GmbH", country="DE", currency="EUR")
    configuration.touch()


def example() -> Any:
    return document()["paths"][ONE]["put"]["requestBody"]["content"]["application/json"]["example"]


@pytest.mark.usefixtures("_entity")
def test_a_calendar_is_set_read_and_taken_away(caller: Caller) -> None:
    client = caller("sync", "admin")
    url = f"{LIST}/DE01"
    made = client.put(url, example(), "application/json")
    assert fits(ONE, "put", made)["windows"] == example()["windows"]
    assert fits(ONE, "get", client.get(url))["legal_entity"] == "DE01"
    [listed] = fits(LIST, "get", client.get(LIST))["results"]
    assert listed["updated_by"] == ClosingCalendar.objects.get().updated_by
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


@pytest.mark.usefixtures("_entity")
@pytest.mark.parametrize(
    ("windows", "pointer"),
    [
        (None, "/windows"),
        ([{}], "/windows/0/rrule"),
        ([{**{"rrule": "FREQ=MONTHLY", "starts": "2026-01-31T18:00", "minutes": 60},
           "time_zone": "Mars/Olympus"}], "/windows/0/time_zone"),
    ],
)  # fmt: skip
def test_what_cannot_be_evaluated_is_refused(caller: Caller, windows: Any, pointer: str) -> None:
    answer = caller("admin").put(f"{LIST}/DE01", {"windows": windows}, "application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_only_a_known_legal_entity_and_an_administrator(caller: Caller) -> None:
    answer = caller("admin").put(f"{LIST}/XX99", example(), "application/json")
    assert answer.status_code == 404
    answer = caller("sync").put(f"{LIST}/DE01", example(), "application/json")
    assert answer.status_code == 403
