"""Credentials of systems and services: issued, rotated and revoked; a secret is shown once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.bodies import Member, flag, listing, one_of, read_body, text, whole
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import ContractView, once, reach
from canonical.golden.cause import cause_of
from canonical.governance import credentials
from canonical.models import Credential, System
from canonical.models.access import SCOPES
from canonical.validation import Fault

TAG: Final = "Ways in"
_HOUR: Final = 3600
_DAY: Final = int(credentials.KEEP_PREVIOUS.total_seconds()) // _HOUR
_WEEK: Final = int(credentials.LONGEST.total_seconds()) // _HOUR
_SECRET: Final = {"Cache-Control": "no-store"}


def show(credential: Credential, **more: Any) -> dict[str, Any]:
    """A credential as administrators read it; the secret only where it has just been made."""
    return {
        "client_id": credential.client_id,
        "name": credential.name,
        "system": credential.system_id,
        "scopes": credential.scopes,
        "restricted": credential.restricted,
        "active": credential.active,
        "previous_secret_until": credential.previous_secret_until,
        "created_at": credential.created,
        **more,
    }


class CredentialView(ContractView):
    """An address of credentials: an administrator's own system's, or where it reaches all, all."""

    scopes: ClassVar = {"GET": "admin", "POST": "admin"}

    def visible(self) -> QuerySet[Credential]:
        """The credentials that the caller looks after."""
        rows = Credential.objects.all()
        return rows if self.principal.every_system else rows.filter(system=self.principal.system)

    def found(self, client_id: str) -> Credential:
        """One of them; 404 for any other."""
        credential = self.visible().filter(client_id=client_id).first()
        if credential is None:
            raise Problem("not-found", "There is no such credential.")
        return credential

    def describe(self, method: str) -> Operation:
        return _OPERATIONS[type(self).__name__, method]


class CredentialList(CredentialView):
    """`GET|POST /api/v1/credentials`."""

    members: ClassVar = {
        "system": Member(text(40, 1)),
        "name": Member(text(255), default=""),
        "scopes": Member(listing(one_of(list(SCOPES)), len(SCOPES)), required=True),
        "restricted": Member(flag, default=False),
        "reason": Member(text(), default=""),
    }

    def get(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, ("system", "limit", "cursor"))
        rows, limit = self.visible(), page_limit(query)
        if system := query.get("system"):
            reach(self.principal, system)
            rows = rows.filter(system=system)
        purpose = f"credentials {system}"
        if cursor := query.get("cursor"):
            rows = rows.filter(pk__gt=unseal(cursor, purpose)[0])
        page = Page.of(rows.order_by("pk")[: limit + 1], limit, purpose, lambda row: [row.pk])
        return Page([show(row) for row in page.results], page.next_cursor).response(request)

    @once
    def post(self, request: Request) -> Response:
        known_parameters(request.query_params, ())
        body = read_body(request.data, self.members)
        system, scopes = self._system(body["system"]), list(dict.fromkeys(body["scopes"]))
        self._refuse_more(scopes, body["restricted"])
        cause = cause_of(self.principal, body["reason"])
        issued = credentials.issue(system, scopes, body["name"], body["restricted"], cause)
        told = show(issued.credential, client_secret=issued.client_secret)
        return Response(told, status=201, headers=_SECRET)

    def _system(self, code: str | None) -> System | None:
        """The system in the body; a service, which is none, is let in by who reaches all."""
        if code is None:
            if not self.principal.every_system:
                raise Problem("forbidden", "Only who reaches every system lets a service in.")
            return None
        reach(self.principal, code)
        system = System.objects.filter(pk=code, active=True).first()
        if system is None:
            detail = f"There is no system {code!a}."
            raise Problem("unprocessable", detail, errors=[Fault("/system", "unknown", detail)])
        return system

    def _refuse_more(self, scopes: list[str], restricted: bool) -> None:
        """Nobody gives what they do not have."""
        if lacking := [scope for scope in scopes if not self.principal.may(scope)]:
            raise Problem("forbidden", f"You do not have {', '.join(lacking)} to give.")
        if restricted and not self.principal.sees_restricted:
            raise Problem("forbidden", "You do not have the grant for restricted attributes.")


class CredentialDetail(CredentialView):
    """`GET /api/v1/credentials/{client_id}`."""

    scopes: ClassVar = {"GET": "admin"}

    def get(self, request: Request, client_id: str) -> Response:
        known_parameters(request.query_params, ())
        return Response(show(self.found(client_id)))


class RotateCredential(CredentialView):
    """`POST /api/v1/credentials/{client_id}/rotate-secret`."""

    scopes: ClassVar = {"POST": "admin"}
    members: ClassVar = {
        "keep_hours": Member(whole(0, _WEEK), default=_DAY),
        "reason": Member(text(), default=""),
    }

    @once
    def post(self, request: Request, client_id: str) -> Response:
        known_parameters(request.query_params, ())
        found, body = self.found(client_id), read_body(request.data, self.members)
        keep = timedelta(hours=body["keep_hours"])
        secret = credentials.rotate(found, keep, cause_of(self.principal, body["reason"]))
        return Response(show(found, client_secret=secret), headers=_SECRET)


class RevokeCredential(CredentialView):
    """`POST /api/v1/credentials/{client_id}/revoke`."""

    scopes: ClassVar = {"POST": "admin"}

    @once
    def post(self, request: Request, client_id: str) -> Response:
        known_parameters(request.query_params, ())
        found = self.found(client_id)
        body = read_body(request.data, {"reason": Member(text(), default="")})
        credentials.revoke(found, cause_of(self.principal, body["reason"]))
        return Response(show(found))


_SCOPES: Final = describe.listing({"type": "string", "enum": list(SCOPES)})
_REASON: Final = {"reason": {"type": "string", "maxLength": 500}}
_SHOWN: Final = describe.record(
    {
        "client_id": describe.STRING,
        "name": describe.STRING,
        "system": describe.nullable(describe.STRING)
        | {"description": "The only system it writes for; null for a service."},
        "scopes": _SCOPES,
        "restricted": describe.BOOLEAN | {"description": "Sees restricted attributes."},
        "active": describe.BOOLEAN,
        "previous_secret_until": describe.nullable(describe.INSTANT)
        | {"description": "So long the secret before the newest is good too."},
        "created_at": describe.INSTANT,
    }
)
_WITH_SECRET: Final = describe.record(
    {
        **_SHOWN["properties"],
        "client_secret": describe.STRING | {"description": "Shown this once; keep it."},
    }
)
_CLIENT_ID: Final = "erp-5b1f0c9e8d7a6b43"
_EXAMPLE: Final[Mapping[str, Any]] = {
    "client_id": _CLIENT_ID,
    "name": "NetSuite ERP",
    "system": "erp",
    "scopes": ["ingest", "read"],
    "restricted": False,
    "active": True,
    "previous_secret_until": None,
    "created_at": schemas.EXAMPLE_INSTANT,
}
_NEW: Final = {**_EXAMPLE, "client_secret": "3yq0vXyJ5s0mC1u8eVb3nZr7wLq4hT2kqG5tRz9pWcU"}
_PATH: Final = (describe.in_path("client_id", "Its client id.", _CLIENT_ID),)
_OPERATIONS: Final[Mapping[tuple[str, str], Operation]] = {
    ("CredentialList", "GET"): Operation(
        "list_credentials",
        "List credentials",
        "Those of the caller's own system; of all systems, and of services, for who reaches all.",
        TAG,
        {200: Answer("One page.", describe.page(_SHOWN), describe.page_example(_EXAMPLE))},
        query=(describe.in_query("system", "A system's code."), describe.LIMIT, describe.CURSOR),
    ),
    ("CredentialList", "POST"): Operation(
        "issue_credential",
        "Issue a credential",
        "Lets a system in, or without `system` a service. Nobody gives a scope or a grant that "
        "they do not have. The secret is in this answer alone, and in its repeats by the same "
        "Idempotency-Key.",
        TAG,
        {201: Answer("The credential with its secret.", _WITH_SECRET, _NEW)},
        body=describe.body(
            describe.closed(
                {"scopes": _SCOPES | {"minItems": 1, "maxItems": len(SCOPES)}},
                {
                    "system": {"type": "string", "minLength": 1, "maxLength": 40},
                    "name": {"type": "string", "maxLength": 255},
                    "restricted": {"type": "boolean", "default": False},
                    **_REASON,
                },
            ),
            {"system": "erp", "name": "NetSuite ERP", "scopes": ["ingest", "read"]},
        ),
    ),
    ("CredentialDetail", "GET"): Operation(
        "get_credential",
        "Read one credential",
        "What it may do; its secret is never shown again.",
        TAG,
        {200: Answer("The credential.", _SHOWN, _EXAMPLE)},
        path=_PATH,
    ),
    ("RotateCredential", "POST"): Operation(
        "rotate_credential",
        "Give a credential a new secret",
        "The old one stays good for `keep_hours`, so that both sides need not change at once.",
        TAG,
        {200: Answer("The credential with its new secret.", _WITH_SECRET, _NEW)},
        path=_PATH,
        body=describe.body(
            describe.closed(
                {},
                {
                    "keep_hours": {
                        "type": "integer",
                        "minimum": 0,
                        "maximum": _WEEK,
                        "default": _DAY,
                    },
                    **_REASON,
                },
            ),
            {"keep_hours": 48},
        ),
    ),
    ("RevokeCredential", "POST"): Operation(
        "revoke_credential",
        "Revoke a credential",
        "It is let in no more, at once and for ever; its tokens end with it.",
        TAG,
        {200: Answer("The credential.", _SHOWN, {**_EXAMPLE, "active": False})},
        path=_PATH,
        body=describe.body(describe.closed({}, _REASON), {"reason": "The system is gone."}),
    ),
}
