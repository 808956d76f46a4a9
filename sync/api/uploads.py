"""Uploads: files of a system's records, rehearsed, loaded, followed, and taken back as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from canonical import configuration
from canonical.access import Principal
from canonical.api import parameters
from canonical.api.contract.bodies import read_body, read_deed
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Operation
from canonical.api.contract.parsers import CsvParser, FileParser
from canonical.api.contract.problems import Problem, invalid
from canonical.api.contract.view import BATCH_BODY, ContractView, once, reach
from canonical.models import CONSOLE
from sync.api import upload_descriptions as descriptions
from sync.inbound import uploads
from sync.inbound.uploads import rollback, standing
from sync.models import Upload, UploadState

FILTERS: Final = ("system", "entity", "state")
NAME: Final = 255


def visible(caller: Principal) -> QuerySet[Upload]:
    """The files of the systems that a caller reaches, without their bytes."""
    rows = Upload.objects.defer("content").select_related("submission")
    return rows if caller.every_system else rows.filter(system=caller.system)


def show(upload: Upload) -> dict[str, Any]:
    """A file with all that is known of it."""
    made = upload.submission
    return {
        **head(upload),
        "kept": standing.kept(upload),
        "report": upload.report or None,
        "outcomes": standing.outcomes(upload) or None,
        "submission": f"/api/v1/submissions/{made.pk}" if made else None,
        "withdrawal": _withdrawal(upload),
    }


def head(upload: Upload) -> dict[str, Any]:
    """A file as a list shows it."""
    return {
        "id": upload.pk,
        "url": f"/api/v1/uploads/{upload.pk}",
        "system": upload.system_id,
        "entity": upload.entity,
        "name": upload.name,
        "sha256": upload.digest,
        "id_column": upload.id_column,
        "state": upload.state,
        "total": upload.total,
        "done": standing.progress(upload),
        "failure": upload.failure or None,
        "uploaded_by": upload.owner_name,
        "uploaded_at": upload.uploaded_at,
    }


def _withdrawal(upload: Upload) -> dict[str, Any] | None:
    if not upload.withdrawn_by_id:
        return None
    return {
        "reason": upload.reason,
        "by": upload.withdrawn_by,
        "at": upload.withdrawn_at,
        **rollback.Report.of(upload.withdrawal).as_json(),
    }


class UploadView(ContractView):
    """An address of files; whoever puts records in may bring them as a file, and take it back."""

    scopes: ClassVar = {"GET": "ingest", "POST": "ingest"}
    criticality: ClassVar = "normal"

    def found(self, id: UUID) -> Upload:
        """The file, where the caller reaches its system; else 404."""
        upload = visible(self.principal).filter(pk=id).first()
        if upload is None:
            raise Problem("not-found", "There is no such upload.")
        return upload

    def describe(self, method: str) -> Operation:
        return descriptions.OPERATIONS[type(self).__name__, method]


class UploadList(UploadView):
    """`GET|POST /api/v1/uploads`."""

    max_body: ClassVar[int] = BATCH_BODY
    parser_classes: Sequence[type[BaseParser]] = [FileParser, CsvParser]

    def get(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, (*FILTERS, "limit", "cursor"))
        purpose = "uploads " + "&".join(f"{name}={query.get(name, '')}" for name in FILTERS)
        limit, rows = page_limit(query), visible(self.principal).filter(self._condition(query))
        if cursor := query.get("cursor"):
            rows = rows.filter(id__lt=UUID(unseal(cursor, purpose)[0]))
        found = rows.defer("content", "report", "withdrawal").order_by("-id")[: limit + 1]
        page = Page.of(found, limit, purpose, lambda row: [str(row.pk)])
        return Page([head(row) for row in page.results], page.next_cursor).response(request)

    def _condition(self, query: Mapping[str, str]) -> Q:
        condition = Q()
        if states := parameters.words(query, "state", UploadState.values):
            condition &= Q(state__in=states)
        if entity := parameters.entity(query):
            condition &= Q(entity=entity)
        if system := query.get("system"):
            reach(self.principal, system)
            condition &= Q(system=system)
        return condition

    @once
    def post(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, ("system", "entity", "name", "id_column"))
        system, entity = self._place(query)
        name, column = _text(query, "name"), _text(query, "id_column", "source_id")
        content: Any = request.data or b""
        upload = uploads.bring(self.principal, system, entity, name, content, column)
        uploads.ask(upload, UploadState.REHEARSING)
        location = {"Location": f"/api/v1/uploads/{upload.pk}"}
        return Response(show(upload), status=201, headers=location)

    def _place(self, query: Mapping[str, str]) -> tuple[str, str]:
        system, entity = _text(query, "system"), parameters.entity(query)
        reach(self.principal, system)
        if system == CONSOLE or system not in configuration.current().active:
            raise invalid("system", "unknown_system", f"There is no system {system[:40]!a}.")
        if entity is None:
            raise invalid("entity", "missing_parameter", "Say what the rows are.")
        return system, entity


def _text(query: Mapping[str, str], name: str, default: str = "") -> str:
    told = query.get(name, "").strip() or default
    if not told:
        raise invalid(name, "missing_parameter", f"The parameter {name} is missing.")
    if len(told) > NAME:
        raise invalid(name, "invalid_parameter", f"Expected at most {NAME} characters.")
    return told


class UploadDetail(UploadView):
    """`GET /api/v1/uploads/{id}`."""

    def get(self, request: Request, id: UUID) -> Response:
        known_parameters(request.query_params, ())
        return Response(show(self.found(id)))


class Step(UploadView):
    """A step that the worker takes with a file; it takes no body."""

    wish: ClassVar[UploadState]

    @once
    def post(self, request: Request, id: UUID) -> Response:
        known_parameters(request.query_params, ())
        upload = self.found(id)
        read_body(request.data, {})
        uploads.ask(upload, self.wish)
        return Response(show(self.found(id)), status=202)


class Rehearse(Step):
    """`POST /api/v1/uploads/{id}/rehearse`."""

    wish = UploadState.REHEARSING


class Load(Step):
    """`POST /api/v1/uploads/{id}/load`."""

    wish = UploadState.LOADING


class Withdraw(UploadView):
    """`POST /api/v1/uploads/{id}/withdraw`."""

    @once
    def post(self, request: Request, id: UUID) -> Response:
        known_parameters(request.query_params, ())
        upload, body = self.found(id), read_deed(request.data, {})
        if body["preview"]:
            effect = rollback.outlook(upload).as_json()
            return Response({"preview": True, "upload": show(upload), "effect": effect})
        uploads.withdraw(upload, self.principal, body["reason"])
        told = {"preview": False, "upload": show(self.found(id)), "effect": None}
        return Response(told, status=202)
