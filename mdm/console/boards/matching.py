"""The board of matching: scores beside the thresholds, and how right they were by people's word."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count, F, IntegerField, QuerySet, Value
from django.db.models.functions import Cast, Floor, Least
from django.http import HttpRequest, HttpResponse

from canonical.entities import ENTITIES
from matching.engine.estimates import Estimate
from matching.engine.plot import plot
from matching.models import MatchEvidence, Review
from matching.profiles import profile_for
from matching.questions import accuracy
from mdm.console.boards.charts import WIDTH, histogram
from mdm.console.pages import page, show

BINS = 20


@page
def matching_board(request: HttpRequest) -> HttpResponse:
    """One entity's board."""
    wanted = request.GET.get("entity", "")
    entity = wanted if wanted in ENTITIES else ENTITIES[0]
    limits = profile_for(entity).thresholds
    reviews = Review.objects.filter(entity=entity)
    counts = {
        "linked": _binned(MatchEvidence.objects.filter(link__golden__entity=entity)),
        "asked": _binned(reviews.exclude(state="decided")),
        "confirmed": _binned(reviews.filter(decision="match")),
        "rejected": _binned(reviews.filter(decision="no_match")),
    }
    figures = accuracy.of_entity(entity)
    return show(
        request,
        "console/boards/matching.html",
        "Match quality",
        board="matching",
        entity=entity,
        entities=[(each, each.replace("_", " ")) for each in ENTITIES],
        kinds=list(counts),
        chart=histogram(counts, BINS, {"asked from": limits.review, "linked from": limits.link}),
        width=WIDTH,
        whole=_figures(figures.whole),
        pairs=[(pair.systems, pair, _figures(pair)) for pair in figures.pairs],
        accuracy=figures,
        plot=plot(figures.reliability),
    )


def _binned(rows: QuerySet[Any]) -> Counter[int]:
    """How many have a probability in each twentieth."""
    place = Cast(Floor(F("probability") * BINS), IntegerField())
    binned = rows.annotate(bin=Least(place, Value(BINS - 1))).order_by()
    return Counter(dict(binned.values_list("bin").annotate(number=Count("pk"))))


def _figures(figures: accuracy.Figures) -> list[tuple[str, str, dict[str, float] | None]]:
    """Each figure with what it means, and where its interval stands on a line of 200."""
    told = (
        ("Precision", "of the links that automation made are right", figures.precision),
        ("Recall", "of the matches were linked by automation", figures.recall),
        ("Found", "of the matches were linked or asked about", figures.found),
    )
    return [(name, meaning, _drawn(estimate)) for name, meaning, estimate in told]


def _drawn(estimate: Estimate | None) -> dict[str, float] | None:
    if estimate is None:
        return None
    low, value, high = (
        min(max(v, 0.0), 1.0) for v in (estimate.low, estimate.value, estimate.high)
    )
    return {
        "value": value, "low": low, "high": high, "answers": estimate.answers,
        "x": round(200 * low, 1), "width": round(max(200 * (high - low), 1), 1),
        "at": round(200 * value, 1),
    }  # fmt: skip
