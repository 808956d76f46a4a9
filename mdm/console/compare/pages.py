"""The pages on which golden records stand side by side: chosen ones, and those of a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from canonical.admin.base import principal_of
from canonical.documents import records
from canonical.documents.titles import titles
from canonical.models import Golden, WorkItem
from matching.engine.explain import bits_of
from matching.models import Review, ReviewState
from matching.questions import explanation, review
from mdm.console.compare.evidence import drawn, drawn_as_noted
from mdm.console.compare.sides import compare
from mdm.console.golden.deeds import AT_MOST, picked, tell_merged
from mdm.console.pages import cause_from, deed, number_from, page, show
from mdm.console.worklist.deeds import next_after

RIVALS_SHOWN = 4
CONTRADICTS = (
    "It contradicts what a person said through another record: nothing was moved, "
    "and a decision conflict is open."
)
DECISIONS = {
    "match": "They stay together.",
    "no_match": "They are kept apart from now on.",
    "defer": "Left for later.",
}


@page
def compare_page(request: HttpRequest) -> HttpResponse:
    """Golden records chosen from a list, to be merged."""
    goldens = _chosen(request.GET.getlist("golden"))
    if len(goldens) < 2 or len({g.entity for g in goldens}) > 1:
        messages.error(request, f"Choose 2 to {AT_MOST} golden records of one entity.")
        return redirect("admin:index")
    ids = [golden.pk for golden in goldens]
    comparison = compare(ids, principal_of(request).sees_restricted)
    told = explanation.of_goldens(goldens[0].entity, ids[0], ids[1:])
    return show(
        request,
        "console/compare.html",
        "Compare and merge",
        comparison=comparison,
        survivor=min(ids),
        evidence=[
            (column, one, drawn(request, goldens[0].entity, one))
            for column, one in zip(comparison.columns[1:], told, strict=True)
            if one
        ],
        everything="all" in request.GET,
    )


def _chosen(texts: Sequence[str]) -> list[Golden]:
    """The golden records an address names, once each and not more than fit on the page."""
    ids = [UUID(text) for text in dict.fromkeys(texts) if records.golden_id(text)][:AT_MOST]
    found = Golden.objects.in_bulk(ids)
    return [found[golden] for golden in ids if golden in found]


@page
def review_page(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """A question with its evidence, and the three answers."""
    reviews = Review.objects.select_related("record_a", "record_b")
    asked = get_object_or_404(review.with_sides(reviews), pk=review_id)
    ids = list(dict.fromkeys([asked.now_a or asked.golden_a_id, asked.now_b or asked.golden_b_id]))
    sees = principal_of(request).sees_restricted
    told = explanation.of_records(asked.entity, asked.record_a_id, asked.record_b_id)
    item = WorkItem.objects.filter(kind=asked.kind, subject=str(asked.pk)).first()
    return show(
        request,
        "console/review.html",
        f"{asked.get_kind_display().capitalize()}: the same {asked.entity.replace('_', ' ')}?",
        review=asked,
        is_open=asked.state == ReviewState.OPEN,
        comparison=compare(ids, sees),
        asked_about={asked.record_a_id, asked.record_b_id},
        told=told,
        drawing=drawn(request, asked.entity, told) if told else drawn_as_noted(request, asked),
        item=item,
        upcoming=next_after(item),
        everything="all" in request.GET,
        survivor=min(ids),
        **_rivals(asked),
    )


def _rivals(asked: Any) -> dict[str, Any]:
    """Who else the record that arrived could be: candidates, the likeliest first."""
    arrived = asked.record_a if asked.detail.get("arrived") == str(asked.record_a_id) else None
    record = arrived or asked.record_b
    home = asked.now_a if record.pk == asked.record_a_id else asked.now_b
    rivals = explanation.of_rivals(asked.entity, record.pk, record.system_id, home)
    if rivals is None or not rivals.found:
        return {}
    first = rivals.found[:RIVALS_SHOWN]
    named = titles([found.golden for found in first])
    return {
        "rivals": rivals,
        "margin": None if rivals.margin is None else bits_of(rivals.margin),
        "candidates": [
            (
                named[found.golden],
                found,
                bits_of(found.weight),
                reverse("console:why", query={"a": str(record.pk), "b": str(found.record)}),
            )
            for found in first
            if found.golden in named
        ],
    }


@deed
def decide(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Answer a review and go on to the next one."""
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        messages.error(request, "Choose one of the three answers.")
        return redirect("console:review", review_id)
    item = WorkItem.objects.filter(subject=str(review_id), state="open").first()
    upcoming = next_after(item)
    version = number_from(request, "version")
    picks = picked(request, _ids(request)) if decision == "match" else {}
    decided = review.decide(review_id, decision, cause_from(request), version, picks)
    if decided.conflict:
        messages.warning(request, CONTRADICTS)
    elif decided.effect and decided.effect.merges:
        tell_merged(request, decided.effect)
    else:
        messages.success(request, DECISIONS[decision])
    if upcoming is None:
        return redirect("console:queue")
    return redirect("console:open", upcoming.pk)


def _ids(request: HttpRequest) -> list[UUID]:
    """The golden records the page showed."""
    found = [records.golden_id(text) for text in request.POST.getlist("golden")[:AT_MOST]]
    return [golden for golden in found if golden]
