"""Pages for people beside the API: its documentation, and one page for each kind of problem."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)

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


def problem_index(request: HttpRequest) -> HttpResponse:
    """All kinds of problems."""
    return render(request, "canonical/problems.html", {"kinds": KINDS.values()})


def problem_page(request: HttpRequest, code: str) -> HttpResponse:
    """What one kind of problem means and what the caller should do."""
    if code not in KINDS:
        raise Http404
    return render(request, "canonical/problem.html", {"kind": KINDS[code]})
