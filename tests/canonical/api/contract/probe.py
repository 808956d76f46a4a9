"""A tiny API that keeps the contract, to test the contract alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NoReturn

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api.contract.lifecycle import Deprecation
from canonical.api.contract.parsers import NDJSONParser, StrictJSONParser, expect_object
from canonical.api.contract.view import ContractView, once
from canonical.models import System


class Systems(ContractView):
    """Creates a system named by the body: something that must happen once."""

    scopes = {"GET": "read", "POST": "admin"}
    deprecation = Deprecation(
        datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), "https://x.example/why"
    )

    def get(self, request: Request) -> Response:
        return Response({"count": System.objects.count()})

    @once
    def post(self, request: Request) -> Response:
        code = expect_object(request.data)["code"]
        System.objects.create(code=code, name=code)
        return Response({"code": code}, status=201, headers={"Location": f"/{code}"})


class OfSystem(ContractView):
    """An address that belongs to a system."""

    def get(self, request: Request, system: str) -> Response:
        return Response({"system": system})


class Echo(ContractView):
    """What was understood, without writing."""

    scopes = {"POST": "match"}
    parser_classes = [StrictJSONParser, NDJSONParser]

    def post(self, request: Request) -> Response:
        return Response([str(item) for item in request.data])


class Failing(ContractView):
    """Fails in two ways."""

    def get(self, request: Request, way: str) -> NoReturn:
        raise OperationalError("the server went away") if way == "database" else RuntimeError(way)


def plain(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    raise RuntimeError("outside the framework")


urlpatterns = [
    path("", include("mdm.urls")),
    path("api/probe/systems", Systems.as_view()),
    path("api/probe/of/<str:system>", OfSystem.as_view()),
    path("api/probe/echo", Echo.as_view()),
    path("api/probe/fail/<str:way>", Failing.as_view()),
    path("api/probe/plain", plain),
]
