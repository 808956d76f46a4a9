"""Reference data: a vocabulary on one page, a column per system, and what a word's change does."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from canonical.admin.base import principal_of
from canonical.entities import schema_of
from canonical.governance import words
from canonical.governance.words import Effect
from canonical.identity.errors import Refused
from canonical.models import Crosswalk, System, Term, Vocabulary
from mdm.console.layout.values import label, shown
from mdm.console.pages import asked, cause_from, page, show

SHOWN = 20


@page
def vocabularies_page(request: HttpRequest) -> HttpResponse:
    """Every vocabulary, those with unexplained words first."""
    counts = words.counts()
    rows = [(each, counts.get(each.pk, 0)) for each in Vocabulary.objects.all()]
    rows.sort(key=lambda row: (-row[1], row[0].name))
    return show(request, "console/vocabularies.html", "Reference data", rows=rows)


@page
def vocabulary_page(request: HttpRequest, vocabulary: str) -> HttpResponse:
    """The terms with each system's words for them, and the words that nobody has explained."""
    found = get_object_or_404(Vocabulary, pk=vocabulary)
    return show(
        request,
        "console/vocabulary.html",
        str(found),
        vocabulary=found,
        grid=words.grid(vocabulary),
        admin=principal_of(request).may("admin"),
        at=(request.GET.get("system", ""), request.GET.get("value", "")),
    )


@asked
def word_page(request: HttpRequest, vocabulary: str) -> HttpResponse:
    """What mapping a word, or no longer mapping it, changes; with a reason, the deed."""
    row, free = _row(request, vocabulary)
    back = reverse("console:vocabulary", args=[vocabulary])
    if request.POST.get("step") == "confirm":
        deed = words.free_word if free else words.map_word
        followed = deed(row, cause_from(request))
        records = "golden record was" if followed == 1 else "golden records were"
        messages.success(request, f"{row.value}: {followed:,} {records} recomputed.")
        return redirect(back)
    effect = words.preview_free(row) if free else words.preview(row)
    return show(
        request,
        "console/word.html",
        f"{row.value}: what will change",
        row=row,
        free=free,
        effect=effect,
        rows=_changes(effect, principal_of(request).sees_restricted),
        limit=words.COMPARED,
        back=back,
    )


def _row(request: HttpRequest, vocabulary: str) -> tuple[Crosswalk, bool]:
    """The word that the form is about, new or known, and whether it is to be freed."""
    told = request.POST if request.method == "POST" else request.GET
    system, value = told.get("system", ""), told.get("value", "")
    if not value or len(value) > words.LONGEST or not System.objects.filter(pk=system).exists():
        raise Refused("The form names no word of a system.")
    row = words.word_of(system, vocabulary, value)
    if told.get("free"):
        if row.pk is None:
            raise Refused(f"{value} is not mapped.")
        return row, True
    code = told.get("term", "")
    term = Term.objects.filter(vocabulary=vocabulary, code=code).first()
    if term is None:
        raise Refused("Choose the term that the word means.")
    row.term, row.outbound = term, bool(told.get("outbound"))
    return row, False


def _changes(effect: Effect, sees_restricted: bool) -> list[dict[str, Any]]:
    """The first golden records that come out otherwise, attribute by attribute."""
    return [
        {
            "golden": golden,
            "values": [
                (label(name), shown(before.get(name)), shown(after.get(name)))
                for name in sorted(before.keys() | after.keys())
                if before.get(name) != after.get(name)
                and _visible(golden.entity, name, sees_restricted)
            ],
        }
        for golden, before, after in effect.changed[:SHOWN]
    ]


def _visible(entity: str, name: str, sees_restricted: bool) -> bool:
    schema = schema_of(entity)
    return sees_restricted or name not in schema or not schema[name].restricted
