"""What stewards do to golden records from their pages: pin, merge, undo, split; previews first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html

from canonical.admin.base import principal_of, unmasked
from canonical.attributes import Attribute
from canonical.entities import schema_of
from canonical.governance import stewardship as pins
from canonical.identity.errors import IdentityError, NotFound, Refused
from canonical.identity.merging import Outcome
from canonical.models import Golden, SourceRecord
from matching.questions import stewardship
from mdm.console.golden.effects import ahead, results
from mdm.console.golden.picks import picks_from
from mdm.console.layout.typed import NotReadable, read
from mdm.console.layout.values import label
from mdm.console.pages import asked, cause_from, deed, number_from, show

AT_MOST = 8


def tab(golden: UUID, name: str) -> str:
    """The address of a golden record's tab."""
    return f"{reverse('admin:canonical_golden_change', args=[golden])}?tab={name}"


@deed
def pin(request: HttpRequest, golden: UUID) -> HttpResponse:
    """Set an override."""
    subject = get_object_or_404(Golden, pk=golden)
    path = request.POST.get("path", "").strip()
    attribute = _attribute(subject.entity, path, unmasked(request, subject.pk))
    try:
        value = read(attribute, request.POST.get("value", ""))
    except NotReadable as error:
        raise Refused(f"{path}: {error}") from None
    pins.set_override(
        golden,
        path,
        value,
        cause_from(request),
        _day(request.POST.get("expires_at", "")),
        number_from(request, "version"),
    )
    messages.success(request, f"{path} is pinned.")
    return redirect(tab(golden, "profile"))


@deed
def unpin(request: HttpRequest, golden: UUID) -> HttpResponse:
    """Clear an override."""
    path = request.POST.get("path", "")
    pins.clear_override(golden, path, cause_from(request), number_from(request, "version"))
    messages.success(request, f"{path} is no longer pinned.")
    return redirect(tab(golden, "profile"))


def _attribute(entity: str, path: str, sees_restricted: bool) -> Attribute:
    """The declared attribute or part at a path; Refused where it is masked for this person."""
    schema = schema_of(entity)
    try:
        attribute, whole = schema.at(path), schema[path.partition("[")[0]]
    except KeyError:
        raise NotFound(f"There is no attribute {path[:60]}.") from None
    if (attribute.restricted or whole.restricted) and not sees_restricted:
        raise Refused(f"{path} is restricted.")
    return attribute


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused("Until is a day such as 2026-12-31.") from None


@deed
def merge(request: HttpRequest) -> HttpResponse:
    """Preview a merge, or do it."""
    goldens = _ids(request.POST, "golden")
    survivor = id_of(request.POST.get("survivor", ""))
    if len(goldens) > AT_MOST:
        raise Refused(f"At most {AT_MOST} records are merged at once.")
    preview = request.POST.get("step") != "confirm"
    picks = picked(request, [survivor, *goldens])
    cause = cause_from(request, needed=not preview)
    expected = _versions(request.POST)
    outcome = stewardship.merge(survivor, goldens, cause, expected, preview, picks)
    if preview:
        return preview_of(request, outcome, "Merge", "console:merge", picks=sorted(picks))
    tell_merged(request, outcome)
    return redirect(tab(survivor, "merges"))


def picked(request: HttpRequest, goldens: Sequence[UUID]) -> dict[str, Any]:
    """What the form picks among these golden records of one entity."""
    subject = Golden.objects.filter(pk__in=goldens).first()
    if subject is None:
        return {}
    sees = principal_of(request).sees_restricted
    return picks_from(request.POST, subject.entity, goldens, sees)


@asked
def survivor(request: HttpRequest) -> HttpResponse:
    """A part of the compare page: what the merge as it now stands in the form would give."""
    try:
        goldens, kept = _ids(request.POST, "golden"), id_of(request.POST.get("survivor", ""))
        picks = picked(request, [kept, *goldens])
        cause = cause_from(request, needed=False)
        outcome = stewardship.merge(kept, goldens[:AT_MOST], cause, None, True, picks)
    except IdentityError as error:
        return render(request, "console/survivor.html", {"refusal": str(error)})
    sees = principal_of(request).sees_restricted
    context = {
        "ahead": ahead(outcome, sees),
        "results": results(outcome.touched[kept], sees),
        "picks": [label(name) for name in sorted(picks)],
    }
    return render(request, "console/survivor.html", context)


def tell_merged(request: HttpRequest, outcome: Outcome) -> None:
    """Say what was merged, with the way back."""
    for row in outcome.merges:
        undo_url = reverse("console:undo", args=[row.pk])
        text = '{} is merged into {}. <a class="link" href="{}">Undo…</a>'
        codes = (row.absorbed.code, row.survivor.code)
        messages.success(request, format_html(text, *codes, undo_url))


@deed
def split(request: HttpRequest, golden: UUID) -> HttpResponse:
    """Preview a split, or do it."""
    records = _ids(request.POST, "record")
    preview = request.POST.get("step") != "confirm"
    cause = cause_from(request, needed=not preview)
    expected = number_from(request, "version")
    outcome = stewardship.split(golden, records, cause, expected, preview)
    if preview:
        return preview_of(request, outcome, "Split", "console:split", golden, records=records)
    count = len(outcome.moved)
    messages.success(request, f"{count} source record{'s' if count > 1 else ''} split off.")
    return redirect(tab(golden, "records"))


def preview_of(
    request: HttpRequest, outcome: Outcome, word: str, action: str, *args: Any, **context: Any
) -> HttpResponse:
    """The page that shows what a deed would do, with the form that does it."""
    moved = SourceRecord.objects.filter(id__in=list(outcome.moved)).select_related("system")
    return show(
        request,
        "console/preview.html",
        f"{word}: what will happen",
        word=word,
        action=reverse(action, args=args),
        subject=outcome.subject,
        ahead=ahead(outcome, principal_of(request).sees_restricted),
        moved=moved.order_by("id"),
        fields=_carried(request.POST),
        reason=request.POST.get("reason", ""),
        back=request.POST.get("back", "") or tab(outcome.subject, "profile"),
        **context,
    )


_NOT_CARRIED = frozenset({"csrfmiddlewaretoken", "step", "reason", "back"})


def _carried(form: QueryDict) -> list[tuple[str, str]]:
    """What the confirmation sends again: everything but the step, the reason and allocations."""
    return [
        (name, value)
        for name, values in form.lists()
        if name not in _NOT_CARRIED and not name.startswith(("allocate:", "give:"))
        for value in values
    ]


def _versions(form: QueryDict) -> dict[UUID, int]:
    """`version:<golden>` fields: what the steward saw."""
    return {
        id_of(name.removeprefix("version:")): int(value)
        for name, value in single(form)
        if name.startswith("version:") and value.isascii() and value.isdigit() and len(value) < 19
    }


def single(form: QueryDict) -> list[tuple[str, str]]:
    """Each field with its last value."""
    return [(name, values[-1]) for name, values in form.lists() if values]


def _ids(form: QueryDict, name: str) -> list[UUID]:
    return [id_of(value) for value in dict.fromkeys(form.getlist(name))]


def id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("The form names no record.") from None
