"""What the console adds to every list of golden records: comparing the chosen ones."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


@admin.action(description="Compare and merge")
def compare(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
    """Open the chosen records side by side."""
    goldens = [str(golden) for golden in queryset.values_list("pk", flat=True)[:9]]
    return redirect(reverse("console:compare", query={"golden": goldens}))


# Nothing is deleted from a list, and only lists of golden records have actions at all.
admin.site.disable_action("delete_selected")
admin.site.add_action(compare, "compare")
