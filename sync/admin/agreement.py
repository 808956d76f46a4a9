"""Whether targets hold what they confirmed: comparisons, and the differences they found."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from canonical.admin.base import ReadOnlyAdmin, golden_link, pretty, principal_of
from sync.models import Drift, Heal, Reconciliation
from sync.reconciliation import drifts, healing
from sync.reconciliation.healing import CannotHeal

KIND_COLOURS = {"missing": "danger", "drifted": "warning", "stale": "info", "extra": "info"}


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin[Reconciliation]):
    """Comparisons of targets, the newest first."""

    list_display = ("started_at", "subscription", "state", "done", "total", "found", "dry_run")
    list_filter = ("state", "subscription", "dry_run")
    list_select_related = ("subscription",)
    ordering = ("-started_at",)

    @admin.display(description="Found")
    def found(self, run: Reconciliation) -> str:
        return ", ".join(f"{count} {name}" for name, count in run.counts.items() if count)


@admin.register(Drift)
class DriftAdmin(ReadOnlyAdmin[Drift]):
    """Where targets differ, and whose word stands."""

    list_display = ("record", "subscription", "manner", "attributes", "state", "found_at")
    list_filter = ("state", "kind", "shadow", "subscription", "entity")
    list_select_related = ("golden", "subscription")
    ordering = ("-found_at",)
    actions = ("let_the_hub_stand", "take_the_targets_in", "accept")
    fields = (
        "record", "subscription", "manner", "source_id", "version", "state", "shadow",
        "differences_shown", "found_at", "closed_at", "decided_by",
    )  # fmt: skip

    @admin.display(description="Golden record", ordering="golden__code")
    def record(self, drift: Drift) -> str:
        if drift.golden is None:
            return drift.source_id
        return golden_link(drift.golden_id, drift.golden.code)

    @display(description="Difference", ordering="kind", label=KIND_COLOURS)
    def manner(self, drift: Drift) -> str:
        return drift.kind

    @admin.display(description="Attributes")
    def attributes(self, drift: Drift) -> str:
        return ", ".join(str(each["attribute"]) for each in drift.differences)

    @admin.display(description="Differences")
    def differences_shown(self, drift: Drift) -> str:
        return pretty(drift.differences)

    def has_heal_permission(self, request: HttpRequest) -> bool:
        """Who may say whose word stands."""
        return principal_of(request).may("steward")

    @admin.action(description="Send the hub's values again", permissions=["heal"])
    def let_the_hub_stand(self, request: HttpRequest, rows: QuerySet[Drift]) -> None:
        self._each(request, rows, Heal.HUB)

    @admin.action(description="Take the target's values in", permissions=["heal"])
    def take_the_targets_in(self, request: HttpRequest, rows: QuerySet[Drift]) -> None:
        self._each(request, rows, Heal.TARGET)

    @admin.action(description="Leave it as it is", permissions=["heal"])
    def accept(self, request: HttpRequest, rows: QuerySet[Drift]) -> None:
        self._each(request, rows, None)

    def _each(self, request: HttpRequest, rows: QuerySet[Drift], word: Heal | None) -> None:
        by = principal_of(request).id
        for drift in rows.filter(state__in=drifts.PENDING).select_related("subscription"):
            try:
                if word is None:
                    healing.accept(drift, by)
                else:
                    healing.heal(drift, word, by)
            except CannotHeal as error:
                self.message_user(request, f"{drift}: {error}", messages.WARNING)
