"""What goes out: subscriptions, the lane of each golden record to each target, every attempt."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.decorators import display

from canonical import configuration, writer
from canonical.admin.base import ConfigurationAdmin, ReadOnlyAdmin, golden_link, principal_of
from sync.models import Attempt, ClosingCalendar, Lane, Replay, Subscription
from sync.outbound.delivery import closings, windows

STATUS_COLOURS = {"active": "success", "paused": "warning", "disabled": "danger", "deleted": "info"}
VERDICT_COLOURS = {
    "confirmed": "success",
    "superseded": "info",
    "failed": "warning",
    "poison": "danger",
}


class ClosingForm(ModelForm):  # type: ignore[type-arg]
    """Refuses a legal entity nobody knows, and windows that cannot be evaluated."""

    class Meta:
        model = ClosingCalendar
        fields = ("legal_entity", "windows")

    def clean_legal_entity(self) -> str:
        code = str(self.cleaned_data["legal_entity"])
        if code not in configuration.current().terms.get(closings.VOCABULARY, ()):
            raise forms.ValidationError("There is no such legal entity.")
        return code

    def clean_windows(self) -> Any:
        for number, window in enumerate(self.cleaned_data["windows"], 1):
            try:
                windows.check(window)
            except windows.Unreadable as error:
                raise forms.ValidationError(f"Window {number}: {error}") from None
        return self.cleaned_data["windows"]


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin[Subscription]):
    """Who listens to what."""

    list_display = ("name", "system", "connector", "state", "entities", "url", "created_at")
    list_filter = ("status", "connector", "system")
    list_select_related = ("system",)
    search_fields = ("name", "url")
    ordering = ("name",)
    fields = (
        "name", "system", "owner", "connector", "url", "state", "status_reason", "entities",
        "attributes", "filter", "restricted", "mode", "receipts", "echo", "max_concurrency",
        "rate", "windows", "closings", "criticality", "outcomes", "shadow", "heal",
        "read_url", "nightly", "loading", "created_at", "updated_at",
    )  # fmt: skip

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def state(self, subscription: Subscription) -> str:
        return subscription.status


@admin.register(ClosingCalendar)
class ClosingCalendarAdmin(ConfigurationAdmin[ClosingCalendar]):
    """When each legal entity closes its books."""

    list_display = ("legal_entity", "now", "updated_by", "updated_at")
    form = ClosingForm
    readonly_fields = ("updated_by", "updated_at")

    @display(description="Now", label={"closes its books": "warning"})
    def now(self, calendar: ClosingCalendar) -> str | None:
        return "closes its books" if windows.closed_until(calendar.windows, writer.now()) else None

    def save_model(
        self, request: HttpRequest, obj: ClosingCalendar, form: ClosingForm, change: bool
    ) -> None:
        closings.keep(obj.legal_entity, obj.windows, principal_of(request).name)


@admin.register(Lane)
class LaneAdmin(ReadOnlyAdmin[Lane]):
    """Deliveries: what each target is owed, has confirmed, and why it waits."""

    list_display = (
        "golden_code", "subscription", "standing", "confirmed", "desired", "due_at", "last_error",
    )  # fmt: skip
    list_filter = ("parked", "subscription", "golden__entity")
    list_select_related = ("golden", "subscription")
    search_fields = ("golden__code__iexact",)
    ordering = ("-id",)
    fields = (
        "golden_code", "subscription", "standing", "confirmed", "desired", "due_at", "attempt",
        "waiting_on", "last_error", "fence", "leased", "resend",
    )  # fmt: skip

    @admin.display(description="Golden record", ordering="golden__code")
    def golden_code(self, lane: Lane) -> str:
        return golden_link(lane.golden_id, lane.golden.code)

    @admin.display(description="Standing", ordering="parked")
    def standing(self, lane: Lane) -> str:
        if lane.parked != "none":
            return lane.get_parked_display()
        return "confirmed" if lane.confirmed == lane.desired and not lane.resend else "on its way"


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin[Attempt]):
    """Every try at a delivery, as it was written."""

    list_display = (
        "started_at", "golden_code", "target", "version", "outcome", "status", "milliseconds",
        "reason",
    )  # fmt: skip
    list_filter = ("verdict", "settled", "lane__subscription")
    list_select_related = ("lane__golden", "lane__subscription")
    search_fields = ("message_id__exact", "lane__golden__code__iexact")
    search_help_text = "A message id or a code"
    ordering = ("-id",)
    fields = (
        "golden_code", "target", "version", "message_id", "started_at", "milliseconds", "outcome",
        "settled", "status", "reason", "response",
    )  # fmt: skip

    @admin.display(description="Golden record")
    def golden_code(self, attempt: Attempt) -> str:
        return golden_link(attempt.lane.golden_id, attempt.lane.golden.code)

    @admin.display(description="Target")
    def target(self, attempt: Attempt) -> str:
        return attempt.lane.subscription.name

    @display(description="Outcome", ordering="verdict", label=VERDICT_COLOURS)
    def outcome(self, attempt: Attempt) -> str:
        return attempt.verdict


@admin.register(Replay)
class ReplayAdmin(ReadOnlyAdmin[Replay]):
    """Who asked for what to be sent again."""

    list_display = ("at", "subscription", "lanes", "reason", "actor")
    list_filter = ("subscription",)
    list_select_related = ("subscription",)
    ordering = ("-id",)
