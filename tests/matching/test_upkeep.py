"""What identity needs again and again is found without being told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from canonical import writer
from canonical.access import of_hub
from canonical.golden.cause import Cause
from canonical.governance.stewardship import set_override
from canonical.identity import merging
from canonical.models import Client, Engagement, Golden, SourceReference, System, WorkItem
from matching import upkeep
from matching.models import Review, ReviewState
from matching.questions import review
from sync.inbound.answers import Answer
from sync.inbound.arrivals import read_item
from sync.inbound.receive import receive

pytestmark = pytest.mark.django_db

ANN = Cause("user:1", "Ann", "seen by eye")


@pytest.fixture(autouse=True)
def systems() -> None:
    for code in ("crm", "erp", "psa"):
        System.objects.create(code=code, name=code.upper())


def put(system: str, entity: str, source_id: str, **data: object) -> Answer:
    body = {"data": data, "modified_at": "2026-01-02T03:04:05Z"}
    return receive(of_hub("test"), system, entity, [read_item(body, source_id)])[0]


def test_a_reference_that_two_writers_missed_is_healed() -> None:
    put("psa", "engagement", "P1", name="Audit", client={"system": "erp", "source_id": "C1"})
    client = put("erp", "client", "C1", legal_name="Globex Ltd")
    # As two transactions leave it that did not see each other.
    Engagement.objects.update(client=None)
    Golden.objects.filter(entity="engagement").update(content_hash="")
    SourceReference.objects.update(pending=True)

    upkeep.run()

    assert client.golden is not None
    assert Engagement.objects.get().client_id == client.golden.id
    assert not SourceReference.objects.filter(pending=True).exists()


def test_a_review_whose_sides_met_is_closed_and_its_work_done() -> None:
    asked = _in_review()
    merging.merge(asked.golden_a_id, [asked.golden_b_id], ANN)
    upkeep.run()

    asked.refresh_from_db()
    assert asked.state == ReviewState.CLOSED
    assert not WorkItem.objects.filter(state="open").exists()


def test_a_decided_review_publishes_what_it_held() -> None:
    asked = _in_review()
    held = Golden.objects.get(published_version=None)

    review.decide(asked.id, "no_match", ANN)

    held.refresh_from_db()
    assert held.published_version == held.version
    assert held.changes.latest("version").kind == "released"


def test_an_override_that_ran_out_no_longer_counts() -> None:
    answer = put("crm", "client", "1", legal_name="Globex Ltd")
    assert answer.golden is not None
    yesterday = writer.now().date() - timedelta(days=1)
    set_override(answer.golden.id, "legal_name", "Pinned", ANN, expires_at=yesterday)
    Client.objects.update(legal_name="Pinned")
    Golden.objects.update(content_hash="")

    upkeep.run()

    assert Client.objects.get().legal_name == "Globex Ltd"


def _in_review() -> Review:
    """Two clients that share a tax id and hardly anything else: a person is asked."""
    tax = [{"country": "GB", "value": "GB980780684"}]
    put("crm", "client", "1", legal_name="Globex Limited", tax_ids=tax, website="globex.example")
    put("erp", "client", "2", legal_name="Vandelay Imports", tax_ids=tax, phone="+442079460000")
    return Review.objects.get(state=ReviewState.OPEN)
