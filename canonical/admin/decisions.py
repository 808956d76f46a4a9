"""What people decided: decisions on pairs, merges, approved values."""

from __future__ import annotations

from django.contrib import admin

from canonical.admin.base import ReadOnlyAdmin, golden_link, record_link
from canonical.models import Decision, Merge


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin[Decision]):
    """Who said that two source records are, or are not, the same."""

    list_display = ("kind", "first", "second", "by", "reason", "at", "withdrawn_at")
    list_filter = ("kind", ("withdrawn_at", admin.EmptyFieldListFilter), "record_a__entity")
    list_select_related = ("record_a", "record_b")
    search_fields = ("record_a__source_id__exact", "record_b__source_id__exact", "by__iexact")
    ordering = ("-id",)
    fields = ("kind", "first", "second", "by", "reason", "at", "withdrawn_at")

    @admin.display(description="One record")
    def first(self, decision: Decision) -> str:
        return record_link(decision.record_a_id, decision.record_a)

    @admin.display(description="Other record")
    def second(self, decision: Decision) -> str:
        return record_link(decision.record_b_id, decision.record_b)


@admin.register(Merge)
class MergeAdmin(ReadOnlyAdmin[Merge]):
    """Merges, and which of them were undone; a golden record's page undoes them."""

    list_display = ("absorbed_code", "survivor_code", "reason", "by", "at", "undone_at")
    list_filter = (("undone_at", admin.EmptyFieldListFilter), "survivor__entity")
    list_select_related = ("absorbed", "survivor")
    search_fields = ("survivor__code__iexact", "absorbed__code__iexact", "by__iexact")
    ordering = ("-id",)
    fields = (
        "absorbed_code", "survivor_code", "reason", "by", "at", "undone_at", "undone_by",
        "undo_reason",
    )  # fmt: skip

    @admin.display(description="Absorbed", ordering="absorbed__code")
    def absorbed_code(self, merge: Merge) -> str:
        return golden_link(merge.absorbed_id, merge.absorbed.code)

    @admin.display(description="Survivor", ordering="survivor__code")
    def survivor_code(self, merge: Merge) -> str:
        return golden_link(merge.survivor_id, merge.survivor.code)
