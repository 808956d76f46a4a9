"""The console's pages of matching: reviews, the evidence of links, the versions of models."""

from __future__ import annotations

from django.contrib import admin

from canonical.admin.base import ReadOnlyAdmin, golden_link, pretty, record_link
from matching.models import MatchEvidence, MatchModel, Review


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin[Review]):
    """Every question that was ever asked, and its answer; the worklist holds the open ones."""

    list_display = ("kind", "entity", "state", "decision", "chance", "decided_by", "opened_at")
    list_filter = ("state", "kind", "entity", "decision")
    search_fields = ("record_a__source_id__exact", "record_b__source_id__exact")
    search_help_text = "The id a source system uses"
    ordering = ("-id",)
    fields = (
        "kind", "entity", "state", "first", "second", "chance", "model_version", "decision",
        "decided_by", "decided_at", "reason", "opened_at", "evidence",
    )  # fmt: skip

    @admin.display(description="Probability", ordering="probability")
    def chance(self, review: Review) -> str:
        return f"{review.probability:.1%}"

    @admin.display(description="One record")
    def first(self, review: Review) -> str:
        return record_link(review.record_a_id, review.record_a)

    @admin.display(description="Other record")
    def second(self, review: Review) -> str:
        return record_link(review.record_b_id, review.record_b)

    @admin.display(description="Evidence")
    def evidence(self, review: Review) -> str:
        return pretty(review.detail)


@admin.register(MatchEvidence)
class MatchEvidenceAdmin(ReadOnlyAdmin[MatchEvidence]):
    """Why automation opened each link."""

    list_display = ("record", "golden", "chance", "model_version")
    list_filter = ("model_version",)
    list_select_related = ("link__record", "link__golden")
    ordering = ("-link_id",)
    fields = ("record", "golden", "chance", "weight", "margin", "model_version", "evidence")

    @admin.display(description="Source record")
    def record(self, evidence: MatchEvidence) -> str:
        return record_link(evidence.link.record_id, evidence.link.record)

    @admin.display(description="Golden record")
    def golden(self, evidence: MatchEvidence) -> str:
        return golden_link(evidence.link.golden_id, evidence.link.golden.code)

    @admin.display(description="Probability", ordering="probability")
    def chance(self, evidence: MatchEvidence) -> str:
        return f"{evidence.probability:.1%}"

    @admin.display(description="Evidence")
    def evidence(self, evidence: MatchEvidence) -> str:
        return pretty(evidence.detail)


@admin.register(MatchModel)
class MatchModelAdmin(ReadOnlyAdmin[MatchModel]):
    """Versions of the matching models; without one, the model that ships is in force."""

    list_display = ("entity", "version", "active", "created_by", "created_at")
    list_filter = ("entity", "active")
    ordering = ("entity", "-created_at")
    fields = ("entity", "version", "active", "created_by", "created_at")
