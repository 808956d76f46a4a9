"""Systems, and the versions of the survivorship policies."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from canonical.admin.base import ConfigurationAdmin, ReadOnlyAdmin, pretty
from canonical.governance import reference_data
from canonical.models import Policy, RecomputeDue, System


@admin.register(System)
class SystemAdmin(ConfigurationAdmin[System]):
    """Source and target systems; a code is for ever."""

    list_display = ("name", "code", "kind", "order_by", "owner", "active")
    list_filter = ("active", "kind")
    search_fields = ("code", "name", "owner")
    fields = ("code", "name", "kind", "order_by", "owner", "active")

    def get_readonly_fields(
        self, request: HttpRequest, obj: System | None = None
    ) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def save_model(
        self, request: HttpRequest, obj: System, form: ModelForm[Any], change: bool
    ) -> None:
        reference_data.save(obj)


@admin.register(Policy)
class PolicyAdmin(ReadOnlyAdmin[Policy]):
    """Policies: how much each system is trusted for what, version by version."""

    list_display = ("entity", "version", "active", "created_by", "created_at")
    list_filter = ("entity", "active")
    ordering = ("entity", "-version")
    fields = ("entity", "version", "active", "rules_shown", "created_by", "created_at")

    @admin.display(description="Rules")
    def rules_shown(self, policy: Policy) -> str:
        return pretty(policy.rules)


@admin.register(RecomputeDue)
class RecomputeDueAdmin(ReadOnlyAdmin[RecomputeDue]):
    """Golden records that wait for a recompute; the sweep works them off."""

    list_display = ("golden", "reason", "since")
    list_filter = ("reason",)
    list_select_related = ("golden",)
    ordering = ("since",)
