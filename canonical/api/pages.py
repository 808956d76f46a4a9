"""Pages for people beside the API: its documentation, and one page for each kind of problem."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)

from canonical.api.contract import catalogue, release
from canonical.api.contract.problems import KINDS


class SchemaDocument(SpectacularAPIView):
    """The OpenAPI 3.1 document, open to everyone: it holds no data."""

    throttle_classes = []


class Documentation(SpectacularSwaggerSplitView):
    """Swagger UI from the package."""

    url_name = "openapi"


class Reference(SpectacularRedocView):
    """ReDoc from the package, with a template that loads no fonts from elsewhere."""

    url_name = "openapi"
    template_name = "canonical/redoc.html"


@cache
def _entries() -> tuple[catalogue.Entry, ...]:
    """The catalogue, by subject; the addresses of a process never change."""
    return tuple(sorted(catalogue.entries(release.served()), key=lambda entry: entry.tag))


def catalogue_page(request: HttpRequest) -> HttpResponseBase:
    """Every operation with its owner; as JSON with `?format=json` or if only that is accepted."""
    wants_json = request.GET.get("format") == "json"
    if wants_json or request.get_preferred_type(["text/html", "application/json"]) != "text/html":
        return JsonResponse({"operations": [asdict(entry) for entry in _entries()]})
    shown = {"entries": _entries(), "criticalities": catalogue.CRITICALITIES}
    return render(request, "canonical/catalogue.html", shown)


def problem_index(request: HttpRequest) -> HttpResponse:
    """All kinds of problems."""
    return render(request, "canonical/problems.html", {"kinds": KINDS.values()})


def problem_page(request: HttpRequest, code: str) -> HttpResponse:
    """What one kind of problem means and what the caller should do."""
    if code not in KINDS:
        raise Http404
    return render(request, "canonical/problem.html", {"kind": KINDS[code]})
