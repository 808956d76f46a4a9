"""The first page: my work, what there is, how far behind the targets are, what happened lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.utils import timezone

from canonical.admin.base import principal_of
from canonical.entities import ENTITIES, model_of
from canonical.governance.work import in_order, waiting
from canonical.models import Change, Golden, RecomputeDue, SourceRecord, WorkItem, WorkKind
from mdm.console.layout.drawings import Column, bars, columns
from sync.models import Subscription

MINE_SHOWN = 8
DAYS = 14


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the theme's first page shows."""
    now = timezone.now()
    return {
        **context,
        **_work(request, now),
        "entities": _entities(),
        "systems": bars(_systems()),
        "targets": _targets(now),
        "days": _days(now),
        "due": RecomputeDue.objects.count(),
        "may": principal_of(request).may("steward"),
    }


def _work(request: HttpRequest, now: datetime) -> dict[str, Any]:
    items = waiting(now)
    mine = in_order(items.filter(assignee=request.user.pk).select_related("golden"))
    counts = dict(items.order_by().values_list("kind").annotate(number=Count("pk")))
    kinds = [(kind.label, counts[kind]) for kind in WorkKind if kind in counts]
    return {
        "mine": mine[:MINE_SHOWN],
        "open": sum(counts.values()),
        "unassigned": items.filter(assignee__isnull=True).count(),
        "oldest": WorkItem.objects.filter(state="open").aggregate(at=Min("opened_at"))["at"],
        "kinds": bars(kinds, "work"),
    }


def _entities() -> list[dict[str, Any]]:
    rows = Golden.objects.values_list("entity", "state").annotate(number=Count("pk"))
    counts = {(entity, state): number for entity, state, number in rows.order_by()}
    return [
        {
            "name": model_of(entity)._meta.verbose_name_plural,
            "model": model_of(entity)._meta.model_name,
            "active": counts.get((entity, "active"), 0),
            "retired": counts.get((entity, "retired"), 0),
            "merged": counts.get((entity, "merged"), 0),
        }
        for entity in ENTITIES
    ]


def _systems() -> list[tuple[str, int]]:
    rows = SourceRecord.objects.values_list("system__name").annotate(number=Count("pk"))
    return [(name, number) for name, number in rows.order_by("-number")]


def _targets(now: datetime) -> Sequence[Any]:
    """Each target with what it is owed, since when, and what is stuck."""
    owed = Q(lanes__desired__gt=F("lanes__confirmed")) | Q(lanes__resend=True)
    stuck = Q(lanes__parked__in=["dead", "unverified"])
    listed = Subscription.objects.exclude(status="deleted").annotate(
        owed=Count("lanes", filter=owed),
        stuck=Count("lanes", filter=stuck),
        oldest=Min("lanes__due_at", filter=owed & Q(lanes__parked="none")),
    )
    return [
        {"row": row, "lag": max(now - row.oldest, timedelta()) if row.oldest else None}
        for row in listed.order_by("name")
    ]


def _days(now: datetime) -> list[Column]:
    """New versions a day, the last two weeks."""
    since = (now - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Change.objects.filter(recorded_at__gte=since).annotate(day=TruncDate("recorded_at"))
    counts = dict(rows.order_by().values_list("day").annotate(number=Count("pk")))
    days = [(since + timedelta(days=n)).date() for n in range(DAYS)]
    return columns([(day.isoformat(), counts.get(day, 0)) for day in days])
