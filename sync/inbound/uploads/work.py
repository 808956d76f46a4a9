"""Working on files that people brought: one step of one file under a lease, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Q

from canonical import writer
from canonical.access import Principal
from canonical.context import Context, bound, mint_correlation_id
from canonical.validation import Fault
from sync.inbound import submissions
from sync.inbound.files import Row
from sync.inbound.receive import CHUNK
from sync.inbound.submissions import Batch
from sync.inbound.uploads import rollback
from sync.inbound.uploads.asking import rows_of
from sync.inbound.uploads.rehearsal import Rehearsal
from sync.models import Submission, Upload, UploadState
from sync.models.inbound import SubmissionState

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)


def work_off(limit: int = 10) -> int:
    """Take up files that wait, or whose worker is gone; how many went a step further."""
    waiting = Upload.objects.filter(_free(), state__in=list(STEPS))
    ids = list(waiting.order_by("uploaded_at").values_list("id", flat=True)[:limit])
    return sum(work_one(upload) for upload in ids)


def work_one(upload: UUID) -> bool:
    """Do what was asked of one file, to its end, unless somebody else does."""
    found = Upload.objects.filter(pk=upload, state__in=list(STEPS)).first()
    if found is None or not _take(found, again=False):
        return False
    with bound(Context(found.submission.correlation_id if found.submission else _new())):
        try:
            STEPS[UploadState(found.state)](found)
        except Exception as error:
            _failed(found, error)
            raise
    return True


def _new() -> str:
    return mint_correlation_id()


def _free() -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lt=writer.now())


def _take(upload: Upload, again: bool = True) -> bool:
    """Hold the file for a minute from now, unless another does."""
    free = Q() if again else _free()
    mine = Upload.objects.filter(free, pk=upload.pk, state=upload.state)
    return bool(mine.update(leased_until=writer.now() + LEASE))


def _progress(upload: Upload, done: int, **more: Any) -> None:
    Upload.objects.filter(pk=upload.pk).update(done=done, leased_until=writer.now() + LEASE, **more)


def _reached(upload: Upload, state: UploadState, **more: Any) -> None:
    Upload.objects.filter(pk=upload.pk, state=upload.state).update(
        state=state, leased_until=None, **more
    )


def _failed(upload: Upload, error: Exception) -> None:
    """A rehearsal that breaks is over; what changes records is taken up again where it stopped."""
    log.exception("upload failed", upload=str(upload.pk), state=upload.state)
    if upload.state == UploadState.REHEARSING:
        words = f"{type(error).__name__}: {error}"[:500]
        _reached(upload, UploadState.FAILED, failure=words)
    else:
        Upload.objects.filter(pk=upload.pk).update(leased_until=None)


def _rehearse(upload: Upload) -> None:
    """From the start, also when an earlier worker went half way: nothing was written."""
    principal = Principal(id=upload.owner, name=upload.owner_name)
    rehearsal = Rehearsal(principal, upload.system_id, upload.entity)
    rows, done = rows_of(upload), 0
    while chunk := list(islice(rows, CHUNK)):
        rehearsal.take(chunk)
        done += len(chunk)
        _progress(upload, done)
    _reached(upload, UploadState.REHEARSED, report=rehearsal.report(), done=upload.total)


def _load(upload: Upload) -> None:
    made = upload.submission or _submit(upload)
    while made.state != SubmissionState.DONE:
        if not submissions.work_one(made.pk):
            return  # another worker has it; the sweep looks again
        made.refresh_from_db()
    _reached(upload, UploadState.LOADED, done=upload.total)


def _submit(upload: Upload) -> Submission:
    """The file's rows as a batch; it is found again by its key after an interruption."""
    bodies = [_body(row) for row in rows_of(upload)]
    times = Submission.objects.filter(owner=upload.owner, key__startswith=f"upload:{upload.pk}:")
    done = times.filter(state=SubmissionState.DONE).values_list("key", flat=True)
    number = max((int(key.rpartition(":")[2]) for key in done), default=0) + 1
    batch = Batch(
        upload.system_id, upload.entity, bodies, f"upload:{upload.pk}:{number}", upload.digest
    )
    principal = Principal(id=upload.owner, name=upload.owner_name)
    made = submissions.accept(principal, batch, keep_bodies=True)
    Upload.objects.filter(pk=upload.pk).update(submission=made)
    upload.submission = made
    return made


def _body(row: Row) -> Any:
    if row.fault:
        return Fault("", "bad_row", f"Line {row.line}: {row.fault}.")
    return {"source_id": row.source_id, "data": row.data, **row.envelope}


def _withdraw(upload: Upload) -> None:
    done, report = upload.done, rollback.Report.of(upload.withdrawal)
    for source_ids in rollback.brought(upload, done):
        done += rollback.take_back(upload, source_ids, report)
        _progress(upload, done, withdrawal=report.as_json())
    rollback.close_words(upload)
    _reached(
        upload,
        UploadState.WITHDRAWN,
        done=upload.total,
        withdrawal=report.as_json(),
        withdrawn_at=writer.now(),
    )


STEPS: dict[UploadState, Callable[[Upload], None]] = {
    UploadState.REHEARSING: _rehearse,
    UploadState.LOADING: _load,
    UploadState.WITHDRAWING: _withdraw,
}
