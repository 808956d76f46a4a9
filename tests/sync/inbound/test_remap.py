"""A new mapping version maps what is held again, without a new word from the system."""

from __future__ import annotations

from typing import Any

import pytest

from canonical.access import of_hub
from canonical.models import Client, SourceRecord, SourceVersion, System
from sync.inbound import catalogue
from sync.inbound.arrivals import read_item
from sync.inbound.receive import receive
from sync.inbound.remap import remap

pytestmark = pytest.mark.django_db

HUB = of_hub("test")


@pytest.fixture(autouse=True)
def crm() -> None:
    catalogue.forget()
    System.objects.create(code="crm", name="CRM")
    _activate({"to": "legal_name", "from": "Name"})


def _activate(*rules: dict[str, Any]) -> None:
    spec = {"system": "crm", "entity": "client", "version": 1, "rules": list(rules)}
    catalogue.save(spec, by="Ann")


def _put(source_id: str, at: str = "2026-01-02T03:04:05Z", **data: Any) -> str:
    item = read_item({"data": data, "modified_at": at}, source_id)
    return receive(HUB, "crm", "client", [item])[0].outcome


def test_values_follow_the_new_mapping_and_versions_stay() -> None:
    _put("1", Name="Globex Ltd", Site="globex.example")
    _activate({"to": "legal_name", "from": "Name"}, {"to": "website", "from": "Site"})

    assert remap(HUB, "crm", "client") == {"updated": 1}
    assert Client.objects.get().website == "globex.example"
    assert list(SourceVersion.objects.values_list("mapping_version", flat=True).order_by("id")) == [
        1,
        2,
    ]


def test_doing_it_twice_changes_nothing() -> None:
    _put("1", Name="Globex Ltd", Site="globex.example")
    _activate({"to": "legal_name", "from": "Name"}, {"to": "website", "from": "Site"})
    remap(HUB, "crm", "client")

    assert remap(HUB, "crm", "client") == {"unchanged": 1}


def test_what_the_old_mapping_could_not_read_leaves_quarantine() -> None:
    assert _put("1", Company="Globex Ltd") == "quarantined"
    _activate({"to": "legal_name", "from": "Company"})

    assert remap(HUB, "crm", "client") == {"created": 1}
    assert SourceRecord.objects.get().state == "active"


def test_the_same_payload_sent_again_is_read_by_the_new_mapping() -> None:
    _put("1", Name="Globex Ltd", Site="globex.example")
    _activate({"to": "legal_name", "from": "Name"}, {"to": "website", "from": "Site"})

    assert _put("1", Name="Globex Ltd", Site="globex.example") == "updated"
    assert _put("1", Name="Globex Ltd", Site="globex.example") == "unchanged"


def test_an_older_payload_stays_older() -> None:
    _put("1", at="2026-03-01T00:00:00Z", Name="New Ltd")
    _activate({"to": "trading_name", "from": "Name"})
    remap(HUB, "crm", "client")

    assert _put("1", at="2026-02-01T00:00:00Z", Name="Old Ltd") == "stale"
    assert Client.objects.get().trading_name == "New Ltd"
