"""Source records: what systems put in, read back, retire, and send in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.http import StreamingHttpResponse
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from canonical import configuration
from canonical.api import parameters
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Operation
from canonical.api.contract.idempotency import fingerprint, required_key
from canonical.api.contract.parsers import NDJSONParser, StrictJSONParser, expect_object
from canonical.api.contract.problems import Problem, invalid
from canonical.api.contract.renderers import NDJSON, ContractRenderer, LineRenderer, lines
from canonical.api.contract.strict_json import MalformedJson
from canonical.api.contract.view import BATCH_BODY, ContractView
from canonical.context import bound, current
from canonical.entities import entity_of_path
from canonical.models import CONSOLE, SourceRecord
from canonical.validation import Fault, instant
from sync.api import source_descriptions as descriptions
from sync.inbound import submissions
from sync.inbound.arrivals import MAX_VERSION, BadItem, Item, read_item
from sync.inbound.receive import receive, receive_one
from sync.inbound.stored import golden_behind, shown
from sync.inbound.submissions import AT_A_TIME, Batch, InProgress, OtherContent
from sync.inbound.wording import said, status_of
from sync.models import Submission
from sync.outbound import wake

MAX_ITEMS = 100_000


class SourceView(ContractView):
    """An address below one entity of one system."""

    scopes: ClassVar = {"GET": "read", "PUT": "ingest", "DELETE": "ingest", "POST": "ingest"}
    stamp: int | None = None
    """The configuration's, as `place` read it."""

    def place(self, system: str, entity: str) -> str:
        """The singular of the entity an address names; 404 where it or the system is unknown."""
        try:
            kind = entity_of_path(entity)
        except KeyError:
            raise Problem("not-found", f"There is no entity {entity[:40]!a}.") from None
        stamp = self.principal.stamp
        config = configuration.current() if stamp is None else configuration.known(stamp)
        self.stamp = config.stamp
        if system == CONSOLE or system not in config.active:
            raise Problem("not-found", f"There is no system {system[:40]!a}.")
        return kind

    def record(self, system: str, entity: str, source_id: str) -> SourceRecord:
        """The stored record; 404 for none."""
        kind = self.place(system, entity)
        found = SourceRecord.objects.filter(system=system, entity=kind, source_id=source_id)
        record = found.select_related("current").first()
        if record is None:
            raise Problem("not-found", "There is no such source record.")
        return record


class SourceRecordView(SourceView):
    """`PUT`, `GET`, `DELETE /api/v1/systems/{system}/{entity}/{source_id}`."""

    def put(self, request: Request, system: str, entity: str, source_id: str) -> Response:
        kind = self.place(system, entity)
        known_parameters(request.query_params, ("dry_run",))
        try:
            item = read_item(expect_object(request.data), source_id)
        except BadItem as error:
            raise _refused(error.faults) from None
        return self.taken(request, system, kind, item)

    def taken(self, request: Request, system: str, kind: str, item: Item) -> Response:
        """Take one item in, or with `?dry_run=true` only tell what would become of it."""
        dry_run = parameters.flag(request.query_params, "dry_run")
        given = self.principal, system, kind
        if dry_run:
            [answer] = receive(*given, [item], dry_run=True, stamp=self.stamp)
        else:
            answer = receive_one(*given, item, self.stamp)
        if answer.faults:
            raise _refused(answer.faults)
        status = 200 if item.retired else status_of(answer, dry_run)
        return Response(said(answer, dry_run), status=status)

    def get(self, request: Request, system: str, entity: str, source_id: str) -> Response:
        known_parameters(request.query_params, ())
        record = self.record(system, entity, source_id)
        own = self.principal.system == system
        return Response(shown(record, own or self.principal.sees_restricted))

    def delete(self, request: Request, system: str, entity: str, source_id: str) -> Response:
        query = request.query_params
        known_parameters(query, ("modified_at", "version", "dry_run"))
        modified_at, version = instant(query.get("modified_at")), _version(query.get("version"))
        if query.get("modified_at") and modified_at is None:
            raise invalid("modified_at", "not_an_instant", "An instant such as 2026-01-31T09:30Z.")
        if modified_at is None and version is None:
            self.record(system, entity, source_id)
        kind = self.place(system, entity)
        item = Item(source_id, None, modified_at, version, retired=True)
        return self.taken(request, system, kind, item)

    def describe(self, method: str) -> Operation:
        return descriptions.RECORD[method]


def _version(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= MAX_VERSION):
        raise invalid("version", "not_a_version", "A whole number from 0 is expected.")
    return int(text)


def _refused(faults: Sequence[Fault]) -> Problem:
    return Problem("invalid-request", faults[0].detail, errors=faults)


class GoldenBehind(SourceView):
    """`GET /api/v1/systems/{system}/{entity}/{source_id}/golden`."""

    def get(self, request: Request, system: str, entity: str, source_id: str) -> Response:
        golden = golden_behind(self.record(system, entity, source_id))
        if golden is None:
            raise Problem("not-found", "No golden record stands behind this source record yet.")
        address = f"/api/v1/{entity}/{golden.id}"
        body = {"id": str(golden.id), "code": golden.code, "url": address}
        return Response(body, status=308, headers={"Location": address})

    def describe(self, method: str) -> Operation:
        return descriptions.GOLDEN


