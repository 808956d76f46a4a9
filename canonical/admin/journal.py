"""The journal: every version of every golden record, as it was written."""

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display

from canonical.admin.base import ReadOnlyAdmin, golden_link, pretty
from canonical.documents.shape import masked_values
from canonical.entities import schema_of
from canonical.models import Change


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin[Change]):
    """Versions, newest first."""

    list_display = (
        "seq",
        "golden_code",
        "entity",
        "version",
        "what",
        "actor_name",
        "cause",
        "recorded_at",
    )
    list_filter = ("entity", "kind", "published")
    list_select_related = ("golden",)
    search_fields = ("golden__code__iexact", "correlation_id__exact", "actor_name__iexact")
    search_help_text = "A code, a correlation id, or who did it"
    ordering = ("-seq",)
    fields = (
        "golden_code", "entity", "version", "what", "published", "position", "actor_name",
        "actor_id", "cause", "recorded_at", "correlation_id", "policy_version", "model_version",
        "content", "hash", "prev_hash", "content_digest",
    )  # fmt: skip

    @admin.display(description="Golden record", ordering="golden__code")
    def golden_code(self, change: Change) -> str:
        return golden_link(change.golden_id, change.golden.code)

    @display(description="What", ordering="kind", label=True)
    def what(self, change: Change) -> str:
        return change.get_kind_display()

    @admin.display(description="The record after it, restricted values left out")
    def content(self, change: Change) -> str:
        if change.after is None:
            return "Erased"
        return pretty(masked_values(schema_of(change.entity), change.after))
