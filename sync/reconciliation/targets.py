"""Targets as they are asked for: by the code of the system that subscriptions deliver to."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from sync.models import DriftKind, Status, Subscription

#: What makes a target differ from what it should be.
DIFFERENT: Final = (DriftKind.MISSING, DriftKind.STALE, DriftKind.DRIFTED, DriftKind.EXTRA)


def of_system(code: str) -> QuerySet[Subscription]:
    """The living subscriptions that deliver to a system."""
    living = Subscription.objects.exclude(status=Status.DELETED)
    return living.filter(system=code).select_related("system").order_by("created_at")
