"""What matching knows of records to be forgotten: keys, features, and what was compared."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from matching.intake import filing
from matching.models import MatchEvidence, Review

KEPT: Final = ("arrived", "newcomer", "sides", "systems")  # of a detail: no values


def forget(records: Collection[UUID]) -> None:
    """Keep who was compared with whom and how that ended, and none of the values."""
    filing.forget(records)
    links = Q(link__record__in=records) | Q(best_record__in=records) | Q(runner_up__in=records)
    _empty(MatchEvidence.objects.filter(links))
    _empty(Review.objects.filter(Q(record_a__in=records) | Q(record_b__in=records)))


def _empty(rows: QuerySet[Any]) -> None:
    for row in rows.select_for_update(of=("self",)).order_by("pk"):
        kept = {name: row.detail[name] for name in KEPT if name in row.detail}
        row.detail = {**kept, "comparisons": []}
        row.save(update_fields=["detail"])