class BatchView(SourceRecordView):
    """`POST /api/v1/systems/{system}/{entity}/batch`; else the record whose id is `batch`."""

    max_body: ClassVar[int] = BATCH_BODY
    parser_classes: Sequence[type[BaseParser]] = [StrictJSONParser, NDJSONParser]
    renderer_classes = (ContractRenderer, LineRenderer)

    def put(self, request: Request, system: str, entity: str, source_id: str = "batch") -> Response:
        return super().put(request, system, entity, source_id)

    def get(self, request: Request, system: str, entity: str, source_id: str = "batch") -> Response:
        return super().get(request, system, entity, source_id)

    def delete(
        self, request: Request, system: str, entity: str, source_id: str = "batch"
    ) -> Response:
        return super().delete(request, system, entity, source_id)

    def post(self, request: Request, system: str, entity: str) -> Any:
        kind = self.place(system, entity)
        known_parameters(request.query_params, ("dry_run",))
        bodies = _bodies(request.data)
        if parameters.flag(request.query_params, "dry_run"):
            return self._rehearsed(system, kind, bodies)
        batch = Batch(system, kind, bodies, required_key(request), fingerprint(request))
        later = "respond-async" in request.headers.get("Prefer", "").lower()
        try:
            if later or (len(bodies) > AT_A_TIME and not _in_lines(request)):
                return self._later(batch)
            if _in_lines(request):
                return self._in_turn(batch)
            answers = submissions.answer_now(self.principal, batch)
        except OtherContent:
            raise Problem("idempotency-key-reused") from None
        except InProgress:
            raise Problem("request-in-progress", headers={"Retry-After": "5"}) from None
        return Response({"results": answers})

    def _rehearsed(self, system: str, kind: str, bodies: Sequence[Any]) -> Any:
        if len(bodies) > AT_A_TIME:
            raise invalid("", "too_many", f"A dry run takes at most {AT_A_TIME:,} items.")
        answers = submissions.rehearse(self.principal, system, kind, bodies)
        return lines(answers) if _in_lines(self.request) else Response({"results": answers})

    def _in_turn(self, batch: Batch) -> StreamingHttpResponse:
        """Answer line by line; the work goes on behind the middleware, so it is bound again."""
        made, caller, context = submissions.begin(self.principal, batch), self.principal, current()

        def answers() -> Iterator[dict[str, Any]]:
            with bound(context):
                yield from submissions.in_turn(caller, made, batch.bodies)

        return lines(answers())

    def _later(self, batch: Batch) -> Response:
        made = submissions.accept(self.principal, batch, keep_bodies=True)
        wake.submission(made.id)
        address = f"/api/v1/submissions/{made.id}"
        headers = {"Location": address, "Preference-Applied": "respond-async"}
        return Response(submission_said(made), status=202, headers=headers)

    def describe(self, method: str) -> Operation:
        return descriptions.BATCH if method == "POST" else descriptions.record_called_batch(method)


def _in_lines(request: Request) -> bool:
    return bool(request.accepted_renderer.media_type == NDJSON)


def _bodies(data: Any) -> list[Any]:
    """The items of an array or of NDJSON lines; a line that cannot be read holds its fault."""
    if not isinstance(data, list):
        raise invalid("", "not_a_list", "An array of items is expected.")
    if not data:
        raise invalid("", "empty", "A batch has at least one item.")
    if len(data) > MAX_ITEMS:
        raise invalid("", "too_many", f"A batch has at most {MAX_ITEMS:,} items.")
    return [body.fault if isinstance(body, MalformedJson) else body for body in data]


class SubmissionView(ContractView):
    """`GET /api/v1/submissions/{id}`."""

    scopes: ClassVar = {"GET": "ingest"}

    def get(self, request: Request, id: UUID) -> Response:
        query = request.query_params
        known_parameters(query, ("limit", "cursor"))
        made = Submission.objects.filter(pk=id, owner=self.principal.id).first()
        if made is None:
            raise Problem("not-found", "There is no such submission.")
        purpose, limit = f"submission {id}", page_limit(query, default=200)
        rows = made.items.filter(answer__isnull=False)
        if cursor := query.get("cursor"):
            rows = rows.filter(position__gt=unseal(cursor, purpose)[0])
        found = rows.order_by("position").values_list("position", "answer")[: limit + 1]
        page = Page.of(found, limit, purpose, lambda row: [row[0]])
        results = [{"position": position, **answer} for position, answer in page.results]
        response = Page(results, page.next_cursor).response(request)
        response.data = {**submission_said(made), **response.data}
        return response

    def describe(self, method: str) -> Operation:
        return descriptions.SUBMISSION


def submission_said(made: Submission) -> dict[str, Any]:
    """How far a batch is."""
    return {
        "id": str(made.id),
        "url": f"/api/v1/submissions/{made.id}",
        "state": made.state,
        "total": made.total,
        "done": made.done,
        "created_at": made.created_at,
        "finished_at": made.finished_at,
    }
