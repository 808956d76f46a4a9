"""Merge, split and undo: what stewards do to identity, each with a preview that writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api.contract import bodies
from canonical.api.contract.bodies import PICKS, Member, Wrong, read_deed
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Operation
from canonical.api.contract.preconditions import check_version, etag, expected_version
from canonical.api.contract.problems import Problem, invalid
from canonical.api.contract.view import ContractView, once
from canonical.api.overrides import refuse_restricted
from canonical.api.records import EntityView
from canonical.documents import records
from canonical.models import Golden, Merge, SourceRecord
from canonical.validation import Fault
from matching.api import descriptions
from matching.api.outcomes import done, merge_shown
from matching.questions import stewardship

AT_MOST: Final = 50
RECORDS_AT_MOST: Final = 500
STATES: Final = ("open", "undone")


def _absorbed(value: Any) -> tuple[str, int | None]:
    """A golden id or code, alone or with the version it was read at."""
    if not isinstance(value, dict):
        return bodies.text(64, 1)(value), None
    if set(value) - {"id", "version"} or "id" not in value:
        raise Wrong("wrong_type", 'Expected an id, or {"id", "version"}.')
    version = value.get("version")
    return bodies.text(64, 1)(value["id"]), version and bodies.whole(1, 2**62)(version)


def _record(value: Any) -> UUID | tuple[str, str]:
    """A source record: its id here, or {"system", "source_id"}."""
    if not isinstance(value, dict):
        return bodies.uuid(value)
    if set(value) != {"system", "source_id"}:
        raise Wrong("wrong_type", 'Expected an id, or {"system", "source_id"}.')
    system, source_id = value["system"], value["source_id"]
    if not isinstance(system, str) or not isinstance(source_id, str):
        raise Wrong("wrong_type", "Expected text for system and source_id.")
    return system, source_id


def _allocation(value: Any) -> dict[UUID, UUID]:
    if not isinstance(value, dict):
        raise Wrong("wrong_type", "Expected {record id: golden id}.")
    return {bodies.uuid(record): bodies.uuid(golden) for record, golden in value.items()}


def _unprocessable(pointer: str, code: str, detail: str) -> Problem:
    return Problem("unprocessable", detail, errors=[Fault(pointer, code, detail)])


class MergeInto(EntityView):
    """`POST /api/v1/{entity}/{id}/merge`: the record in the address survives."""

    scopes: ClassVar = {"POST": "steward"}
    if_match: ClassVar = {"POST": True}

    @once
    def post(self, request: Request, id: str) -> Response:
        members = {"absorb": Member(bodies.listing(_absorbed, AT_MOST), required=True), **PICKS}
        expected = expected_version(request.headers, required=True)
        body, survivor = read_deed(request.data, members), self.found(id)
        refuse_restricted(self.schema_data, body["picks"], self.principal)
        named = self._named(body["absorb"])
        seen = {golden: version for golden, version in named.items() if version is not None}
        if expected is not None:
            seen[survivor.pk] = expected
        return done(
            self.principal,
            body,
            lambda cause: stewardship.merge(
                survivor.pk, list(named), cause, seen, picks=body["picks"]
            ),
        )

    def _named(self, absorb: Sequence[tuple[str, int | None]]) -> dict[UUID, int | None]:
        """The golden records by the names given, with the versions the caller saw."""
        found = {}
        for place, (name, version) in enumerate(absorb):
            golden = Golden.objects.filter(records.named(name)).first()
            if golden is None:
                detail = f"There is no golden record {name!a}."
                raise _unprocessable(f"/absorb/{place}", "unknown_golden", detail)
            found[golden.pk] = version
        return found

    def describe(self, method: str) -> Operation:
        return descriptions.merge(self.entity)


class Split(EntityView):
    """`POST /api/v1/{entity}/{id}/split`."""

    scopes: ClassVar = {"POST": "steward"}
    if_match: ClassVar = {"POST": True}

    @once
    def post(self, request: Request, id: str) -> Response:
        members = {"records": Member(bodies.listing(_record, RECORDS_AT_MOST), required=True)}
        expected = expected_version(request.headers, required=True)
        body, golden = read_deed(request.data, members), self.found(id)
        leaving = self._records(body["records"])
        return done(
            self.principal,
            body,
            lambda cause: stewardship.split(golden.pk, leaving, cause, expected),
        )

    def _records(self, given: Sequence[UUID | tuple[str, str]]) -> list[UUID]:
        ids = [name for name in given if isinstance(name, UUID)]
        own = {name[1] for name in given if not isinstance(name, UUID)}
        found: dict[UUID | tuple[str, str], UUID] = {}
        wanted = SourceRecord.objects.filter(Q(pk__in=ids) | Q(source_id__in=own))
        for row in wanted.filter(entity=self.entity):
            found[row.pk] = found[row.system_id, row.source_id] = row.pk
        for place, name in enumerate(given):
            if name not in found:
                detail = "There is no such source record."
                raise _unprocessable(f"/records/{place}", "unknown_record", detail)
        return [found[name] for name in given]

    def describe(self, method: str) -> Operation:
        return descriptions.split(self.entity)


class MergeView(ContractView):
    """An address below one merge; its version is 1 while it is open, 2 when it is undone."""

    def found(self, id: UUID) -> Merge:
        """The merge; else 404."""
        row = Merge.objects.select_related("survivor", "absorbed").filter(pk=id).first()
        if row is None:
            raise Problem("not-found", "There is no such merge.")
        return row


def _version(row: Merge) -> int:
    return 2 if row.undone_at else 1


class MergeList(ContractView):
    """`GET /api/v1/merges`."""

    def get(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, ("golden", "state", "limit", "cursor"))
        purpose = f"merges {query.get('golden')} {query.get('state')}"
        rows, limit = Merge.objects.filter(_asked(query)), page_limit(query)
        if cursor := query.get("cursor"):
            rows = rows.filter(id__lt=UUID(unseal(cursor, purpose)[0]))
        found = rows.select_related("survivor", "absorbed").order_by("-id")[: limit + 1]
        page = Page.of(found, limit, purpose, lambda row: [str(row.pk)])
        return Page([merge_shown(row) for row in page.results], page.next_cursor).response(request)

    def describe(self, method: str) -> Operation:
        return descriptions.MERGES


def _asked(query: Mapping[str, str]) -> Q:
    condition = Q()
    if name := query.get("golden"):
        goldens = Golden.objects.filter(records.named(name)).values("id")
        condition = Q(survivor__in=goldens) | Q(absorbed__in=goldens)
    if state := query.get("state"):
        if state not in STATES:
            raise invalid("state", "invalid_parameter", f"Expected one of {', '.join(STATES)}.")
        condition &= Q(undone_at__isnull=state == "open")
    return condition


class MergeDetail(MergeView):
    """`GET /api/v1/merges/{id}`."""

    def get(self, request: Request, id: UUID) -> Response:
        row = self.found(id)
        return Response(merge_shown(row), headers={"ETag": etag(_version(row))})

    def describe(self, method: str) -> Operation:
        return descriptions.MERGE


class Undo(MergeView):
    """`POST /api/v1/merges/{id}/undo`."""

    scopes: ClassVar = {"POST": "steward"}
    if_match: ClassVar = {"POST": False}

    @once
    def post(self, request: Request, id: UUID) -> Response:
        expected = expected_version(request.headers, required=False)
        allocate: Mapping[str, Member] = {"allocate": Member(_allocation, default={})}
        body, row = read_deed(request.data, allocate), self.found(id)
        check_version(expected, _version(row))
        return done(
            self.principal,
            body,
            lambda cause: stewardship.undo(row.pk, cause, body["allocate"]),
        )

    def describe(self, method: str) -> Operation:
        return descriptions.UNDO
