"""The two pages of the wizard: samples in, mapping out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from canonical.admin.base import principal_of
from canonical.entities import ENTITIES, schema_of
from canonical.golden.cause import cause_of
from canonical.identity.errors import Refused
from canonical.models import System, Term
from mdm.console.layout.values import shown
from mdm.console.onboarding import session
from mdm.console.onboarding.rows import Row, rows_of
from mdm.console.pages import is_fragment, scoped, show
from sync.inbound.mapping import MappingError
from sync.inbound.onboarding import Draft, Trial, read_samples, set_up, try_out
from sync.inbound.onboarding.setup import check_system

SHOWN = 3
KINDS = ("crm", "erp", "psa", "hr", "billing", "knowledge", "other")
_CODE = re.compile(r"[^a-z0-9]+")


@scoped("admin")
def samples_page(request: HttpRequest) -> HttpResponse:
    """Name the system, choose what it sends, and show three payloads of it."""
    if request.method == "POST":
        try:
            session.keep(_draft_of(request), request)
        except Refused as error:
            messages.error(request, str(error))
        else:
            return redirect("console:mapping")
    return show(
        request,
        "console/onboarding/samples.html",
        "Add a system",
        systems=System.objects.exclude(code="console"),
        entities=[(entity, entity.replace("_", " ")) for entity in ENTITIES],
        kinds=KINDS,
        told=request.POST,
        draft=session.draft_of(request),
    )


def _draft_of(request: HttpRequest) -> Draft:
    told = request.POST
    code = told.get("system", "")
    existing = System.objects.filter(pk=code).first() if code else None
    name = existing.name if existing else told.get("name", "").strip()
    code = existing.code if existing else told.get("code", "").strip() or _code_of(name)
    check_system(code, name)
    entity = told.get("entity", "")
    if entity not in ENTITIES:
        raise Refused("Choose what the system sends.")
    file = request.FILES.get("file")
    content = file.read() if file else b""
    payloads = read_samples(told.get("samples", ""), (file.name or "") if file else "", content)
    draft = Draft(code, name, told.get("kind", ""), entity, payloads)
    draft.recognise()
    return draft


def _code_of(name: str) -> str:
    return _CODE.sub("_", name.lower()).strip("_")[:40]


@scoped("admin")
def mapping_page(request: HttpRequest) -> HttpResponse:
    """Map its fields, see at once what the samples become, and put the mapping in force."""
    draft = session.draft_of(request)
    if draft is None:
        messages.info(request, "Begin with the samples.")
        return redirect("console:onboarding")
    if request.method == "POST":
        _choose(draft, request.POST)
        session.keep(draft, request)
        if request.POST.get("act") == "save" and (answer := _save(request, draft)):
            return answer
        if request.POST.get("act") == "again":
            draft.recognise()
            session.keep(draft, request)
    return _mapping(request, draft)


def _mapping(request: HttpRequest, draft: Draft) -> HttpResponse:
    trial = try_out(draft.spec, draft.payloads)
    template = "result" if is_fragment(request) else "mapping"
    rows = rows_of(draft)
    return show(
        request,
        f"console/onboarding/{template}.html",
        f"{draft.name}: {draft.entity.replace('_', ' ')}",
        draft=draft,
        sections=_sections(rows),
        fields=draft.fields,
        unused=_unused(draft),
        terms=_terms(rows),
        result=_result(draft, trial),
        spec=json.dumps(draft.spec, indent=2, ensure_ascii=False),
    )


def _choose(draft: Draft, form: Mapping[str, Any]) -> None:
    """What the form says of each target; a way that is none of those offered is the first."""
    draft.id_column = form.get("id_column", "").strip()[:255]
    draft.modified_at = form.get("modified_at", "").strip()[:2000]
    sources, ways = {}, {}
    for row in rows_of(draft):
        text = form.get(f"from:{row.path}", "").strip()
        if not text:
            continue
        sources[row.path] = text[:2000]
        ways[row.path] = row.way(form.get(f"way:{row.path}", ""))
    draft.sources, draft.ways = sources, ways


def _save(request: HttpRequest, draft: Draft) -> HttpResponse | None:
    trial = try_out(draft.spec, draft.payloads)
    if not draft.id_column:
        messages.error(request, "Say which field holds the system's own id of a record.")
        return None
    if trial.issues or "anything that identifies the record" in trial.missing:
        messages.error(request, "The mapping cannot be used yet: see below.")
        return None
    try:
        mapping = set_up(draft.spec, draft.name, draft.kind, cause_of(principal_of(request)))
    except (MappingError, Refused) as error:
        messages.error(request, str(error))
        return None
    session.forget(request)
    messages.success(request, f"{mapping} is in force. Now rehearse a file of its records.")
    query = {"system": draft.code, "entity": draft.entity, "id_column": draft.id_column}
    return redirect(reverse("console:new_load", query=query))


def _sections(rows: list[Row]) -> list[tuple[str, list[Row], bool]]:
    """What is filled or must be, and the rest, which is folded away."""
    wanted = [row for row in rows if row.source or row.target.mandatory]
    rest = [row for row in rows if row not in wanted]
    return [("Recognised and mandatory", wanted, True), ("Everything else", rest, False)]


def _unused(draft: Draft) -> list[str]:
    said = " ".join((*draft.sources.values(), draft.id_column, draft.modified_at))
    return [f.label for f in draft.fields if f.path not in said and f.label not in said]


def _terms(rows: list[Row]) -> dict[str, list[str]]:
    """The constants that may be given: terms of the vocabularies on the page."""
    names = {row.target.attribute.vocabulary for row in rows if row.target.attribute.vocabulary}
    terms: dict[str, list[str]] = {name: [] for name in sorted(names)}
    found = Term.objects.filter(vocabulary__in=names, active=True)
    for vocabulary, code in found.values_list("vocabulary", "code"):
        terms[vocabulary].append(code)
    return terms


def _result(draft: Draft, trial: Trial) -> dict[str, Any]:
    """The first samples as they come out, and how many of all of them have something wrong."""
    schema = schema_of(draft.entity)
    samples = [
        {
            "number": number,
            "values": [(a.name, shown(tried.values[a.name])) for a in schema
                       if a.name in tried.values],
            "errors": tried.errors,
            "warnings": tried.warnings,
            "unmapped": tried.unmapped,
        }
        for number, tried in enumerate(trial.samples[:SHOWN], start=1)
    ]  # fmt: skip
    return {
        "issues": trial.issues,
        "samples": samples,
        "missing": [name.replace("_", " ") for name in trial.missing],
        "all": len(trial.samples),
        "spoilt": sum(bool(tried.errors) for tried in trial.samples),
        "words": sorted({(v, w) for t in trial.samples for _, v, w in t.unmapped}),
    }
