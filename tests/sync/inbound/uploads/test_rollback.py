"""A load that was wrong is taken back: as before, journaled, and nothing beside it changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canonical.governance import stewardship
from canonical.identity import merging
from canonical.identity.errors import Conflict, Refused
from canonical.models import Change, Golden, Link, SourceRecord, SourceVersion, WorkItem
from matching.models import MatchFeatures, MatchKey, Review
from sync.inbound import uploads
from sync.inbound.arrivals import Item
from sync.inbound.receive import receive
from sync.inbound.remap import remap
from sync.inbound.uploads import rollback
from sync.models import UploadState
from tests.factories import hub
from tests.sync.inbound.uploads.conftest import HELD, ROWS, Bring, done, taken_back

pytestmark = pytest.mark.django_db


def picture() -> dict[str, Any]:
    """Everything a load may change, by golden record that has a source record."""
    homes = Link.objects.filter(until__isnull=True).values_list("golden_id", flat=True)
    return {
        str(golden): hub.document(golden) for golden in sorted(set(homes), key=str)
    } | {
        f"{r.system_id}/{r.source_id}": (
            r.state, r.current_id, json.dumps(r.changed_at, sort_keys=True), r.issues
        )
        for r in SourceRecord.objects.filter(
            Q(issues=[]) | ~Q(issues__0__code="taken_back")
        )
    } | {"keys": sorted(MatchKey.objects.values_list("key", "record"))}  # fmt: skip


def test_what_a_load_brought_goes_and_what_was_there_is_as_before(bring: Bring) -> None:
    before = picture()
    upload = done(bring(), UploadState.LOADING)
    assert picture() != before
    taken_back(upload)
    assert picture() == before
    assert upload.state == UploadState.WITHDRAWN
    assert not WorkItem.objects.filter(state="open").exists()
    hub.assert_sound()


def test_what_it_made_is_retired_and_the_journal_says_who_and_why(bring: Bring) -> None:
    upload = done(bring(), UploadState.LOADING)
    made = hub.home("acquired", "2")
    taken_back(upload, "the wrong country")
    golden = Golden.objects.get(pk=made)
    assert golden.state == "retired"
    last = Change.objects.filter(golden=made).latest("version")
    assert (last.kind, last.actor_name) == ("retired", "Assay")
    assert last.cause == "export.csv was taken back: the wrong country"
    version = SourceVersion.objects.get(record__source_id="2", record__system="acquired")
    assert version.faults[0]["code"] == "taken_back"
    report = rollback.Report.of(upload.withdrawal)
    assert (report.removed, report.retired, report.changed, report.kept) == (4, 2, 1, 0)


def test_the_outlook_tells_what_then_happens(bring: Bring) -> None:
    upload = done(bring(), UploadState.LOADING)
    told = rollback.outlook(upload).as_json()
    assert taken_back(upload).withdrawal == told


def test_the_earlier_version_of_a_known_record_counts_again(bring: Bring) -> None:
    first = done(bring(), UploadState.LOADING)
    before = picture()
    changed = [{**row, "Web": "https://wrong.example", "Cur": "GBP"} for row in ROWS]
    second = done(bring(changed, "second.csv"), UploadState.LOADING)
    assert hub.held("acquired", "4").current.values["currency"] == "GBP"  # type: ignore[union-attr]
    taken_back(second)
    assert picture() == before
    assert rollback.Report.of(second.withdrawal).restored == 3
    first.refresh_from_db()
    assert first.state == UploadState.LOADED


def test_a_later_change_stays_and_is_reported(bring: Bring) -> None:
    upload = done(bring(), UploadState.LOADING)
    hub_item = {"Company": "Ostwind Beratung AG", "Web": "https://ostwind.example", "Cur": "CHF"}
    receive(hub.SENDER, "acquired", "client", [Item("4", hub_item)])
    golden = hub.home("acquired", "4")
    taken_back(upload)
    report = rollback.Report.of(upload.withdrawal)
    assert report.kept == 1
    assert report.kept_named == [{"source_id": "4", "golden": Golden.objects.get(pk=golden).code}]
    assert hub.document(golden)["currency"] == "CHF"
    assert hub.home("acquired", "4") == golden
    hub.assert_sound()


def test_a_merge_and_a_pin_on_top_stay(bring: Bring) -> None:
    upload = done(bring(), UploadState.LOADING)
    held, made, other = (
        hub.home("crm", "A-1"), hub.home("acquired", "2"), hub.home("acquired", "4"),
    )  # fmt: skip
    merging.merge(held, [made], hub.STEWARD)
    stewardship.set_override(other, "trading_name", "Ostwind", hub.STEWARD)
    taken_back(upload)
    report = rollback.Report.of(upload.withdrawal)
    assert (report.merges, report.pins) == (1, 1)
    assert {row["what"] for row in report.on_top_named} == {"merge", "pin"}
    assert Golden.objects.get(pk=made).merged_into_id == held
    assert hub.document(held)["legal_name"] == HELD["legal_name"]
    assert hub.document(other)["trading_name"] == "Ostwind"
    hub.assert_sound()


def test_open_questions_about_rows_that_are_gone_are_closed(bring: Bring) -> None:
    near = [{**ROWS[0], "VAT": "", "Web": "", "Company": "Hansekontor Spedition und Logistik"}]
    upload = done(bring(near), UploadState.LOADING)
    assert Review.objects.filter(state="open").count() == 1
    held_back = hub.home("acquired", "1")
    taken_back(upload)
    assert not Review.objects.filter(state="open").exists()
    assert not WorkItem.objects.filter(state="open").exists()
    assert Golden.objects.get(pk=held_back).published_version is None
    gone = SourceRecord.objects.get(system="acquired", source_id="1")
    assert not MatchFeatures.objects.filter(record=gone.pk).exists()


def test_it_can_be_loaded_again_and_is_mapped_again_as_little_as_before(bring: Bring) -> None:
    upload = done(bring(), UploadState.LOADING)
    loaded = sorted(picture(), key=str)
    taken_back(upload)
    assert remap(hub.SENDER, "acquired", "client") == {}
    done(upload, UploadState.LOADING)
    assert upload.state == UploadState.LOADED
    assert hub.document(hub.home("acquired", "4"))["legal_name"] == "Ostwind Beratung AG"
    assert len(picture()) == len(loaded)
    assert hub.held("acquired", "3").state == "quarantined"
    hub.assert_sound()


def test_only_what_is_loaded_is_taken_back_and_with_a_reason(bring: Bring) -> None:
    upload = bring()
    with pytest.raises(Conflict):
        uploads.withdraw(upload, hub.SENDER, "why")
    done(upload, UploadState.LOADING)
    with pytest.raises(Refused):
        uploads.withdraw(upload, hub.SENDER, "")


def test_a_worker_that_died_half_way_is_followed_by_another(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = picture()
    upload = done(bring(), UploadState.LOADING)
    monkeypatch.setattr(rollback, "CHUNK", 2)
    whole = rollback.take_back
    calls: list[int] = []

    def dies(*args: Any) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return whole(*args)

    monkeypatch.setattr(rollback, "take_back", dies)
    uploads.withdraw(upload, hub.SENDER, "wrong")
    with pytest.raises(RuntimeError):
        uploads.work_one(upload.pk)
    upload.refresh_from_db()
    assert (upload.state, upload.done) == (UploadState.WITHDRAWING, 2)
    assert uploads.work_off() == 1
    upload.refresh_from_db()
    assert upload.state == UploadState.WITHDRAWN
    assert rollback.Report.of(upload.withdrawal).removed == 4
    assert picture() == before


NAMES = ["Ostwind Beratung AG", "Quillfeather & Moss Ltd", "Hansekontor Logistik GmbH", "Delta AG"]
SOME_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from("12345"),
            "Company": st.sampled_from([*NAMES, ""]),
            "Web": st.sampled_from(["https://a.example", "https://b.example", ""]),
            "VAT": st.sampled_from(["DE136695976", ""]),
            "City": st.sampled_from(["Hamburg", "Rostock", ""]),
            "Cur": st.sampled_from(["EUR", "USD", "nonsense"]),
            "Stage": st.sampled_from(["active", "warm lead"]),
        }
    ),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(earlier=SOME_ROWS, wrong=SOME_ROWS)
def test_whatever_the_file_taking_it_back_restores(
    bring: Bring, earlier: list[dict[str, str]], wrong: list[dict[str, str]]
) -> None:
    """The law: load, then take back, is nothing, whatever was loaded before it."""
    with transaction.atomic():
        done(bring(earlier), UploadState.LOADING)
        before = picture()
        taken_back(done(bring(wrong, "wrong.csv"), UploadState.LOADING))
        assert picture() == before
        hub.assert_sound()
        transaction.set_rollback(True)
