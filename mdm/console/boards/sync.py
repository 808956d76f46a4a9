"""The board of the targets: what each is owed, since when, what is stuck, and how it answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, F, Max, Min, Q
from django.db.models.functions import TruncHour
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mdm.console.layout.drawings import Column, columns
from mdm.console.pages import page, show
from sync.models import Attempt, Lane, Parked, Subscription, TargetHealth
from sync.outbound.answers.retry import Verdict

HOURS = 24
SUCCESSES = (Verdict.CONFIRMED, Verdict.SUPERSEDED)
OWED = Q(desired__gt=F("confirmed")) | Q(resend=True)


@page
def sync_board(request: HttpRequest) -> HttpResponse:
    """A row per target, and the attempts of the last day hour by hour."""
    now = timezone.now()
    since = (now - timedelta(hours=HOURS - 1)).replace(minute=0, second=0, microsecond=0)
    lanes, tries = _lanes(), _tries(since)
    health = TargetHealth.objects.in_bulk()
    rows = [
        _row(subscription, lanes.get(subscription.pk, {}), tries.get(subscription.pk, {}), health,
             now, since)
        for subscription in Subscription.objects.exclude(status="deleted").order_by("name")
    ]  # fmt: skip
    return show(request, "console/boards/sync.html", "Targets", rows=rows, board="sync")


def _lanes() -> dict[UUID, dict[str, Any]]:
    """By target: what is owed, the oldest of it, and what is parked for which reason."""
    counted: Iterable[Any] = (
        Lane.objects.order_by()
        .values("subscription")
        .annotate(
            lanes=Count("pk"),
            owed=Count("pk", filter=OWED),
            oldest=Min("due_at", filter=OWED & Q(parked="none")),
            **{each.value: Count("pk", filter=Q(parked=each.value)) for each in Parked},
        )
    )
    return {row["subscription"]: row for row in counted}


def _tries(since: datetime) -> dict[UUID, dict[str, Any]]:
    """By target: attempts by hour, how many went well, how long they took, the last success."""
    good = Q(verdict__in=SUCCESSES)
    counted = (
        Attempt.objects.filter(started_at__gte=since)
        .annotate(hour=TruncHour("started_at"))
        .order_by()
        .values("lane__subscription", "hour")
        .annotate(
            number=Count("pk"),
            good=Count("pk", filter=good),
            took=Avg("milliseconds"),
            last=Max("started_at", filter=good),
        )
    )
    tries: dict[UUID, dict[str, Any]] = defaultdict(lambda: {"hours": {}})
    for row in counted:
        tries[row["lane__subscription"]]["hours"][row["hour"]] = row
    return dict(tries)


def _row(
    subscription: Subscription,
    lanes: dict[str, Any],
    tries: dict[str, Any],
    health: dict[UUID, TargetHealth],
    now: datetime,
    since: datetime,
) -> dict[str, Any]:
    hours = tries.get("hours", {})
    sent = sum(row["number"] for row in hours.values())
    good = sum(row["good"] for row in hours.values())
    oldest = lanes.get("oldest")
    return {
        "subscription": subscription,
        "health": health.get(subscription.pk),
        "lanes": lanes,
        "parked": [
            (each.label, lanes.get(each.value, 0)) for each in Parked if each != Parked.NONE
        ],
        "lag": max(now - oldest, timedelta()) if oldest else None,
        "sent": sent,
        "good": round(100 * good / sent) if sent else None,
        "took": round(sum(r["took"] * r["number"] for r in hours.values()) / sent) if sent else 0,
        "last": max((r["last"] for r in hours.values() if r["last"]), default=None),
        "hours": _hours(hours, since),
    }


def _hours(hours: dict[datetime, dict[str, Any]], since: datetime) -> list[Column]:
    places = [since + timedelta(hours=n) for n in range(HOURS)]
    return columns(
        [(f"{at:%H:00}", hours[at]["number"] if at in hours else 0) for at in places], 32, 10
    )
