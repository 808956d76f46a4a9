"""The versions of a golden record, each with what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from canonical.documents import records
from canonical.documents.records import View
from canonical.documents.shape import HEAD
from canonical.models import Change, Golden

_COMPARED_APART = frozenset(HEAD) - {"state", "merged_into"} | {"masked"}


def versions(golden: Golden, count: int, before: int | None = None) -> list[Change]:
    """The newest versions, or the newest below `before`."""
    rows = Change.objects.filter(golden=golden).select_related("golden").order_by("-version")
    if before is not None:
        rows = rows.filter(version__lt=before)
    return list(rows[:count])


def show(rows: Sequence[Change], limit: int, *, sees_restricted: bool) -> list[dict[str, Any]]:
    """The first `limit` versions; each is compared with the row after it, the one before it."""
    documents = records.show([records.then(row) for row in rows], View(sees_restricted))
    documents.append({})
    return [
        _shown(row, documents[place + 1], documents[place])
        for place, row in enumerate(rows[:limit])
    ]


def _shown(row: Change, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": row.version,
        "kind": row.kind,
        "actor": {"id": row.actor_id, "name": row.actor_name},
        "cause": row.cause,
        "correlation_id": row.correlation_id,
        "recorded_at": row.recorded_at,
        "policy_version": row.policy_version,
        "model_version": row.model_version,
        "erased": row.after is None,
        "changes": [] if row.after is None else _changes(before, after),
    }


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"attribute": name, "before": before.get(name), "after": value}
        for name, value in after.items()
        if name not in _COMPARED_APART and (before.get(name) or None) != (value or None)
    ]
