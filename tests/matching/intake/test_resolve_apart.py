"""Records that one system itself keeps apart need more evidence than records of two systems."""

from __future__ import annotations

import pytest

from canonical import configuration
from canonical.access import of_hub
from canonical.models import System
from matching.intake.resolve import newcomer, place
from sync.inbound.arrivals import read_item
from sync.inbound.receive import receive

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def systems() -> None:
    for code in ("crm", "erp"):
        System.objects.create(code=code, name=code.upper())


def test_the_same_record_weighs_less_from_the_same_system() -> None:
    data = {"legal_name": "Globex Limited", "website": "globex.example"}
    item = read_item({"data": data}, "1")
    first = receive(of_hub("test"), "crm", "client", [item])[0]
    assert first.golden is not None

    weights = {}
    for system in ("crm", "erp"):
        seen = newcomer("client", first.golden.id, system, data)
        [placement] = place("client", [seen], configuration.stamp())
        found = placement.found or placement.questions[0].found
        weights[system] = found.weight

    assert weights["crm"] < weights["erp"]
