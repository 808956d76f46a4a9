"""What people pin: with name and reason, in words that resolve, gone when it is cleared."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from canonical import writer
from canonical.documents import lineage
from canonical.golden import due
from canonical.governance import stewardship
from canonical.governance.stewardship import BadValue, clear_override, overrides, set_override
from canonical.identity.errors import Conflict, NotFound, Refused, VersionConflict
from canonical.models import CONSOLE, Change, Golden, Link, RecomputeDue, SourceRecord
from matching.questions import stewardship as steward
from tests.factories import hub
from tests.factories.hub import STEWARD, client, golden_of, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Golden:
    hub.open_hub()
    return client("Acme Mining", source_id="1", email="desk@acme.example")


def schedule() -> Golden:
    items = [
        {"item_no": "1", "bill_date": "2026-01-31", "amount": "5.00"},
        {"item_no": "3", "bill_date": "2026-03-31", "amount": "7.00"},
    ]
    return golden_of(put("crm", "billing_schedule", "1", {"name": "Plan", "items": items}, 1))


def test_a_pinned_value_wins_and_tells_who_and_why(acme: Golden) -> None:
    set_override(acme.pk, "email", "pinned@acme.example", STEWARD)
    assert hub.document(acme)["email"] == "pinned@acme.example"
    pinned = overrides(acme.pk)["email"]
    assert (pinned["value"], pinned["by"], pinned["reason"]) == (
        "pinned@acme.example",
        "Ada",
        "because",
    )
    hub.assert_sound()


def test_pinning_and_clearing_leaves_the_content_as_it_was(acme: Golden) -> None:
    before = hub.contents()
    set_override(acme.pk, "email", None, STEWARD)
    assert "email" not in hub.document(acme)
    clear_override(acme.pk, "email", STEWARD)
    assert hub.contents() == before
    assert overrides(acme.pk) == {}


def test_a_record_that_was_cleared_can_be_pinned_again(acme: Golden) -> None:
    for value in ("one@acme.example", "two@acme.example"):
        set_override(acme.pk, "email", value, STEWARD)
        assert hub.document(acme)["email"] == value
        clear_override(acme.pk, "email", STEWARD)
    set_override(acme.pk, "tags", ["gold"], STEWARD)
    open_links = Link.objects.filter(record__system=CONSOLE, until__isnull=True)
    assert open_links.count() == 1
    hub.assert_sound()


def test_a_golden_record_has_one_record_of_its_stewards(acme: Golden) -> None:
    for path, value in (("email", "a@x.example"), ("tags", ["gold"]), ("email", "b@x.example")):
        set_override(acme.pk, path, value, STEWARD)
    assert SourceRecord.objects.filter(system=CONSOLE).count() == 1
    assert set(overrides(acme.pk)) == {"email", "tags"}


def test_one_part_of_one_item_is_pinned_and_typed(acme: Golden) -> None:
    plan = schedule()
    set_override(plan.pk, "items[3].bill_date", "2026-04-15", STEWARD)
    dates = [item["bill_date"] for item in hub.document(plan)["items"]]
    assert dates == ["2026-01-31", "2026-04-15"]
    hub.assert_sound()
    clear_override(plan.pk, "items[3].bill_date", STEWARD)
    assert [item["bill_date"] for item in hub.document(plan)["items"]][1] == "2026-03-31"


def test_a_pinned_reference_resolves_and_follows_merges(acme: Golden) -> None:
    other = client("Borealis Shipping", source_id="2")
    contract = golden_of(put("crm", "contract", "1", {"title": "Works"}, 1))
    set_override(contract.pk, "client", {"golden_id": acme.code}, STEWARD)
    assert hub.document(contract)["client"] == str(acme.pk)
    merge = steward.merge(other.pk, [acme.pk], STEWARD).merges[0]
    assert hub.document(contract)["client"] == str(other.pk)
    steward.undo(merge.id, STEWARD)
    assert hub.document(contract)["client"] == str(acme.pk)
    hub.assert_sound()


def test_a_reference_inside_a_line_can_be_pinned(acme: Golden) -> None:
    lines = [{"line_no": "1", "amount": "5.00"}]
    contract = golden_of(put("crm", "contract", "1", {"title": "Works", "lines": lines}, 1))
    job = golden_of(put("crm", "engagement", "7", {"name": "Job"}, 1))
    said = {"system": "crm", "source_id": "7"}
    set_override(contract.pk, "lines[1].engagement", said, STEWARD)
    assert hub.document(contract)["lines"][0]["engagement"] == str(job.pk)
    hub.assert_sound()


BAD: list[tuple[str, Any, str]] = [
    ("client_status", "no such status", "unknown_term"),
    ("payment_terms", {"code": "no such terms"}, "unknown_term"),
    ("parent", {"golden_id": "CL-999999"}, "unknown_reference"),
    ("parent", {"source_id": "1"}, "unknown_reference"),
    ("parent", "CL-000001", "not_a_reference"),
    ("credit_limit", {"amount": "NaN", "currency": "EUR"}, "not_a_number"),
    ("email", 5, "not_text"),
]


@pytest.mark.parametrize(("path", "value", "code"), BAD)
def test_what_cannot_count_is_refused(path: str, value: Any, code: str, acme: Golden) -> None:
    with pytest.raises(BadValue) as caught:
        set_override(acme.pk, path, value, STEWARD)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert not SourceRecord.objects.filter(system=CONSOLE).exists()


@pytest.mark.parametrize(
    "path", ["nothing", "addresses[billing].town", "email[1]", "x" * 500, "", "items[3].bill_date"]
)
def test_what_is_no_attribute_is_not_found(path: str, acme: Golden) -> None:
    with pytest.raises(NotFound):
        set_override(acme.pk, path, "x", STEWARD)
    with pytest.raises(NotFound):
        clear_override(acme.pk, path, STEWARD)


def test_who_may_not_be_pinned(acme: Golden) -> None:
    other = client("Borealis Shipping")
    with pytest.raises(NotFound):
        set_override(uuid4(), "email", "x", STEWARD)
    with pytest.raises(VersionConflict):
        set_override(acme.pk, "email", "x", STEWARD, expected=7)
    steward.merge(other.pk, [acme.pk], STEWARD)
    with pytest.raises(Conflict):
        set_override(acme.pk, "email", "x", STEWARD)


def test_a_bad_pick_stops_the_whole_merge(acme: Golden) -> None:
    other = client("Borealis Shipping")
    before = hub.contents()
    with pytest.raises(Refused):
        steward.merge(acme.pk, [other.pk], STEWARD, picks={"client_status": "no such status"})
    assert hub.contents() == before


def test_what_expires_is_brought_up_to_date_on_its_day(acme: Golden) -> None:
    today = writer.now().date()
    tomorrow = today + timedelta(days=1)
    set_override(acme.pk, "email", "pinned@acme.example", STEWARD, expires_at=tomorrow)
    assert hub.document(acme)["email"] == "pinned@acme.example"
    assert stewardship.expire(today) == 0
    assert stewardship.expire(tomorrow) == 1
    assert RecomputeDue.objects.get().golden_id == acme.pk


def test_what_has_expired_counts_no_more(acme: Golden) -> None:
    set_override(acme.pk, "email", "pinned@acme.example", STEWARD, expires_at=date(2020, 1, 1))
    assert hub.document(acme)["email"] == "desk@acme.example"
    assert stewardship.expire(writer.now().date()) == 1
    versions = Change.objects.count()
    assert due.work_off() == [acme.pk]
    assert Change.objects.count() == versions


def test_lineage_shows_the_steward_first_and_what_lost(acme: Golden) -> None:
    set_override(acme.pk, "email", "pinned@acme.example", STEWARD)
    told = lineage.of(acme, sees_restricted=True)
    rows = {row["attribute"]: row for row in told["attributes"]}
    assert rows["email"]["winner"]["steward"]
    assert [lost["value"] for lost in rows["email"]["losing"]] == ["desk@acme.example"]
