"""`GET /api/v1/changes`: the feed for those who rather ask than be told."""

from __future__ import annotations

from dataclasses import astuple
from typing import ClassVar, Final
from urllib.parse import urlencode

from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api import parameters
from canonical.api.contract.cursors import known_parameters, page_limit, seal, unseal
from canonical.api.contract.describe import Operation
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import ContractView
from canonical.entities import schema_of
from sync.api import descriptions
from sync.outbound.publishing import feed
from sync.outbound.publishing.feed import Place

PURPOSE: Final = "changes"
LATEST: Final = "latest"


class Changes(ContractView):
    """Published versions of golden records, oldest first."""

    scopes: ClassVar = {"GET": "read"}

    def get(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, ("after", "entity", "limit"))
        limit, entity = page_limit(query), parameters.entity(query)
        try:
            portion = feed.after(_place(query.get("after")), entity, limit)
        except feed.Gone:
            raise _gone(entity) from None
        cursor = seal(PURPOSE, astuple(portion.place))
        address = request.build_absolute_uri(
            f"{request.path}?{urlencode({**query.dict(), 'after': cursor})}"
        )
        results = feed.show(portion.changes, sees_restricted=self.principal.sees_restricted)
        body = {
            "results": results,
            "next": address if portion.more else None,
            "next_cursor": cursor,
        }
        return Response(body, headers={"Link": f'<{address}>; rel="next"'})

    def describe(self, method: str) -> Operation:
        return descriptions.CHANGES


def position_of(cursor: str) -> int:
    """The position in a cursor of this feed; refused where it is none, or of another timeline."""
    place = _place(cursor)
    if place.timeline != feed.beginning().timeline:
        raise _gone(None)
    return place.position


def _place(cursor: str | None) -> Place:
    if not cursor:
        return feed.beginning()
    if cursor == LATEST:
        return feed.head()
    return Place(*unseal(cursor, PURPOSE, parameter="after"))


def _gone(entity: str | None) -> Problem:
    """410 with where to begin again."""
    query = f"?entity={schema_of(entity).path}" if entity else ""
    detail = (
        "This cursor lies before what the feed keeps, or before a restore. Read the snapshot; its "
        "first line has the cursor to go on from."
    )
    return Problem("gone", detail, extra={"snapshot": f"/api/v1/snapshot{query}"})
