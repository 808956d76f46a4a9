"""Golden records: lists by cursor, and one record as it is, was known, or holds on a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.preconditions import etag, not_modified
from canonical.api.contract.problems import Problem, invalid
from canonical.api.contract.renderers import instant
from canonical.api.contract.view import ContractView
from canonical.api.parameters import (
    AS_OF,
    EFFECTIVE_ON,
    EXPAND,
    FIELDS,
    filter_parameters,
    moment,
    read,
    view_of,
)
from canonical.attributes import EntitySchema
from canonical.documents import filters, records
from canonical.documents.records import View
from canonical.documents.shape import Record
from canonical.entities import schema_of
from canonical.models import Golden, GoldenState

PAGING: Final = ("limit", "cursor")
SHOWING: Final = ("fields", "expand", "effective_on")
LISTING: Final = ("search", "state", "updated_since", "refers_to", "system", "source_id")
ID: Final = describe.in_path(
    "id", "The golden id, or the code; both stay good after a merge.", schemas.EXAMPLE_ID
)


class EntityView(ContractView):
    """An address below one of the six entities."""

    entity: str = ""

    @property
    def schema_data(self) -> EntitySchema:
        """The declared attributes of the entity."""
        return schema_of(self.entity)

    def found(self, name: str) -> Golden:
        """The golden record with this id or code; 404 for none of this entity."""
        golden = Golden.objects.filter(records.named(name), entity=self.entity).first()
        if golden is None:
            raise missing(name)
        return golden

    @property
    def words(self) -> tuple[str, str, str]:
        """The entity as people read it, its plural, and the name of its component."""
        path = self.schema_data.path.replace("-", " ")
        return self.entity.replace("_", " "), path, schemas.component(self.entity)


def missing(name: str) -> Problem:
    """404 that names what was looked for."""
    return Problem("not-found", f"There is no such record: {name[:80]!a}.")


class RecordList(EntityView):
    """`GET /api/v1/{entity}`."""

    def get(self, request: Request) -> Response:
        query = request.query_params
        wanted = filters.filters_of(self.entity)
        known_parameters(query, {*wanted, *PAGING, *SHOWING, *LISTING})
        view = view_of(query, self.schema_data, self.principal)
        order = ("updated_at", "id") if query.get("updated_since") else ("id",)
        purpose = f"{self.entity}?{_without_paging(query)}"
        limit = page_limit(query)
        goldens = Golden.objects.filter(self._condition(query), entity=self.entity)
        if cursor := query.get("cursor"):
            goldens = goldens.filter(_after(order, unseal(cursor, purpose)))
        rows = goldens.order_by(*order).values_list(*order)[: limit + 1]
        page = Page.of(rows, limit, purpose, lambda row: list(map(str, row)))
        found = records.current([row[-1] for row in page.results])
        return Page(records.show(found, view), page.next_cursor).response(request)

    def _condition(self, query: Mapping[str, str]) -> Q:
        wanted = _state(query.get("state", "")) & _known_as(query)
        for name, reader in self._readers().items():
            if condition := read(query, name, reader):
                wanted &= condition
        return wanted

    def _readers(self) -> dict[str, Callable[[str], Q]]:
        """What each parameter asks of a record."""
        of_attributes = {
            name: partial(filters.condition, self.entity, name)
            for name in filters.filters_of(self.entity)
        }
        return of_attributes | {
            "search": partial(filters.search, self.entity),
            "updated_since": lambda text: Q(updated_at__gte=moment(text)),
            "refers_to": filters.refers_to,
            "effective_on": lambda text: filters.in_force(self.entity, filters.day(text)),
        }

    def describe(self, method: str) -> Operation:
        one, many, component = self.words
        item = schemas.entity_example(self.entity)
        return Operation(
            id=f"list_{self.schema_data.path.replace('-', '_')}",
            summary=f"List {many}",
            description=f"Golden records of every {one}, oldest first; merged ones only where "
            "`state` asks for them. With `updated_since` the least recently changed come first, "
            "so that following the pages ends at the present. An unknown parameter is refused.",
            tag=many.capitalize(),
            query=(
                describe.in_query(
                    "search",
                    "Text in " + ", ".join(filters.searched(self.entity)) + "; or a code, or a "
                    "system's own id.",
                ),
                describe.in_query("state", "active, retired, merged; separated by commas."),
                describe.in_query("updated_since", "Changed at or after this instant or day."),
                describe.in_query("refers_to", "With a reference to this id or code."),
                describe.in_query("system", "Known to this system, with `source_id` as that."),
                describe.in_query("source_id", "The record behind the system's own id."),
                FIELDS,
                EXPAND,
                EFFECTIVE_ON,
                describe.LIMIT,
                describe.CURSOR,
                *filter_parameters(self.entity),
            ),
            answers={
                200: Answer(
                    "One page.",
                    describe.page(describe.named(component)),
                    describe.page_example(item),
                )
            },
        )


class RecordDetail(EntityView):
    """`GET /api/v1/{entity}/{id}`."""

    def get(self, request: Request, id: str) -> Response:
        query = request.query_params
        known_parameters(query, (*SHOWING, "as_of"))
        view = view_of(query, self.schema_data, self.principal)
        record = self._record(id, view)
        if record.merged_into is not None and view.as_of is None:
            return self._moved(record, query)
        headers = {"ETag": etag(record.version)}
        if not_modified(request.headers, record.version):
            return Response(status=304, headers=headers)
        return Response(records.show([record], view)[0], headers=headers)

    def _record(self, name: str, view: View) -> Record:
        if view.as_of is None:
            found = records.current([records.golden_id(name) or self.found(name).pk])
            if not found or found[0].entity != self.entity:
                raise missing(name)
            return found[0]
        golden = self.found(name)
        known = records.as_of([golden.pk], view.as_of).get(golden.pk)
        if known is None:
            raise Problem("not-found", f"{golden.code} was not known at {instant(view.as_of)}.")
        return known

    def _moved(self, record: Record, query: Mapping[str, str]) -> Response:
        """308 to the survivor; the body says so for those who do not follow."""
        survivor = records.survivor(Golden.objects.get(pk=record.id))
        url = f"/api/v1/{self.schema_data.path}/{survivor.pk}"
        body = {
            "id": record.id,
            "code": record.code,
            "entity": record.entity,
            "state": GoldenState.MERGED,
            "merged_into": {"id": survivor.pk, "code": survivor.code, "url": url},
            "detail": f"{record.code} was merged into {survivor.code}.",
        }
        location = f"{url}?{urlencode(query)}" if query else url
        return Response(body, status=308, headers={"Location": location})

    def describe(self, method: str) -> Operation:
        one, many, component = self.words
        return Operation(
            id=f"get_{self.entity}",
            summary=f"Read one {one}",
            description="The golden record. One that was merged answers 308 with its survivor.",
            tag=many.capitalize(),
            path=(ID,),
            query=(FIELDS, EXPAND, AS_OF, EFFECTIVE_ON),
            headers=(_IF_NONE_MATCH,),
            answers={
                200: Answer(
                    "The record.",
                    describe.named(component),
                    schemas.entity_example(self.entity),
                    describe.ETAG,
                ),
                304: Answer("The version is the one of If-None-Match.", headers=describe.ETAG),
                308: Answer(
                    "It was merged; the survivor is at `Location`.",
                    _MOVED,
                    _moved_example(self.entity),
                    {"Location": {"description": "The survivor.", "schema": describe.STRING}},
                ),
            },
        )


_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag you have; 304 if the version is still that one.",
    "schema": describe.STRING,
    "example": '"6"',
}
_MOVED: Final = describe.record(
    {
        "id": describe.UUID,
        "code": describe.STRING,
        "entity": describe.STRING,
        "state": {"type": "string", "enum": ["merged"]},
        "merged_into": describe.record(
            {"id": describe.UUID, "code": describe.STRING, "url": describe.STRING}
        ),
        "detail": describe.STRING,
    }
)


def _moved_example(entity: str) -> dict[str, Any]:
    prefix, path = schema_of(entity).prefix, schema_of(entity).path
    code, survivor = f"{prefix}-000124", f"{prefix}-000123"
    return {
        "id": schemas.OTHER_ID,
        "code": code,
        "entity": entity,
        "state": "merged",
        "merged_into": {
            "id": schemas.EXAMPLE_ID,
            "code": survivor,
            "url": f"/api/v1/{path}/{schemas.EXAMPLE_ID}",
        },
        "detail": f"{code} was merged into {survivor}.",
    }


def _state(text: str) -> Q:
    states = [state.strip() for state in text.split(",") if state.strip()]
    for state in states:
        if state not in filters.STATES:
            raise invalid("state", "invalid_parameter", "Expected active, retired or merged.")
    return Q(state__in=states or ["active", "retired"])


def _known_as(query: Mapping[str, str]) -> Q:
    system, source_id = query.get("system"), query.get("source_id")
    if source_id and not system:
        raise invalid("system", "missing_parameter", "A source_id needs the system that gave it.")
    return filters.known_as(system, source_id) if system else Q()


def _without_paging(query: Mapping[str, str]) -> str:
    return urlencode(sorted((name, query[name]) for name in query if name not in PAGING))


def _after(order: tuple[str, ...], position: list[Any]) -> Q:
    if order == ("id",):
        return Q(id__gt=UUID(position[0]))
    at, last = position
    return Q(updated_at__gt=at) | Q(updated_at=at, id__gt=UUID(last))
