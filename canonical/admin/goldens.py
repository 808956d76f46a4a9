"""The lists of golden records, one per entity. Nobody writes a golden attribute by hand here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from unfold.decorators import display

from canonical.admin.base import ReadOnlyAdmin
from canonical.admin.exports import ExportMixin
from canonical.admin.filters import InReviewFilter, KnownToFilter, StateFilter, term_filters
from canonical.documents.filters import BadFilter, search, searched
from canonical.entities import MODELS
from canonical.entities.base import GoldenRecord
from canonical.models import Golden, WorkItem
from canonical.worklist import REVIEWED

STATE_COLOURS = {"active": "success", "merged": "info", "retired": "warning"}


@admin.register(*MODELS)
class GoldenRecordAdmin(ExportMixin, ReadOnlyAdmin[GoldenRecord]):
    """Golden records of one entity; each opens its page, and all can be exported."""

    list_before_template = "canonical/admin/list_export.html"

    list_display = ("code", "title", "state", "in_review", "version", "updated")
    list_display_links = ("code", "title")
    list_select_related = ("golden",)
    ordering = ("-golden_id",)
    actions = ()
    search_help_text = "A name, a code, or the id a source system uses"

    def get_urls(self) -> list[Any]:
        export = self.admin_site.admin_view(self.export)
        name = f"canonical_{self.opts.model_name}_export"
        return [path("export/", export, name=name), *super().get_urls()]

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("golden__code", *searched(self.model.ENTITY))

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [StateFilter, InReviewFilter, KnownToFilter, *term_filters(self.model.ENTITY)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoldenRecord]:
        asked = WorkItem.objects.filter(golden=OuterRef("pk"), kind__in=REVIEWED, state="open")
        return super().get_queryset(request).annotate(asked=Exists(asked))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find what the API's search finds, by the same condition."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            found = Golden.objects.filter(search(self.model.ENTITY, term))
        except BadFilter as error:
            messages.error(request, str(error))
            return queryset.none(), False
        return queryset.filter(golden__in=found.filter(entity=self.model.ENTITY)), False

    @admin.display(description="Code", ordering="golden__code")
    def code(self, record: GoldenRecord) -> str:
        return record.golden.code

    @admin.display(description="Title")
    def title(self, record: GoldenRecord) -> str:
        return str(record)

    @display(description="State", ordering="golden__state", label=STATE_COLOURS)
    def state(self, record: GoldenRecord) -> str:
        return record.golden.state

    @display(description="In review", label={"in review": "warning"})
    def in_review(self, record: Any) -> str | None:
        waits = record.asked or not (
            record.golden.published_version or record.golden.merged_into_id
        )
        return "in review" if waits else None

    @admin.display(description="Version", ordering="golden__version")
    def version(self, record: GoldenRecord) -> int:
        return record.golden.version

    @admin.display(description="Updated", ordering="golden__updated_at")
    def updated(self, record: GoldenRecord) -> Any:
        return record.golden.updated_at


@admin.register(Golden)
class GoldenAdmin(ReadOnlyAdmin[Golden]):
    """Every golden record by code, whatever its entity."""

    list_display = ("code", "entity", "state", "version", "updated_at")
    list_filter = ("entity", "state")
    search_fields = ("code__iexact",)
    ordering = ("-id",)

    def change_view(self, request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        """The typed record is where the content is."""
        golden = get_object_or_404(Golden, pk=object_id)
        name = golden.entity.replace("_", "")
        return redirect(f"admin:canonical_{name}_change", golden.pk)
