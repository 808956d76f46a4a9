"""A source record as it is held: what was sent, what it means, where it is linked."""

from __future__ import annotations

from typing import Any

from canonical import exact_json
from canonical.documents.shape import masked_values
from canonical.entities import schema_of
from canonical.models import Golden, Link, SourceRecord, SourceReference, UnmappedValue
from canonical.validation import instant_text
from sync.inbound.wording import golden_said


def golden_behind(record: SourceRecord) -> Golden | None:
    """The golden record the source record is linked to today."""
    link = Link.objects.filter(record=record, until__isnull=True).select_related("golden").first()
    return link.golden if link else None


def shown(record: SourceRecord, sees_restricted: bool) -> dict[str, Any]:
    """The record with its newest payload, mapped values and link.

    Without the grant restricted attributes are masked and the payload, which may repeat them
    under any name, is left out.
    """
    newest = record.versions.order_by("order_key", "digest").last()
    current = record.current
    link = Link.objects.filter(record=record, until__isnull=True).select_related("golden").first()
    pending = SourceReference.objects.filter(record=record, pending=True)
    unmapped = UnmappedValue.objects.filter(record=record).order_by("id")
    return {
        "system": record.system_id,
        "entity": record.entity,
        "source_id": record.source_id,
        "state": record.state,
        "raw": exact_json.loads(newest.raw) if newest and sees_restricted else None,
        "mapped": _masked(record, sees_restricted) if current else None,
        "mapping_version": current.mapping_version if current else None,
        "modified_at": instant_text(current.happened_at) if current else None,
        "received_at": instant_text(newest.received_at) if newest else None,
        "link": _link(link) if link else None,
        "issues": record.issues,
        "pending_references": list(pending.order_by("id").values_list("path", flat=True)),
        "unmapped_values": [
            {"attribute": row.path, "vocabulary": row.vocabulary, "value": row.value}
            for row in unmapped
        ],
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "golden": golden_said(link.golden),
        "since": instant_text(link.since),
        "cause": link.cause,
    }


def _masked(record: SourceRecord, sees_restricted: bool) -> dict[str, Any]:
    values: dict[str, Any] = dict(record.current.values) if record.current else {}
    return values if sees_restricted else masked_values(schema_of(record.entity), values)
