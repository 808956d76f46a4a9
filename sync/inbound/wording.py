"""An answer as the API says it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from canonical.context import correlation_id
from canonical.entities import schema_of
from canonical.models import Golden
from sync.inbound.answers import Answer


def said(answer: Answer) -> dict[str, Any]:
    """What became of one source record; every member is always there."""
    return {
        "outcome": answer.outcome,
        "golden": golden_said(answer.golden) if answer.golden else None,
        "match": answer.match,
        "review_url": f"/api/v1/reviews/{answer.review}" if answer.review else None,
        "issues": answer.issues,
        "pending_references": answer.pending_references,
        "unmapped_values": answer.unmapped_values,
        "correlation_id": correlation_id(),
    }


def item_said(answer: Answer) -> dict[str, Any]:
    """One item's answer within a batch: with its id, its status and what was wrong with it."""
    return {
        "source_id": answer.source_id,
        "status": status_of(answer),
        **said(answer),
        "errors": [asdict(fault) for fault in answer.faults],
    }


def status_of(answer: Answer) -> int:
    """201 for a source record the hub had not seen, 400 for a refused one, else 200."""
    if answer.outcome == "refused":
        return 400
    return 201 if answer.first else 200


def golden_said(golden: Golden) -> dict[str, Any]:
    """How a golden record is named in an answer."""
    return {
        "id": str(golden.id),
        "code": golden.code,
        "version": golden.version,
        "url": f"/api/v1/{schema_of(golden.entity).path}/{golden.id}",
    }
