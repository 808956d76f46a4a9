"""What the door in need not remember any longer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q

from canonical import writer
from sync.inbound.uploads.asking import FILE_KEPT_FOR
from sync.inbound.uploads.standing import WORKING
from sync.models import Submission, SubmissionItem, Upload
from sync.models.inbound import SubmissionState

#: So long a repeat of a batch is answered as the first time.
ANSWERS_KEPT_FOR: Final = timedelta(days=7)
AT_ONCE: Final = 100  # submissions a run: each may have thousands of answers


def run() -> int:
    """Drop what is over for long: answers of batches, and the bytes of uploads; how many."""
    now = writer.now()
    return _forget_submissions(now) + _forget_files(now)


def _forget_submissions(now: datetime) -> int:
    """Batches done seven days ago, or given up by then; an upload keeps its own."""
    before = now - ANSWERS_KEPT_FOR
    waiting = SubmissionItem.objects.filter(submission=OuterRef("pk"), answer__isnull=True)
    held = Q(leased_until__gte=now) | Exists(waiting)
    given_up = Q(created_at__lt=before) & ~Q(state=SubmissionState.DONE) & ~held
    old = Submission.objects.filter(Q(finished_at__lt=before) | given_up, upload__isnull=True)
    ids = list(old.values_list("pk", flat=True)[:AT_ONCE])
    Submission.objects.filter(pk__in=ids).delete()
    return len(ids)


def _forget_files(now: datetime) -> int:
    """The row stays: who brought what, what came of it, and it can still be taken back."""
    old = Upload.objects.filter(uploaded_at__lt=now - FILE_KEPT_FOR, content__isnull=False)
    return old.exclude(state__in=WORKING).update(content=None)
