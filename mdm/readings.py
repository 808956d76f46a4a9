"""The figures of the hub that stand in its database: what waits, and since when.

They are read when Prometheus asks, so that they are true whichever process answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import Count, F, Min, QuerySet
from django.db.models.functions import Now
from prometheus_client.core import GaugeMetricFamily, Metric

from canonical.models import Change, RecomputeDue, WorkItem
from mdm.models import Heartbeat
from sync.models import Lane
from sync.outbound.delivery.lanes import OPEN_WORK

Sample = tuple[str, float]  # the label's value, the figure


def _by(rows: QuerySet[Any], column: str) -> Iterable[Sample]:
    counted = rows.order_by().values_list(column).annotate(count=Count("*"))
    return [(str(value), count) for value, count in counted]


def _seconds_since(rows: QuerySet[Any], column: str) -> Iterable[Sample]:
    """The age of the oldest row by the database's clock; 0 where none waits."""
    age = rows.aggregate(age=Now() - Min(column))["age"]
    return [("", max(0.0, age.total_seconds()) if age else 0.0)]


def _heartbeats() -> Iterable[Sample]:
    aged = Heartbeat.objects.annotate(age=Now() - F("at")).values_list("name", "age")
    return [(name, age.total_seconds()) for name, age in aged]


# Name: what it means, its label if it has one, how it is read.
FIGURES: dict[str, tuple[str, str, Callable[[], Iterable[Sample]]]] = {
    "assay_changes_unplaced": (
        "Committed changes that have no place in the feed yet.",
        "",
        lambda: [("", Change.objects.filter(position__isnull=True).count())],
    ),
    "assay_changes_unplaced_seconds": (
        "Age of the oldest change without a place in the feed.",
        "",
        lambda: _seconds_since(Change.objects.filter(position__isnull=True), "recorded_at"),
    ),
    "assay_recomputes_due": (
        "Golden records that wait for a recompute.",
        "",
        lambda: [("", RecomputeDue.objects.count())],
    ),
    "assay_recomputes_due_seconds": (
        "Age of the oldest recompute that is due.",
        "",
        lambda: _seconds_since(RecomputeDue.objects.all(), "since"),
    ),
    "assay_lanes_waiting": (
        "Lanes that owe their target a version.",
        "subscription",
        lambda: _by(Lane.objects.filter(OPEN_WORK), "subscription__name"),
    ),
    "assay_lanes_parked": (
        "Lanes that are not served, by reason.",
        "reason",
        lambda: _by(Lane.objects.exclude(parked="none"), "parked"),
    ),
    "assay_work_open": (
        "Items that wait for a person, by kind.",
        "kind",
        lambda: _by(WorkItem.objects.filter(state="open"), "kind"),
    ),
    "assay_heartbeat_seconds": (
        "Seconds since a step of the sweep last went through.",
        "step",
        _heartbeats,
    ),
}


class Readings:
    """A Prometheus collector of all of them."""

    def collect(self) -> Iterator[Metric]:
        for name, (meaning, label, read) in FIGURES.items():
            family = GaugeMetricFamily(name, meaning, labels=[label] if label else None)
            for value, figure in read():
                family.add_metric([value] if label else [], figure)
            yield family
