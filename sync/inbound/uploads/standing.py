"""How far a file has come, and what became of its rows."""

from __future__ import annotations

from django.db.models import Count

from sync.models import Upload, UploadState

WORKING = frozenset({UploadState.REHEARSING, UploadState.LOADING, UploadState.WITHDRAWING})
_LOADS = frozenset({UploadState.LOADING, UploadState.LOADED})


def progress(upload: Upload) -> int:
    """How many of its rows the present step has done."""
    if upload.submission is not None and upload.state in _LOADS:
        return upload.submission.done
    return upload.done


def outcomes(upload: Upload) -> dict[str, int]:
    """How many rows came to which outcome; the most frequent first."""
    if upload.submission is None:
        return {}
    rows = upload.submission.items.filter(answer__isnull=False).order_by()
    counts = rows.values_list("answer__outcome").annotate(number=Count("pk"))
    return {str(outcome): n for outcome, n in sorted(counts, key=lambda row: (-row[1], row[0]))}


def kept(upload: Upload) -> bool:
    """Whether the file itself is still here, so that it can be rehearsed or loaded."""
    return Upload.objects.filter(pk=upload.pk, content__isnull=False).exists()
