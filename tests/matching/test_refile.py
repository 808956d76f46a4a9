"""After an upgrade of the normaliser every record is found again."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from matching.models import MatchFeatures, MatchKey
from tests.factories import hub
from tests.factories.hub import client, home, put

pytestmark = pytest.mark.django_db


def test_records_filed_by_an_older_normaliser_are_found_again() -> None:
    hub.open_hub()
    told = {"legal_name": "Globex Corporation", "website": "https://www.globex.com"}
    client("Globex Corporation", source_id="1", website="https://www.globex.com")
    MatchFeatures.objects.update(packed=b"0/0\x1dclient")
    MatchKey.objects.all().delete()
    call_command("refile")
    assert MatchKey.objects.exists()
    put("erp", "client", "2", {**told, "duns": ""}, 1)
    assert home("erp", "2") == home("crm", "1")
