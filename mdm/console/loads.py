"""Loads: files that people bring, rehearsed with what overlaps, loaded, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from canonical.admin.base import principal_of
from canonical.entities import ENTITIES
from canonical.identity.errors import Conflict, Refused
from canonical.models import System
from mdm.console.layout.drawings import Bar, bars
from mdm.console.pages import cause_from, is_fragment, scoped, show
from sync.inbound import uploads
from sync.inbound.files import endings
from sync.inbound.uploads import rollback, standing
from sync.models import Mapping as StoredMapping
from sync.models import Upload, UploadState

SHOWN = 50
# What became, or would become, of rows: the group, its name, and what it means.
GROUPS = (
    ("new", "New", "They make golden records."),
    ("matching", "Matching", "They join a golden record and contradict nothing in it."),
    ("conflicting", "Conflicting", "They join a golden record that says something else."),
    ("repeated", "Repeated", "They mean the same as another row of the file."),
    ("doubtful", "Doubtful", "They make golden records, and a person is asked about a match."),
    ("known", "Known", "The system has sent them before."),
    ("quarantined", "Quarantined", "They are kept, but cannot be used as they are."),
    ("refused", "Refused", "They are not taken in."),
)
KINDS = {"new": "for", "quarantined": "against", "refused": "against"}


@dataclass(frozen=True, slots=True)
class Group:
    """One group of an overlap: its bar, and the first rows of it."""

    name: str
    meaning: str
    bar: Bar
    examples: list[dict[str, Any]]


@scoped("ingest")
def loads_page(request: HttpRequest) -> HttpResponse:
    """The files that were brought, the newest first."""
    found = Upload.objects.defer("content", "report", "withdrawal").select_related("system")
    rows = found.order_by("-uploaded_at")[:SHOWN]
    return show(request, "console/loads/list.html", "Loads", rows=rows)


@scoped("ingest")
def new_load(request: HttpRequest) -> HttpResponse:
    """Bring a file of a system's records; it is rehearsed at once."""
    if request.method == "POST":
        try:
            upload = _brought(request)
        except Refused as error:
            messages.error(request, str(error))
        else:
            return redirect("console:load", upload.pk)
    mapped = StoredMapping.objects.filter(active=True).values_list("system_id", "entity")
    told = request.POST or request.GET
    return show(
        request,
        "console/loads/new.html",
        "Load a file",
        systems=System.objects.exclude(code="console").filter(active=True),
        entities=[(entity, entity.replace("_", " ")) for entity in ENTITIES],
        mapped=sorted(mapped),
        endings=",".join(endings()),
        told={name: told.get(name, "") for name in ("system", "entity", "id_column")},
    )


def _brought(request: HttpRequest) -> Upload:
    told, file = request.POST, request.FILES.get("file")
    system = System.objects.filter(pk=told.get("system", ""), active=True).first()
    if system is None or system.code == "console":
        raise Refused("Choose the system whose records these are.")
    if told.get("entity") not in ENTITIES:
        raise Refused("Choose what the rows are.")
    if file is None:
        raise Refused("Choose a file.")
    if (file.size or 0) > uploads.asking.MAX_UPLOAD:
        raise Refused(f"{file.name} is too large for the browser: use manage.py load.")
    column = told.get("id_column", "").strip() or "source_id"
    upload = uploads.bring(
        principal_of(request), system.code, told["entity"], file.name or "", file.read(), column
    )
    uploads.ask(upload, UploadState.REHEARSING)
    return upload


@scoped("ingest")
def load_page(request: HttpRequest, upload: UUID) -> HttpResponse:
    """How far a file has come, and what overlaps, what it brought, or what was taken back."""
    found = _found(upload)
    done = standing.progress(found)
    return show(
        request,
        f"console/loads/{'state' if is_fragment(request) else 'page'}.html",
        found.name,
        upload=found,
        done=done,
        share=round(100 * done / found.total) if found.total else 0,
        working=found.state in standing.WORKING,
        forgotten=not standing.kept(found),
        overlap=_overlap(found.report) if found.report else None,
        brought=_brought_rows(found),
        taken_back=rollback.Report.of(found.withdrawal) if found.withdrawal else None,
    )


def _found(upload: UUID) -> Upload:
    rows = Upload.objects.defer("content").select_related("system", "submission")
    return get_object_or_404(rows, pk=upload)


def _overlap(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report as the page draws it."""
    counts = report["groups"]
    drawn = bars([(name, counts.get(group, 0)) for group, name, _ in GROUPS])
    groups = [
        Group(name, meaning, bar, report["examples"].get(group, []))
        for (group, name, meaning), bar in zip(GROUPS, drawn, strict=True)
        if counts.get(group)
    ]
    return {
        "groups": groups,
        "attributes": bars(
            [(name.replace("_", " "), n) for name, n in report["attributes"].items()]
        ),
        "words": report["words"],
        "faults": report["faults"],
        "pending": sorted(report["pending"].items()),
    }


def _brought_rows(upload: Upload) -> list[Bar]:
    """What became of the rows, by outcome."""
    loaded = upload.state == UploadState.LOADED
    return bars(list(standing.outcomes(upload).items())) if loaded else []


@require_POST
@scoped("ingest")
def step(request: HttpRequest, upload: UUID) -> HttpResponse:
    """Rehearse the file again, or load it."""
    found = _found(upload)
    wish = request.POST.get("wish", "")
    if wish not in (UploadState.REHEARSING, UploadState.LOADING):
        raise Refused("The form asks for nothing.")
    uploads.ask(found, UploadState(wish))
    return redirect("console:load", found.pk)


@scoped("ingest")
def withdraw_page(request: HttpRequest, upload: UUID) -> HttpResponse:
    """What taking the load back would do, and on POST with a reason the deed."""
    found = _found(upload)
    if request.method == "POST":
        cause = cause_from(request)
        uploads.withdraw(found, principal_of(request), cause.reason)
        return redirect("console:load", found.pk)
    try:
        report = rollback.outlook(found)
    except Conflict as error:
        messages.info(request, str(error))
        return redirect("console:load", found.pk)
    return show(
        request,
        "console/loads/withdraw.html",
        f"Take back {found.name}",
        upload=found,
        report=report,
        now=timezone.now(),
        back=reverse("console:load", args=[found.pk]),
    )
