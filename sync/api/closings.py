"""Closing calendars: when a legal entity closes its books and is sent nowhere that observes it."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from rest_framework.request import Request
from rest_framework.response import Response

from canonical import configuration
from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.bodies import Member, Wrong, read_body
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import ContractView
from sync.api import wishes
from sync.api.descriptions import TAG, WINDOW
from sync.models import ClosingCalendar
from sync.outbound.delivery import closings


def _times(value: Any) -> list[dict[str, Any]]:
    try:
        return wishes.closing_times(value)
    except wishes.Wrong as error:
        raise Wrong(error.fault.code, error.fault.detail, error.fault.pointer) from None


def show(calendar: ClosingCalendar) -> dict[str, Any]:
    """A calendar as it is read."""
    return {
        "legal_entity": calendar.legal_entity,
        "windows": calendar.windows,
        "updated_by": calendar.updated_by,
        "updated_at": calendar.updated_at,
    }


class ClosingList(ContractView):
    """`GET /api/v1/closing-calendars`."""

    scopes: ClassVar = {"GET": "sync"}

    def get(self, request: Request) -> Response:
        known_parameters(request.query_params, ("limit", "cursor"))
        limit, rows = page_limit(request.query_params), ClosingCalendar.objects.all()
        if cursor := request.query_params.get("cursor"):
            rows = rows.filter(legal_entity__gt=unseal(cursor, "closings")[0])
        found = rows.order_by("legal_entity")[: limit + 1]
        page = Page.of(found, limit, "closings", lambda row: [row.legal_entity])
        return Page([show(row) for row in page.results], page.next_cursor).response(request)

    def describe(self, method: str) -> Operation:
        return LIST


class ClosingDetail(ContractView):
    """`GET|PUT|DELETE /api/v1/closing-calendars/{legal_entity}`."""

    scopes: ClassVar = {"GET": "sync", "PUT": "admin", "DELETE": "admin"}

    def get(self, request: Request, legal_entity: str) -> Response:
        return Response(show(self._found(legal_entity)))

    def put(self, request: Request, legal_entity: str) -> Response:
        if legal_entity not in configuration.current().terms.get(closings.VOCABULARY, ()):
            raise Problem("not-found", "There is no such legal entity.")
        body = read_body(request.data, {"windows": Member(_times, required=True)})
        return Response(show(closings.keep(legal_entity, body["windows"], self.principal.name)))

    def delete(self, request: Request, legal_entity: str) -> Response:
        closings.forget(self._found(legal_entity).legal_entity)
        return Response(status=204)

    def _found(self, legal_entity: str) -> ClosingCalendar:
        calendar = ClosingCalendar.objects.filter(pk=legal_entity).first()
        if calendar is None:
            raise Problem("not-found", "This legal entity has no closing calendar.")
        return calendar

    def describe(self, method: str) -> Operation:
        return ONE[method]


_WISHED: Final = {
    "windows": [
        {
            "rrule": "FREQ=MONTHLY;BYMONTHDAY=-1",
            "starts": "2026-01-31T18:00",
            "minutes": 2880,
            "time_zone": "Europe/Berlin",
        }
    ]
}
_SHOWN: Final = describe.record(
    {
        "legal_entity": describe.STRING,
        "windows": describe.listing(WINDOW),
        "updated_by": describe.STRING,
        "updated_at": describe.INSTANT,
    }
)
_EXAMPLE: Final = {
    "legal_entity": "DE01",
    **_WISHED,
    "updated_by": "ERP",
    "updated_at": schemas.EXAMPLE_INSTANT,
}
_PATH: Final = (describe.in_path("legal_entity", "The code of a legal entity.", "DE01"),)
_ANSWER: Final = {200: Answer("The calendar.", _SHOWN, _EXAMPLE)}
LIST: Final = Operation(
    "list_closing_calendars",
    "List closing calendars",
    "When each legal entity closes its books.",
    TAG,
    {200: Answer("One page.", describe.page(_SHOWN), describe.page_example(_EXAMPLE))},
    query=(describe.LIMIT, describe.CURSOR),
)
ONE: Final = {
    "GET": Operation(
        "get_closing_calendar",
        "Read a closing calendar",
        "When a legal entity closes its books.",
        TAG,
        _ANSWER,
        path=_PATH,
    ),
    "PUT": Operation(
        "put_closing_calendar",
        "Set a closing calendar",
        "While a legal entity closes its books, subscriptions with `closings` are sent none of its "
        "records; what is held goes afterwards, slowly at first.",
        TAG,
        _ANSWER,
        path=_PATH,
        body=describe.body(describe.record({"windows": describe.listing(WINDOW)}), _WISHED),
    ),
    "DELETE": Operation(
        "delete_closing_calendar",
        "Remove a closing calendar",
        "What it held goes at once.",
        TAG,
        {204: Answer("Done.")},
        path=_PATH,
    ),
}
