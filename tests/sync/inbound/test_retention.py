"""What the door in forgets, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from canonical.identity.errors import Conflict
from canonical.models import SourceRecord, System
from mdm import sweep
from sync.inbound import retention, submissions, uploads
from sync.inbound.submissions import Batch, OtherContent
from sync.models import Submission, SubmissionItem, Upload, UploadState
from tests.factories import hub

pytestmark = pytest.mark.django_db

WEEK, QUARTER = timedelta(days=7, minutes=1), timedelta(days=90, minutes=1)
FIRST = Batch("crm", "client", [{"source_id": "1", "data": {"legal_name": "Acme"}}], "k", "a")
OTHER = Batch("crm", "client", [{"source_id": "2", "data": {"legal_name": "Bolt"}}], "k", "b")


@pytest.fixture(autouse=True)
def _crm() -> None:
    System.objects.create(code="crm", name="CRM")


def age(by: timedelta) -> None:
    """Let everything have happened so much earlier."""
    Submission.objects.update(created_at=F("created_at") - by, finished_at=F("finished_at") - by)
    Upload.objects.update(uploaded_at=F("uploaded_at") - by)


def swept() -> None:
    assert sweep.run() == []


def test_the_answers_of_a_batch_are_forgotten_after_a_week_and_the_key_is_free() -> None:
    submissions.answer_now(hub.SENDER, FIRST)
    swept()
    with pytest.raises(OtherContent):
        submissions.answer_now(hub.SENDER, OTHER)
    age(WEEK)
    swept()
    assert not Submission.objects.exists()
    assert not SubmissionItem.objects.exists()
    submissions.answer_now(hub.SENDER, OTHER)
    assert SourceRecord.objects.count() == 2


def test_what_still_waits_or_is_worked_on_is_not_forgotten() -> None:
    waits = submissions.accept(hub.SENDER, FIRST, keep_bodies=True)
    age(WEEK)
    assert retention.run() == 0
    submissions.work_one(waits.pk)
    given_up = submissions.begin(hub.SENDER, Batch("crm", "client", [], "given up", "c"))
    age(WEEK)
    assert retention.run() == 1
    assert [s.pk for s in Submission.objects.all()] == [given_up.pk]
    Submission.objects.update(leased_until=None)
    assert retention.run() == 1


def test_a_file_is_forgotten_after_a_quarter_and_can_still_be_taken_back() -> None:
    content = b"source_id,legal_name\n1,Acme\n"
    upload = uploads.bring(hub.SENDER, "crm", "client", "acme.csv", content, "source_id")
    for _ in range(3):  # loaded anew each time, also where an earlier batch was forgotten
        uploads.ask(upload, UploadState.LOADING)
        uploads.work_off()
        age(WEEK)
        retention.run()
        upload.refresh_from_db()
        assert (upload.state, upload.submission is None) == (UploadState.LOADED, False)
        assert SourceRecord.objects.get().state == "active"
        uploads.withdraw(upload, hub.SENDER, "wrong file")
        uploads.work_off()
    uploads.ask(upload, UploadState.LOADING)
    uploads.work_off()
    age(QUARTER)
    swept()
    upload.refresh_from_db()
    assert upload.content is None
    assert Submission.objects.count() == 1
    uploads.withdraw(upload, hub.SENDER, "after all")
    uploads.work_off()
    upload.refresh_from_db()
    assert upload.state == UploadState.WITHDRAWN
    with pytest.raises(Conflict, match="kept for 90 days"):
        uploads.ask(upload, UploadState.LOADING)
