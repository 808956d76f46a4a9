"""Source records: what each system said, how it was mapped, and every version of it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from unfold.decorators import display

from canonical.admin.base import ReadOnlyAdmin, golden_link, record_link, unmasked
from canonical.documents.shape import masked_values
from canonical.entities import schema_of
from canonical.models import Link, SourceRecord, SourceVersion, UnmappedValue

VERSIONS_SHOWN = 50
STATE_COLOURS = {"active": "success", "retired": "warning", "quarantined": "danger"}


@admin.register(SourceRecord)
class SourceRecordAdmin(ReadOnlyAdmin[SourceRecord]):
    """Source records; each opens what it said and when."""

    list_display = ("source_id", "system", "entity", "status", "golden", "reason", "received_at")
    list_display_links = ("source_id",)
    list_filter = ("system", "entity", "state", "contributes")
    list_select_related = ("system",)
    search_fields = ("source_id__exact",)
    search_help_text = "The id the system uses"
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SourceRecord]:
        links = Link.objects.filter(record=OuterRef("pk"), until__isnull=True)
        return (
            super()
            .get_queryset(request)
            .annotate(
                golden_now=Subquery(links.values("golden_id")[:1]),
                golden_code=Subquery(links.values("golden__code")[:1]),
            )
        )

    @display(description="State", ordering="state", label=STATE_COLOURS)
    def status(self, record: SourceRecord) -> str:
        return record.state

    @admin.display(description="Golden record")
    def golden(self, record: Any) -> str:
        return golden_link(record.golden_now, record.golden_code)

    @admin.display(description="Issues")
    def reason(self, record: SourceRecord) -> str:
        return "; ".join(str(issue.get("detail", issue)) for issue in record.issues) or "–"

    def change_view(self, request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        """The record as a page of its own."""
        record: Any = get_object_or_404(self.get_queryset(request), pk=object_id)
        context = {
            **self.admin_site.each_context(request),
            **page_of(record, unmasked(request, record.golden_now)),
            "title": f"{record.system} {record.source_id}",
            "opts": self.opts,
        }
        return render(request, "canonical/admin/source_record.html", context)


def page_of(record: SourceRecord, sees_restricted: bool) -> dict[str, Any]:
    """What a source record's page shows, masked for those without the grant."""
    versions = SourceVersion.objects.filter(record=record).order_by("-received_at", "-id")
    links = Link.objects.filter(record=record).select_related("golden").order_by("-since")
    return {
        "record": record,
        "versions": [
            {"row": row, **said(row, record, sees_restricted)} for row in versions[:VERSIONS_SHOWN]
        ],
        "links": links,
        "references": record.references.order_by("path"),
        "unmapped": UnmappedValue.objects.filter(record=record).order_by("path"),
    }


def said(version: SourceVersion, record: SourceRecord, sees_restricted: bool) -> dict[str, Any]:
    """What was sent and what was made of it; the raw text may hold what is masked beside it."""
    schema = schema_of(record.entity)
    masked = masked_values(schema, version.values)
    hidden = masked != version.values or not version.values
    return {
        "is_current": record.current_id == version.pk,
        "mapped": _indented(version.values if sees_restricted else masked),
        "raw": _indented(json.loads(version.raw)) if sees_restricted or not hidden else None,
    }


def _indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


@admin.register(Link)
class LinkAdmin(ReadOnlyAdmin[Link]):
    """Links: from when until when a source record belonged to a golden record, and why."""

    list_display = ("record_name", "golden_code", "cause", "since", "until")
    list_filter = ("cause", ("until", admin.EmptyFieldListFilter), "golden__entity")
    list_select_related = ("record", "golden")
    search_fields = ("golden__code__iexact", "record__source_id__exact")
    ordering = ("-id",)
    fields = ("record_name", "golden_code", "cause", "since", "until", "merge")

    @admin.display(description="Source record")
    def record_name(self, link: Link) -> str:
        return record_link(link.record_id, link.record)

    @admin.display(description="Golden record", ordering="golden__code")
    def golden_code(self, link: Link) -> str:
        return golden_link(link.golden_id, link.golden.code)
