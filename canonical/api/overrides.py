"""Overrides: a value that a steward pins over what the systems say, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, ClassVar, Final

from rest_framework.request import Request
from rest_framework.response import Response

from canonical import writer
from canonical.access import Principal
from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.bodies import (
    DELETION,
    Member,
    Wrong,
    anything,
    read_body,
    read_deed,
)
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.preconditions import etag, expected_version
from canonical.api.contract.problems import Problem
from canonical.api.records import ID, EntityView
from canonical.attributes import EntitySchema, Kind
from canonical.documents import filters, records
from canonical.documents.records import View
from canonical.golden.cause import cause_of
from canonical.governance import stewardship
from canonical.governance.stewardship import BadValue
from canonical.identity.units import unit
from canonical.models import Golden
from canonical.validation import Fault


def _day(value: Any) -> date | None:
    if value is None:
        return None
    try:
        day = date.fromisoformat(filters.day(value)) if isinstance(value, str) else date.min
    except filters.BadFilter:
        raise Wrong("not_a_date", "Expected a day such as 2026-12-31.") from None
    if day <= writer.now().date():
        raise Wrong("not_a_date", "Expected a day that is still to come.")
    return day


def refuse_restricted(schema: EntitySchema, paths: Iterable[str], caller: Principal) -> None:
    """403 for whoever would pin a value that they may not see."""
    for path in paths:
        name = path.partition("[")[0].partition(".")[0]
        declared = schema.by_name.get(name)
        if declared is not None and declared.restricted and not caller.sees_restricted:
            raise Problem("forbidden", f"{name} is restricted: it needs the grant.")


class Overrides(EntityView):
    """`PUT`, `DELETE /api/v1/{entity}/{id}/overrides/{attribute}`."""

    scopes: ClassVar = {"PUT": "steward", "DELETE": "steward"}
    if_match: ClassVar = {"PUT": True, "DELETE": True}

    def put(self, request: Request, id: str, attribute: str) -> Response:
        expected = expected_version(request.headers, required=True)
        body = read_deed(request.data, PUT_MEMBERS)
        cause = cause_of(self.principal, body["reason"])
        golden = self._reached(id, attribute)
        return self._done(
            golden,
            attribute,
            lambda: stewardship.set_override(
                golden.pk, attribute, body["value"], cause, body["expires_at"], expected
            ),
            preview=body["preview"],
        )

    def delete(self, request: Request, id: str, attribute: str) -> Response:
        expected = expected_version(request.headers, required=True)
        body = read_body(request.data, DELETION)
        cause = cause_of(self.principal, body["reason"])
        golden = self._reached(id, attribute)
        return self._done(
            golden,
            attribute,
            lambda: stewardship.clear_override(golden.pk, attribute, cause, expected),
            preview=body["preview"],
        )

    def _reached(self, id: str, attribute: str) -> Golden:
        """The record, if the caller may see what it would pin."""
        golden = self.found(id)
        refuse_restricted(self.schema_data, [attribute], self.principal)
        return golden

    def _done(
        self, golden: Golden, attribute: str, deed: Callable[[], Any], *, preview: bool
    ) -> Response:
        def work() -> dict[str, Any]:
            deed()
            return {"preview": preview, **self._shown(golden, attribute)}

        try:
            answer = unit(work, preview)
        except BadValue as error:
            faults = [Fault(f"/value{f.pointer}", f.code, f.detail) for f in error.faults]
            raise Problem("invalid-request", faults[0].detail, errors=faults) from None
        version = etag(answer["golden"]["version"])
        return Response(answer, headers={} if preview else {"ETag": version})

    def _shown(self, golden: Golden, attribute: str) -> dict[str, Any]:
        [record] = records.current([golden.pk])
        [document] = records.show([record], View(self.principal.sees_restricted))
        note = stewardship.overrides(golden.pk).get(attribute)
        pinned = note and {name: note.get(name) for name in _OVERRIDE["properties"]}
        return {"golden": document, "override": pinned}

    def describe(self, method: str) -> Operation:
        return _operation(self, method)


PUT_MEMBERS: Final = {
    "value": Member(anything, required=True),
    "expires_at": Member(_day),
}
_ANY: Final[describe.Schema] = {"description": "In the form of the attribute; null for nothing."}
_NULL_DAY: Final = describe.nullable(describe.DAY)
_OVERRIDE: Final = describe.record(
    {
        "value": _ANY,
        "by": describe.STRING,
        "reason": describe.STRING,
        "at": describe.INSTANT,
        "expires_at": _NULL_DAY,
    }
)
_NOTE: Final = {
    "value": "DE",
    "by": "Ada Lovelace",
    "reason": "Confirmed by the client.",
    "at": schemas.EXAMPLE_INSTANT,
    "expires_at": None,
}


def _attribute(view: Overrides) -> describe.Schema:
    named = (a.name for a in view.schema_data if a.identifying and a.kind is Kind.TEXT)
    text = "An attribute, or a part of a list element: `items[3].bill_date`."
    return describe.in_path("attribute", text, next(named))


_BODIES: Final = {
    "PUT": describe.body(
        describe.closed(
            {"value": _ANY},
            {
                **describe.DEED,
                "expires_at": _NULL_DAY | {"description": "It counts until this day."},
            },
        ),
        {"value": "Muster Maschinenbau GmbH", "reason": "Confirmed by the client."},
    ),
    "DELETE": None,
}
_TEXTS: Final = {
    "PUT": (
        "override",
        "Pin a value",
        "It stands over what the systems say until it is cleared or expires, whoever sends what; "
        "null pins emptiness. A merge takes it along, and its undo gives it back. `preview` tells "
        "the record as it would be.",
    ),
    "DELETE": (
        "clear_override",
        "Clear a pinned value",
        "What the systems say counts again; `reason` and `preview` may be sent in a body.",
    ),
}


def _operation(view: Overrides, method: str) -> Operation:
    one, many, component = view.words
    id, summary, description = _TEXTS[method]
    schema = describe.record(
        {
            "preview": describe.BOOLEAN,
            "golden": describe.named(component),
            "override": describe.nullable(_OVERRIDE),
        }
    )
    shown = {
        "preview": False,
        "golden": schemas.entity_example(view.entity),
        "override": _NOTE if method == "PUT" else None,
    }
    return Operation(
        f"{id}_{view.entity}",
        f"{summary} of one {one}",
        description,
        many.capitalize(),
        {200: Answer("The record as it is now, or would be.", schema, shown, describe.ETAG)},
        path=(ID, _attribute(view)),
        body=_BODIES[method],
    )
