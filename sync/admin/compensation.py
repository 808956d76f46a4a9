"""What merges and their undos ask of each target, and who still believes the old state."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display

from canonical.admin.base import ReadOnlyAdmin, golden_link
from sync.models import Plan, Step


class StepInline(TabularInline):  # type: ignore[misc]
    """The steps of a plan, in the order in which they go."""

    model = Step
    fields = ("position", "action", "record", "version", "acknowledged_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    @admin.display(description="Golden record")
    def record(self, step: Step) -> str:
        return golden_link(step.golden_id, step.golden.code)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin[Plan]):
    """Plans, the newest first."""

    list_display = ("kind", "merge", "subscription", "standing", "opened_at", "closed_at")
    list_filter = ("state", "kind", "subscription")
    list_select_related = ("subscription", "merge__survivor", "merge__absorbed")
    ordering = ("-opened_at",)
    fields = ("kind", "merge", "subscription", "standing", "opened_at", "closed_at")
    inlines = (StepInline,)

    @display(
        description="State",
        ordering="state",
        label={"under way": "warning", "acknowledged by the target": "success"},
    )
    def standing(self, plan: Plan) -> str:
        return plan.get_state_display()


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin[Step]):
    """Who still believes the old state: the steps that no target has acknowledged."""

    list_display = ("record", "target", "action", "plan", "version", "since")
    list_filter = ("action", "plan__subscription")
    list_select_related = ("golden", "plan__subscription", "plan__merge")
    ordering = ("plan__opened_at", "position")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Step]:
        return super().get_queryset(request).filter(acknowledged_at=None, plan__state="open")

    @admin.display(description="Golden record", ordering="golden__code")
    def record(self, step: Step) -> str:
        return golden_link(step.golden_id, step.golden.code)

    @admin.display(description="Target")
    def target(self, step: Step) -> str:
        return step.plan.subscription.name

    @admin.display(description="Since")
    def since(self, step: Step) -> object:
        return step.plan.opened_at
