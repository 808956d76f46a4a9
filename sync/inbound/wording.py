"""An answer as the API says it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from canonical.context import correlation_id
from canonical.entities import schema_of
from canonical.models import Golden
from sync.inbound.answers import Answer

#: The outcomes that make a golden record.
_MAKING = frozenset({"created", "review"})


def said(answer: Answer, dry_run: bool = False) -> dict[str, Any]:
    """What became of one source record; every member is always there.

    A dry run names neither the golden record nor the review that it took back.
    """
    golden = None if dry_run and answer.outcome in _MAKING else answer.golden
    review = None if dry_run else answer.review
    return {
        "outcome": answer.outcome,
        "golden": golden_said(golden) if golden else None,
        "match": answer.match,
        "review_url": f"/api/v1/reviews/{review}" if review else None,
        "issues": answer.issues,
        "pending_references": answer.pending_references,
        "unmapped_values": answer.unmapped_values,
        "correlation_id": correlation_id(),
    }


def item_said(answer: Answer, dry_run: bool = False) -> dict[str, Any]:
    """One item's answer within a batch: with its id, its status and what was wrong with it."""
    return {
        "source_id": answer.source_id,
        "status": status_of(answer, dry_run),
        **said(answer, dry_run),
        "errors": [asdict(fault) for fault in answer.faults],
    }


def status_of(answer: Answer, dry_run: bool = False) -> int:
    """201 for a source record that was stored for the first time, 400 for a refused one, or 200."""
    if answer.outcome == "refused":
        return 400
    return 201 if answer.first and not dry_run else 200


def golden_said(golden: Golden) -> dict[str, Any]:
    """How a golden record is named in an answer."""
    return {
        "id": str(golden.id),
        "code": golden.code,
        "version": golden.version,
        "url": f"/api/v1/{schema_of(golden.entity).path}/{golden.id}",
    }
