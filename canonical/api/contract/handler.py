"""Where exceptions become answers: in views, and for Django's own pages under the API."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from rest_framework import exceptions
from rest_framework.response import Response

from canonical.api.contract import problems, renderers
from canonical.api.contract.problems import Problem
from canonical.identity import errors as identity
from canonical.validation import Fault

log = structlog.get_logger(__name__)

PREFIXES: Final = ("/api/", "/oauth/")
RETRY_SECONDS: Final = "1"

Translator = Callable[[Any], Problem]
_TRANSLATORS: dict[type[Exception], Translator] = {}


def translates(*kinds: type[Exception]) -> Callable[[Translator], Translator]:
    """Register how an exception of a use case is told to the caller, subclasses included."""

    def register(translator: Translator) -> Translator:
        for kind in kinds:
            _TRANSLATORS[kind] = translator
        return translator

    return register


def problem_of(error: Exception) -> Problem | None:
    """The problem an exception stands for, or None if it is a fault of the hub."""
    if isinstance(error, Problem):
        return error
    for kind in type(error).__mro__:
        if kind in _TRANSLATORS:
            return _TRANSLATORS[kind](error)
    return None


@translates(Http404)
def _missing(error: Http404) -> Problem:
    return Problem("not-found")


@translates(PermissionDenied)
def _denied(error: PermissionDenied) -> Problem:
    return Problem("forbidden", str(error))


@translates(OperationalError, InterfaceError)
def _database(error: Exception) -> Problem:
    log.warning("database_unavailable", error=str(error).splitlines()[0])
    return Problem("unavailable", headers={"Retry-After": RETRY_SECONDS})


@translates(identity.NotFound)
def _unknown(error: identity.NotFound) -> Problem:
    return Problem("not-found", str(error))


@translates(identity.Conflict)
def _conflict(error: identity.Conflict) -> Problem:
    return Problem("state-conflict", str(error))


@translates(identity.VersionConflict)
def _version(error: identity.VersionConflict) -> Problem:
    return Problem("precondition-failed", str(error))


@translates(identity.Refused)
def _refused(error: identity.Refused) -> Problem:
    return Problem("unprocessable", str(error))


@translates(identity.Busy)
def _busy(error: identity.Busy) -> Problem:
    return Problem("unavailable", str(error), headers={"Retry-After": RETRY_SECONDS})


@translates(exceptions.ValidationError)
def _validation(error: exceptions.ValidationError) -> Problem:
    faults = list(_faults(error.detail, ""))
    return Problem("invalid-request", faults[0].detail if faults else "", errors=faults)


def _faults(detail: Any, pointer: str) -> list[Fault]:
    if isinstance(detail, dict):
        return [f for key, item in detail.items() for f in _faults(item, f"{pointer}/{key}")]
    if isinstance(detail, list):
        return [fault for item in detail for fault in _faults(item, pointer)]
    return [Fault(pointer, getattr(detail, "code", "invalid"), str(detail))]


@translates(exceptions.APIException)
def _framework(error: exceptions.APIException) -> Problem:
    problem = problems.of_status(error.status_code, _first_text(error.detail))
    if challenge := getattr(error, "auth_header", None):
        problem.headers["WWW-Authenticate"] = challenge
    return problem


def _first_text(detail: Any) -> str:
    while isinstance(detail, list | dict) and detail:
        detail = next(iter(detail.values() if isinstance(detail, dict) else detail))
    return str(detail)


def handle(error: Exception, drf_context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: a problem where one is known, else None (and so a logged 500)."""
    problem = problem_of(error)
    if problem is None:
        return None
    request = drf_context["request"]
    response = Response(
        renderers.dumps(problems.body(problem, request.path, base_of(request))),
        status=problem.kind.status,
        headers=problem.headers,
        content_type=problems.MEDIA_TYPE,
    )
    response.exception = True
    return response


def base_of(request: HttpRequest) -> str:
    """Scheme and host of the request; nothing where the host is not ours."""
    try:
        return request.build_absolute_uri("/")[:-1]
    except Exception:  # DisallowedHost: the answer to it must not raise it again
        return ""


class ProblemMiddleware:
    """Turns what Django itself answers under the API (404, 405, CSRF, 500) into problems."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < HTTPStatus.BAD_REQUEST or not self._ours(request, response):
            return response
        return self._replace(request, response)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what a view outside DRF raised, where it is known."""
        problem = problem_of(error) if request.path.startswith(PREFIXES) else None
        return answer(request, problem) if problem else None

    @staticmethod
    def _ours(request: HttpRequest, response: HttpResponseBase) -> bool:
        written_by_a_view = "json" in response.headers.get("Content-Type", "")
        return request.path.startswith(PREFIXES) and not written_by_a_view

    @staticmethod
    def _replace(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
        problem = problems.of_status(response.status_code)
        kept = {n: v for n, v in response.items() if not n.lower().startswith("content-")}
        problem.headers.update(kept)
        return answer(request, problem)


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as a plain Django answer."""
    return HttpResponse(
        renderers.dumps(problems.body(problem, request.path, base_of(request))),
        status=problem.kind.status,
        headers=problem.headers,
        content_type=problems.MEDIA_TYPE,
    )
