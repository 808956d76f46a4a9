"""Before a model goes live the hub says what it would change."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command

from matching.engine.batch import dedupe
from matching.engine.model import default_model
from matching.learning.impact import impact
from matching.learning.learn import keep, population
from matching.models import MatchModel
from matching.profiles import profile_for
from tests.factories import hub
from tests.factories.hub import client, home, put

pytestmark = pytest.mark.django_db

CLIENT = profile_for("client")
GLOBEX = {"legal_name": "Globex Corporation", "website": "https://www.globex.com"}


@pytest.fixture(autouse=True)
def firms() -> None:
    hub.open_hub()
    client("Globex Corporation", source_id="1", website="https://www.globex.com")
    put("erp", "client", "1", {**GLOBEX, "industry": ""}, 1)
    client("Initech Systems", source_id="2")


def test_a_model_that_doubts_everything_would_split_and_empty_values() -> None:
    people = population(CLIENT)
    model = default_model(CLIENT)
    doubting = replace(model, prior=-40 * 1024)
    before, after = (dedupe(CLIENT, people.frame, m) for m in (model, doubting))
    found = impact("client", people.records, before, after)
    assert (found.places, found.goldens) == (1, 1)
    [place] = found.shown
    assert (place.before, place.after) == (1, 2)
    assert place.goldens == (home("crm", "1"),)
    assert found.value == 0


def test_an_equal_model_would_change_nothing() -> None:
    people = population(CLIENT)
    result = dedupe(CLIENT, people.frame, default_model(CLIENT))
    found = impact("client", people.records, result, result)
    assert (found.places, found.shown, found.goldens) == (0, (), 0)


def test_training_in_the_hub_tells_what_would_change_and_an_older_model_can_come_back() -> None:
    doubting = replace(default_model(CLIENT), prior=-40 * 1024)
    keep(doubting, "test", activate=True)
    out = StringIO()
    call_command("train", "--entity", "clients", "--activate", stdout=out)
    said = out.getvalue()
    assert "1 golden records concerned in 1 places" in said
    assert "2 become 1" in said
    keep(doubting, "test", activate=True)
    assert MatchModel.objects.get(active=True).version == doubting.version
