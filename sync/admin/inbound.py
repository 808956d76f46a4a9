"""How records come in: versions of mappings, batches answered later, files."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from canonical.admin.base import ReadOnlyAdmin, pretty
from sync.models import FileLoad, Mapping, Submission


@admin.register(Mapping)
class MappingAdmin(ReadOnlyAdmin[Mapping]):
    """Mappings, version by version; one per system and entity is in force."""

    list_display = ("system", "entity", "version", "in_force", "created_by", "created_at")
    list_filter = ("active", "system", "entity")
    list_select_related = ("system",)
    fields = ("system", "entity", "version", "in_force", "created_by", "created_at", "rules")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mapping]:
        return super().get_queryset(request).defer("spec")

    @display(description="In force", label={"in force": "success"})
    def in_force(self, mapping: Mapping) -> str | None:
        return "in force" if mapping.active else None

    @admin.display(description="Rules")
    def rules(self, mapping: Mapping) -> str:
        return pretty(mapping.spec)


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin[Submission]):
    """Batches that were accepted to be worked through later."""

    list_display = ("id", "system", "entity", "state", "done", "total", "created_at")
    list_filter = ("state", "system", "entity")
    list_select_related = ("system",)
    search_fields = ("correlation_id__exact",)
    ordering = ("-id",)


@admin.register(FileLoad)
class FileLoadAdmin(ReadOnlyAdmin[FileLoad]):
    """Files that were loaded, and how far each has come."""

    list_display = ("name", "system", "entity", "rows_done", "finished", "started_at")
    list_filter = ("finished", "system", "entity")
    list_select_related = ("system",)
    search_fields = ("name",)
    ordering = ("-id",)
