"""The door for what systems say of themselves: an event is proved and put down, and no more."""

from __future__ import annotations

from io import BytesIO
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from canonical import configuration
from canonical.access import Principal
from canonical.api.contract.describe import Operation
from canonical.api.contract.parsers import read_body
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import ContractView
from sync import connectors
from sync.api import source_descriptions as descriptions
from sync.connectors import events
from sync.inbound import hints
from sync.models import Connection
from sync.outbound import wake


class Notices(ContractView):
    """`POST /api/v1/systems/{system}/events`, in the form of the system's vendor or the hub's own.

    Its callers have no token: what they send proves itself.
    """

    scopes: ClassVar = {}
    owner = "Integration"
    criticality = "high"
    proved: ClassVar[bool] = True
    connection: Connection
    notice: events.Notice
    kind: events.Kind

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Vendors ask for what they like."""
        return super().perform_content_negotiation(request, force=True)

    def caller(self, request: Request) -> Principal:
        """The system, if the event proves to be its own."""
        system = str(self.kwargs["system"])
        self.notice = _notice(request, self.max_body)
        found = Connection.objects.filter(pk=system).first()
        self.kind = events.kind_of(found.connector if found else "", self.notice)
        secrets = found.event_secret.split() if found else []
        now = int(timezone.now().timestamp())
        if not found or not events.proves(self.kind, self.notice, secrets, now):
            raise Problem(
                "unauthenticated",
                "The event proves no sender that is known here.",
                headers={"WWW-Authenticate": self.kind.challenge},
            )
        self.connection = found
        return Principal(id=f"events:{system}", name=system, system=system)

    def post(self, request: Request, system: str) -> Response | HttpResponse:
        profile = connectors.SYSTEMS[self.connection.connector].profile
        if system not in configuration.current().active:
            raise Problem("not-found", f"There is no system {system[:40]!a}.")
        try:
            named = list(self.kind.named(self.notice, profile))
        except events.Unreadable as error:
            raise Problem("invalid-request", str(error)) from None
        noted = hints.note(self.connection, named)
        if noted:
            wake.hints()
        if self.kind.reply:
            return HttpResponse(self.kind.reply.body, content_type=self.kind.reply.media)
        return Response({"noted": noted})

    def describe(self, method: str) -> Operation:
        return descriptions.NOTICES


def _notice(request: Request, limit: int) -> events.Notice:
    return events.Notice(
        method=str(request.method),
        url=request.build_absolute_uri(),
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.query_params.dict(),
        body=read_body(request.stream or BytesIO(), limit, request.headers),
    )
