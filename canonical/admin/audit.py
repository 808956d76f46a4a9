"""Who looked and who changed what the journal does not tell of; for auditors."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from canonical.access import AUDIT
from canonical.admin.base import ReadOnlyAdmin, golden_link, pretty, principal_of
from canonical.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    """Entries, newest first."""

    list_display = ("at", "what", "actor_name", "subject", "reason")
    list_display_links = ("at",)
    list_filter = ("kind",)
    search_fields = ("actor_name__icontains", "subject__icontains", "reason__icontains")
    search_help_text = "Who, what it was about, or why"
    ordering = ("-at", "-id")
    fields = (
        "at", "what", "actor_name", "actor_id", "subject", "record", "reason", "told",
        "correlation_id",
    )  # fmt: skip

    def has_view_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return AUDIT in principal_of(request).grants

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @display(description="What", ordering="kind", label=True)
    def what(self, entry: AuditEntry) -> str:
        return entry.get_kind_display()

    @admin.display(description="Golden record")
    def record(self, entry: AuditEntry) -> str:
        return golden_link(entry.golden_id)

    @admin.display(description="Facts")
    def told(self, entry: AuditEntry) -> str:
        return pretty(entry.facts)
