"""What a person asks of a file: bring it, rehearse it, load it, take it back."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from django.db import transaction

from canonical import writer
from canonical.access import Principal
from canonical.documents.flat import nested
from canonical.entities import schema_of
from canonical.identity.errors import Conflict, Refused
from sync.inbound import catalogue, files
from sync.models import Upload, UploadState
from sync.outbound import wake

MAX_UPLOAD = 50 * 1024**2  # larger files are loaded with `manage.py load`
MAX_ROWS = 100_000
FILE_KEPT_FOR = timedelta(days=90)  # its bytes; what became of them is kept

# From which states each wish may be had.
STEPS = {
    UploadState.REHEARSING: {UploadState.WAITING, UploadState.REHEARSED, UploadState.FAILED},
    UploadState.LOADING: {UploadState.WAITING, UploadState.REHEARSED, UploadState.WITHDRAWN},
    UploadState.WITHDRAWING: {UploadState.LOADED},
}


class BadUpload(Refused):
    """The file cannot be taken; the text says at which line and why."""


def bring(
    principal: Principal, system: str, entity: str, name: str, content: bytes, id_column: str
) -> Upload:
    """Keep a file for its rehearsal; raises BadUpload for one that cannot be read to its end."""
    if len(content) > MAX_UPLOAD:
        raise BadUpload(f"{name} is larger than {MAX_UPLOAD // 1024**2} MB: use manage.py load.")
    try:
        total = sum(1 for _ in _rows(name, content, id_column))
    except files.FileFault as error:
        raise BadUpload(f"{name}: {error}") from error
    if not total:
        raise BadUpload(f"{name} holds no rows.")
    if total > MAX_ROWS:
        raise BadUpload(f"{name} has more than {MAX_ROWS:,} rows: use manage.py load.")
    return Upload.objects.create(
        system_id=system,
        entity=entity,
        name=name[-255:],
        digest=hashlib.sha256(content).hexdigest(),
        id_column=id_column,
        content=content,
        total=total,
        owner=principal.id,
        owner_name=principal.name,
        uploaded_at=writer.now(),
    )


def rows_of(upload: Upload) -> Iterator[files.Row]:
    """The file's rows; it was read to its end once, so that no fault is left to stop at.

    Without a mapping the columns are those of an export: parts by their path, lists as JSON.
    """
    rows = _rows(upload.name, bytes(upload.content or b""), upload.id_column)
    if catalogue.active(upload.system_id, upload.entity) is not None:
        return rows
    schema = schema_of(upload.entity)
    return (replace(row, data=nested(schema, row.data)) for row in rows)


def _rows(name: str, content: bytes, id_column: str) -> Iterator[files.Row]:
    return files.read_stream(name, io.BytesIO(content), id_column)


@transaction.atomic
def ask(upload: Upload, wish: UploadState) -> None:
    """Let the worker rehearse or load the file; raises Conflict where that makes no sense now."""
    changes: dict[str, object] = {"state": wish, "done": 0, "failure": "", "leased_until": None}
    if wish is UploadState.REHEARSING:
        changes["report"] = {}
    if wish is UploadState.LOADING:
        changes["submission"] = None
    _step(upload, wish, changes)


@transaction.atomic
def withdraw(upload: Upload, principal: Principal, reason: str) -> None:
    """Let the worker take back all that the file brought; raises Conflict and Refused."""
    if not reason:
        raise Refused("Say why: the reason stays with the change.")
    changes = {
        "state": UploadState.WITHDRAWING,
        "done": 0,
        "leased_until": None,
        "withdrawal": {},
        "withdrawn_by": principal.name,
        "withdrawn_by_id": principal.id,
        "reason": reason[:500],
    }
    _step(upload, UploadState.WITHDRAWING, changes)


def _step(upload: Upload, wish: UploadState, changes: dict[str, object]) -> None:
    """By compare-and-swap, so that two clicks are one."""
    before = Upload.objects.filter(pk=upload.pk, state__in=STEPS[wish])
    if wish is not UploadState.WITHDRAWING:
        before = before.filter(content__isnull=False)
    if not before.update(**changes):
        upload.refresh_from_db(fields=["state"])
        if upload.state in STEPS[wish]:
            days = FILE_KEPT_FOR.days
            raise Conflict(f"{upload.name} is kept for {days} days only: bring it again.")
        raise Conflict(f"{upload.name} is {upload.get_state_display()}.")
    wake.upload(upload.pk)
    upload.refresh_from_db()
