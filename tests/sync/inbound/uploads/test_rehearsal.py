"""A rehearsal tells what a load would do, and leaves no trace."""

from __future__ import annotations

import pytest

from canonical.identity.errors import Conflict
from canonical.models import Change, Golden, SourceRecord, WorkItem
from sync.inbound import uploads
from sync.models import UploadState
from tests.factories import hub
from tests.sync.inbound.uploads.conftest import ROWS, Bring, done

pytestmark = pytest.mark.django_db


def test_the_overlap_is_told_and_nothing_stays(bring: Bring) -> None:
    before = (Golden.objects.count(), SourceRecord.objects.count(), Change.objects.count())
    upload = done(bring(), UploadState.REHEARSING)
    assert upload.state == UploadState.REHEARSED
    assert upload.report["groups"] == {"conflicting": 1, "new": 2, "quarantined": 1}
    assert upload.report["attributes"] == {"currency": 1}
    assert upload.report["words"] == [
        {"vocabulary": "client_status", "value": "warm lead", "rows": 1}
    ]
    conflict = upload.report["examples"]["conflicting"][0]
    assert conflict["differing"] == [{"attribute": "currency", "says": "USD", "golden": "EUR"}]
    assert conflict["golden"].startswith("CL-")
    after = (Golden.objects.count(), SourceRecord.objects.count(), Change.objects.count())
    assert before == after
    assert not WorkItem.objects.exists()


def test_rows_of_the_file_that_mean_each_other_are_told_apart(bring: Bring) -> None:
    twin = {**ROWS[3], "id": "5"}
    upload = done(bring([*ROWS, twin]), UploadState.REHEARSING)
    assert upload.report["groups"]["repeated"] == 1
    assert upload.report["groups"]["new"] == 2


def test_a_row_that_was_loaded_is_known(bring: Bring) -> None:
    done(bring(), UploadState.LOADING)
    upload = done(bring(), UploadState.REHEARSING)
    assert upload.report["groups"] == {"known": 3, "quarantined": 1}


def test_a_load_takes_the_rows_in_and_cannot_be_asked_twice(bring: Bring) -> None:
    upload = bring()
    uploads.ask(upload, UploadState.LOADING)
    with pytest.raises(Conflict):
        uploads.ask(upload, UploadState.LOADING)
    assert uploads.work_off() == 1
    upload.refresh_from_db()
    assert upload.state == UploadState.LOADED
    assert upload.done == upload.total == 4
    outcomes = [item.answer["outcome"] for item in upload.submission.items.all()]  # type: ignore
    assert sorted(outcomes) == ["created", "created", "linked", "quarantined"]
    hub.assert_sound()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.csv", b"", "no column"),
        ("x.csv", b"id,Company\n", "no rows"),
        ("x.csv", b"id,Company\n1,\xff\n", "line 2: is not UTF-8"),
        ("x.doc", b"x", "must end in"),
        ("x.xlsx", b"PK nonsense", "not a spreadsheet"),
        ("x.json", b"{", "x.json:"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    bring: Bring, name: str, content: bytes, words: str
) -> None:
    with pytest.raises(uploads.BadUpload, match=words):
        uploads.bring(hub.SENDER, "acquired", "client", name, content, "id")
