"""The view every API view derives from: who may, how often, in which form, how it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar, Final

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from canonical.access import Principal
from canonical.api.contract import idempotency, throttles
from canonical.api.contract.handler import handle
from canonical.api.contract.lifecycle import Deprecation
from canonical.api.contract.parsers import MEGABYTE
from canonical.api.contract.problems import Problem, invalid

BATCH_BODY: Final = 10 * MEGABYTE

Handler = Callable[..., Response]


class ContractView(APIView):
    """Every view names the scope of each of its methods, and whom it deprecates.

    `owner` and `criticality` stand in the catalogue where they are not those of the scope;
    `since` is the release that brought the operation.
    """

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}
    owner: ClassVar[str] = ""
    criticality: ClassVar[str] = ""
    since: ClassVar[str] = "0.1.0"
    max_body: ClassVar[int] = MEGABYTE
    deprecation: ClassVar[Deprecation | None] = None
    allowance: throttles.Allowance | None = None

    @property
    def principal(self) -> Principal:
        """Who asks; every request that reaches a handler has one."""
        principal = self.request.auth
        assert isinstance(principal, Principal)
        return principal

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what cannot be served, in this order: form, caller, quota, scope, system."""
        self.format_kwarg = None
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated
        _refuse_nul(request)
        caller = self._identify(request)
        self.allowance = throttles.spend("credential", caller.id)
        self.allowance.enforce()
        self._check_scope(request, caller)
        if "system" in kwargs:
            reach(caller, kwargs["system"])

    def _identify(self, request: Request) -> Principal:
        """The caller; guesses are counted by address, so that they are few."""
        try:
            return self.caller(request)
        except Problem:
            self.allowance = throttles.spend("anonymous", throttles.address(request))
            self.allowance.enforce()
            raise

    def caller(self, request: Request) -> Principal:
        """Who asks, by token or session; 401 for nobody."""
        if isinstance(request.auth, Principal):
            return request.auth
        challenge = str(self.get_authenticate_header(request))
        raise Problem("unauthenticated", headers={"WWW-Authenticate": challenge})

    def _check_scope(self, request: Request, caller: Principal) -> None:
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else str(request.method)
        scope = self.scopes.get(method)
        if scope is not None and not caller.may(scope):
            challenge = f'Bearer realm="assay", error="insufficient_scope", scope="{scope}"'
            detail = f"This needs the scope {scope}."
            raise Problem("insufficient-scope", detail, headers={"WWW-Authenticate": challenge})

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """The methods, in the Allow header."""
        return Response(status=204)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add what every answer carries."""
        answer = self._metered(request, response)
        final = super().finalize_response(request, answer, *args, **kwargs)
        headers = {"Cache-Control": "private, no-cache"}
        headers |= self.allowance.headers() if self.allowance else {}
        headers |= self.deprecation.headers() if self.deprecation else {}
        for name, value in headers.items():
            final.headers.setdefault(name, value)
        return final

    @staticmethod
    def _metered(request: Request, response: Any) -> Any:
        """The page, or a refusal where its reader has had the rows of a day."""
        data = getattr(response, "data", None)
        if request.method != "GET" or not isinstance(data, dict) or "results" not in data:
            return response
        caller = request.auth
        assert isinstance(caller, Principal)
        try:
            throttles.take_rows(caller.id, len(data["results"]))
        except Problem as problem:
            return handle(problem, {"request": request})
        return response


def once(post: Handler) -> Handler:
    """Answer a POST that writes once per Idempotency-Key, in one transaction with its answer.

    A POST without it only reads (a search with a body) or keeps its answers itself (a batch).
    """

    @wraps(post)
    def answered_once(view: ContractView, request: Request, **kwargs: Any) -> Response:
        return idempotency.answer_once(
            view.principal, request, lambda: post(view, request, **kwargs)
        )

    answered_once.answers_once = True  # type: ignore[attr-defined]
    return answered_once


def each_once(post: Handler) -> Handler:
    """Mark a POST that does several things, each once per Idempotency-Key: `answer_each`."""
    post.answers_once = True  # type: ignore[attr-defined]
    return post


def _refuse_nul(request: Request) -> None:
    """NUL in an address would reach the database as an error of its own."""
    if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        raise invalid("", "invalid_character", "The address contains NUL.")


def reach(caller: Principal, system: str) -> None:
    """404 for records of another system: whether they exist is not the caller's to know."""
    if not caller.reaches(system):
        raise Problem("not-found")
