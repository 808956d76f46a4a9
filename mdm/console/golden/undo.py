"""Undo: one merge with everything that came later allocated, a subtree of them, or all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from canonical.documents.titles import titles
from canonical.golden.cause import Cause
from canonical.golden.inputs import survivors
from canonical.governance import stewardship as pins
from canonical.identity.errors import NotFound, Refused
from canonical.identity.merging import Outcome
from canonical.identity.units import unit
from canonical.models import CONSOLE, Link, Merge, SourceRecord
from matching.intake.belonging import likelihoods
from matching.profiles import profile_for
from matching.questions import stewardship
from mdm.console.golden.deeds import id_of, preview_of, single, tab
from mdm.console.layout.values import Shown, label, shown
from mdm.console.pages import asked, cause_from, deed

AT_MOST = 50
Fits = Mapping[UUID, Mapping[UUID, float]]


@dataclass(frozen=True, slots=True)
class Stays:
    """A record that goes or stays; the chances that it is one with either side."""

    record: SourceRecord
    later: bool
    goes: bool
    restored: float | None
    survivor: float | None


@dataclass(frozen=True, slots=True)
class Pin:
    """What was pinned on the survivor since the merge."""

    path: str
    label: str
    value: Shown
    by: str
    reason: str
    goes: bool


@asked
def undo(request: HttpRequest, merge: UUID) -> HttpResponse:
    """Preview an undo with its allocation, or do it."""
    row = Merge.objects.select_related("absorbed").filter(pk=merge).first()
    if row is None:
        raise NotFound("There is no such merge.")
    preview = request.POST.get("step") != "confirm"
    given = [
        n.removeprefix("give:") for n, v in single(request.POST) if v and n.startswith("give:")
    ]
    cause = cause_from(request, needed=not preview)
    if not preview:
        stewardship.undo(merge, cause, _allocated(request), pins=given)
        messages.success(request, "The merge is undone; the two are kept apart from now on.")
        return redirect(tab(row.absorbed_id, "history"))
    allocate = _allocated(request)
    outcome, fits = _foreseen(row, cause, allocate, given)
    if request.method == "GET" and (allocate := _suggested(row, fits)):
        outcome, fits = _foreseen(row, cause, allocate, given)
    return preview_of(
        request, outcome, "Undo", "console:undo", merge, **_open_ends(row, fits, allocate, given)
    )


def _foreseen(
    row: Merge, cause: Cause, allocate: Mapping[UUID, UUID], given: Collection[str]
) -> tuple[Outcome, Fits]:
    """What the undo would do, and to which side every record most likely belongs then."""

    def work() -> tuple[Outcome, Fits]:
        outcome = stewardship.undo(row.pk, cause, allocate, pins=given)
        host = survivors([row.survivor_id])[row.survivor_id]
        records = {*outcome.stayed, *allocate}
        return outcome, likelihoods(row.absorbed.entity, records, {row.absorbed_id, host})

    return unit(work, preview=True)


def _allocated(request: HttpRequest) -> dict[UUID, UUID]:
    return {
        id_of(name.removeprefix("allocate:")): id_of(value)
        for name, value in single(request.POST)
        if name.startswith("allocate:") and value
    }


def _came_since(row: Merge, records: Collection[UUID]) -> set[UUID]:
    """Those of the records that came after the merge by themselves."""
    links = Link.objects.filter(
        record__any=list(records), until__isnull=True, since__gt=row.at, merge__isnull=True
    )
    return set(links.exclude(record__system=CONSOLE).values_list("record_id", flat=True))


def _suggested(row: Merge, fits: Fits) -> dict[UUID, UUID]:
    """What came since and, by its evidence, surely belongs to what is restored."""
    enough = profile_for(row.absorbed.entity).thresholds.link
    sure = {
        record
        for record, chances in fits.items()
        if (there := chances.get(row.absorbed_id, 0.0)) >= enough
        and there > max((c for g, c in chances.items() if g != row.absorbed_id), default=0.0)
    }
    return dict.fromkeys(_came_since(row, sure), row.absorbed_id)


def _open_ends(
    row: Merge, fits: Fits, allocate: Mapping[UUID, UUID], given: Collection[str]
) -> dict[str, Any]:
    """What a person may still say: which records go, which pins go."""
    host = survivors([row.survivor_id])[row.survivor_id]
    named = titles([row.absorbed_id, host])
    records = SourceRecord.objects.filter(id__in={*fits, *allocate}).exclude(system=CONSOLE)
    since = _came_since(row, [*fits, *allocate])
    stays = [
        Stays(
            record,
            record.pk in since,
            allocate.get(record.pk) == row.absorbed_id,
            fits.get(record.pk, {}).get(row.absorbed_id),
            fits.get(record.pk, {}).get(host),
        )
        for record in records.select_related("system").order_by("id")
    ]
    return {
        "allocation": sorted(stays, key=lambda one: not one.later),
        "pinned": [
            Pin(path, label(path), shown(n["value"]), n["by"], n["reason"], path in given)
            for path, n in sorted(pins.pinned_since(host, row.at).items())
        ],
        "restored": named[row.absorbed_id],
        "survivor": named[host],
    }


@deed
def undo_all(request: HttpRequest) -> HttpResponse:
    """Preview the undo of the chosen merges and of all below them, or do it."""
    chosen = [id_of(text) for text in request.POST.getlist("merge")]
    if not chosen:
        raise Refused("Choose at least one merge.")
    merges = _with_all_below(chosen)
    if len(merges) > AT_MOST:
        raise Refused(f"At most {AT_MOST} merges are undone at once.")
    preview = request.POST.get("step") != "confirm"
    outcome = stewardship.undo_all(merges, cause_from(request, needed=not preview), preview)
    if preview:
        word = f"Undo {len(merges)} merge{'' if len(merges) == 1 else 's'}"
        return preview_of(request, outcome, word, "console:undo_all")
    messages.success(request, f"{len(merges)} merges undone; all are kept apart from now on.")
    return redirect(tab(outcome.subject, "history"))


def _with_all_below(merges: Collection[UUID]) -> set[UUID]:
    """The open merges, and those by which what they absorbed had grown."""
    found = set(
        Merge.objects.filter(pk__in=merges, undone_at__isnull=True).values_list("pk", flat=True)
    )
    level = set(found)
    while level:
        absorbed = Merge.objects.filter(pk__in=level).values("absorbed")
        below = Merge.objects.filter(survivor__in=absorbed, undone_at__isnull=True)
        level = set(below.values_list("pk", flat=True)) - found
        found |= level
    return found
