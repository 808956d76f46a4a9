"""What stands behind a golden record: its sources, its history and its relations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import invalid
from canonical.api.records import ID, PAGING, EntityView
from canonical.documents import history
from canonical.documents.shape import masked_values
from canonical.entities import schema_of
from canonical.models import Golden, GoldenReference, Link


class Sources(EntityView):
    """`GET /api/v1/{entity}/{id}/sources`."""

    def get(self, request: Request, id: str) -> Response:
        known_parameters(request.query_params, PAGING)
        golden, limit = self.found(id), page_limit(request.query_params)
        purpose = f"sources {golden.pk}"
        links = Link.objects.filter(golden=golden, until__isnull=True).order_by("record_id")
        if cursor := request.query_params.get("cursor"):
            links = links.filter(record_id__gt=UUID(unseal(cursor, purpose)[0]))
        rows = links.select_related("record__current").prefetch_related(
            "record__references", "record__unmapped"
        )
        page = Page.of(rows[: limit + 1], limit, purpose, lambda link: [str(link.record_id)])
        shown = [self._shown(link) for link in page.results]
        return Page(shown, page.next_cursor).response(request)

    def _shown(self, link: Link) -> dict[str, Any]:
        record, version = link.record, link.record.current
        values = version.values if version else {}
        if not self.principal.sees_restricted:
            values = masked_values(self.schema_data, values)
        return {
            "system": record.system_id,
            "source_id": record.source_id,
            "state": record.state,
            "contributes": record.contributes,
            "primary": record.primary,
            "linked_since": link.since,
            "link_cause": link.cause,
            "received_at": record.received_at,
            "modified_at": version.happened_at if version else None,
            "values": values,
            "issues": record.issues,
            "pending_references": sorted(r.path for r in record.references.all() if r.pending),
            "unmapped_values": [
                {"attribute": u.path, "vocabulary": u.vocabulary, "value": u.value}
                for u in record.unmapped.all()
            ],
        }

    def describe(self, method: str) -> Operation:
        one, many, _ = self.words
        return Operation(
            id=f"list_{self.entity}_sources",
            summary=f"Source records behind one {one}",
            description="Every source record that is linked now, with the values it says, what "
            "it refers to that is not known yet, and the values no crosswalk explains.",
            tag=many.capitalize(),
            path=(ID,),
            query=(describe.LIMIT, describe.CURSOR),
            answers={
                200: Answer(
                    "One page.", describe.page(_SOURCE), describe.page_example(_SOURCE_EXAMPLE)
                )
            },
        )


class History(EntityView):
    """`GET /api/v1/{entity}/{id}/history`."""

    def get(self, request: Request, id: str) -> Response:
        known_parameters(request.query_params, PAGING)
        golden, limit = self.found(id), page_limit(request.query_params)
        purpose = f"history {golden.pk}"
        before = None
        if cursor := request.query_params.get("cursor"):
            before = int(unseal(cursor, purpose)[0])
        rows = history.versions(golden, limit + 1, before)
        page = Page.of(rows, limit, purpose, lambda change: [change.version])
        shown = history.show(rows, limit, sees_restricted=self.principal.sees_restricted)
        return replace(page, results=shown).response(request)

    def describe(self, method: str) -> Operation:
        one, many, _ = self.words
        return Operation(
            id=f"list_{self.entity}_history",
            summary=f"Versions of one {one}",
            description="Every version, the newest first: who made it, why, and which attributes "
            "it changed from what to what.",
            tag=many.capitalize(),
            path=(ID,),
            query=(describe.LIMIT, describe.CURSOR),
            answers={
                200: Answer(
                    "One page.", describe.page(_VERSION), describe.page_example(_VERSION_EXAMPLE)
                )
            },
        )


class Relations(EntityView):
    """`GET /api/v1/{entity}/{id}/relations`."""

    def get(self, request: Request, id: str) -> Response:
        query = request.query_params
        known_parameters(query, (*PAGING, "direction"))
        golden, limit = self.found(id), page_limit(query)
        purpose = f"relations {golden.pk} {query.get('direction')}"
        rows = GoldenReference.objects.filter(_direction(query.get("direction"), golden))
        if cursor := query.get("cursor"):
            owner, path = unseal(cursor, purpose)
            rows = rows.filter(Q(golden__gt=UUID(owner)) | Q(golden=UUID(owner), path__gt=path))
        ordered = rows.order_by("golden_id", "path").select_related("golden", "target")
        page = Page.of(ordered[: limit + 1], limit, purpose, lambda r: [str(r.golden_id), r.path])
        return replace(page, results=[_relation(r, golden) for r in page.results]).response(request)

    def describe(self, method: str) -> Operation:
        one, many, _ = self.words
        return Operation(
            id=f"list_{self.entity}_relations",
            summary=f"What one {one} refers to, and what refers to it",
            description="Resolved references in both directions, those inside lists included.",
            tag=many.capitalize(),
            path=(ID,),
            query=(
                describe.in_query("direction", "`out`: it refers to; `in`: refers to it.",
                                  {"type": "string", "enum": ["in", "out"]}),
                describe.LIMIT,
                describe.CURSOR,
            ),
            answers={
                200: Answer(
                    "One page.", describe.page(_RELATION), describe.page_example(_RELATION_EXAMPLE)
                )
            },
        )  # fmt: skip


def _direction(direction: str | None, golden: Golden) -> Q:
    conditions = {"out": Q(golden=golden), "in": Q(target=golden)}
    if not direction:
        return conditions["out"] | conditions["in"]
    if direction not in conditions:
        raise invalid("direction", "invalid_parameter", "Expected in or out.")
    return conditions[direction]


def _relation(row: GoldenReference, golden: Golden) -> dict[str, Any]:
    outgoing = row.golden_id == golden.pk
    other = row.target if outgoing else row.golden
    return {
        "direction": "out" if outgoing else "in",
        "attribute": row.path,
        "ordering": row.ordering,
        "record": {
            "id": other.pk,
            "code": other.code,
            "entity": other.entity,
            "state": other.state,
            "url": f"/api/v1/{schema_of(other.entity).path}/{other.pk}",
        },
    }


_NULL_INSTANT: Final = describe.nullable(describe.INSTANT)
_SOURCE: Final = describe.record(
    {
        "system": describe.STRING,
        "source_id": describe.STRING,
        "state": {"type": "string", "enum": ["active", "retired", "quarantined"]},
        "contributes": describe.BOOLEAN,
        "primary": describe.BOOLEAN,
        "linked_since": describe.INSTANT,
        "link_cause": describe.STRING,
        "received_at": describe.INSTANT,
        "modified_at": _NULL_INSTANT,
        "values": {"type": "object", "additionalProperties": True},
        "issues": describe.listing({"type": "object", "additionalProperties": True}),
        "pending_references": describe.listing(describe.STRING),
        "unmapped_values": describe.listing(
            describe.record(
                {
                    "attribute": describe.STRING,
                    "vocabulary": describe.STRING,
                    "value": describe.STRING,
                }
            )
        ),
    }
)
_SOURCE_EXAMPLE: Final[Mapping[str, Any]] = {
    "system": "crm",
    "source_id": "0015g00000A1b2C",
    "state": "active",
    "contributes": True,
    "primary": False,
    "linked_since": schemas.EXAMPLE_INSTANT,
    "link_cause": "matched",
    "received_at": schemas.EXAMPLE_INSTANT,
    "modified_at": schemas.EXAMPLE_INSTANT,
    "values": {"currency": "EUR"},
    "issues": [],
    "pending_references": ["parent"],
    "unmapped_values": [
        {"attribute": "client_status", "vocabulary": "client_status", "value": "Kunde"}
    ],
}
_VERSION: Final = describe.record(
    {
        "version": describe.INTEGER,
        "kind": describe.STRING,
        "actor": describe.record({"id": describe.STRING, "name": describe.STRING}),
        "cause": describe.STRING,
        "correlation_id": describe.STRING,
        "recorded_at": describe.INSTANT,
        "policy_version": describe.INTEGER,
        "model_version": describe.STRING,
        "erased": describe.BOOLEAN | {"description": "A person's content was erased from it."},
        "changes": describe.listing(
            describe.record({"attribute": describe.STRING, "before": {}, "after": {}})
        ),
    }
)
_VERSION_EXAMPLE: Final[Mapping[str, Any]] = {
    "version": 7,
    "kind": "updated",
    "actor": {"id": "credential:crm-5f2c9d10", "name": "CRM"},
    "cause": "crm 0015g00000A1b2C",
    "correlation_id": "7a0d3b6c-8f4e-4d62-9a53-0c6e2f1b9d10",
    "recorded_at": schemas.EXAMPLE_INSTANT,
    "policy_version": 1,
    "model_version": "",
    "erased": False,
    "changes": [{"attribute": "currency", "before": "USD", "after": "EUR"}],
}
_RELATION: Final = describe.record(
    {
        "direction": {"type": "string", "enum": ["in", "out"]},
        "attribute": describe.STRING | {"description": "Like `client` or `lines[2].resource`."},
        "ordering": describe.BOOLEAN | {"description": "A target must have the referred first."},
        "record": describe.record(
            {
                "id": describe.UUID,
                "code": describe.STRING,
                "entity": describe.STRING,
                "state": describe.STRING,
                "url": describe.STRING,
            }
        ),
    }
)
_RELATION_EXAMPLE: Final[Mapping[str, Any]] = {
    "direction": "in",
    "attribute": "client",
    "ordering": True,
    "record": {
        "id": schemas.OTHER_ID,
        "code": "EN-000042",
        "entity": "engagement",
        "state": "active",
        "url": f"/api/v1/engagements/{schemas.OTHER_ID}",
    },
}
