"""`GET /api/v1/rates`: the rate that holds, on a day and as we knew it at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from rest_framework.request import Request
from rest_framework.response import Response

from canonical import writer
from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.cursors import known_parameters
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import Problem, invalid
from canonical.api.contract.view import ContractView
from canonical.api.parameters import AS_OF, moment, read
from canonical.api.records import missing
from canonical.documents import filters, rate_lookup, records
from canonical.documents.rate_lookup import Found, NoRate
from canonical.documents.rates import Asked
from canonical.documents.shape import Record, masked_values
from canonical.entities import schema_of
from canonical.models import Golden
from canonical.validation import decimal_text

PARAMETERS: Final = ("engagement", "resource", "on", "as_of", "unit", "service_code")


class Rates(ContractView):
    """The rate of a resource on an engagement."""

    def get(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, PARAMETERS)
        at = read(query, "as_of", moment)
        engagement = _record(query, "engagement", at)
        resource = _record(query, "resource", at)
        day = read(query, "on", filters.day) or writer.now().date().isoformat()
        asked = Asked(_keys(resource, query), day, query.get("unit") or None)
        try:
            found = rate_lookup.find(engagement, resource, asked, at)
        except NoRate as error:
            raise Problem("not-found", str(error)) from None
        shown = {"engagement": _name(engagement), "resource": _name(resource), "on": day}
        return Response(shown | self._shown(found))

    def _shown(self, found: Found) -> dict[str, Any]:
        rate, card = found.rate, found.card
        line = dict(rate.line)
        if not self.principal.sees_restricted:
            line = masked_values(schema_of("rate_card"), {"lines": [line]})["lines"][0]
        amount = None if rate.amount is None else decimal_text(rate.amount)
        return {
            "rate": amount and {"amount": amount, "currency": card.content.get("currency")},
            "unit": rate.line.get("rate_unit"),
            "rate_card": _name(card) | {"version": card.version},
            "found_by": found.found_by,
            "based_on": [_name(found.cards[each]) for each in rate.cards[:-1]],
            "discount_pct": [decimal_text(each) for each in rate.discounts],
            "matched_by": list(rate.matched_by),
            "line": line,
        }

    def describe(self, method: str) -> Operation:
        return Operation(
            id="get_rate",
            summary="The rate that holds",
            description="Cards are tried in this order: the engagement's own, cards for the "
            "engagement, its contracts' own, cards for a contract, cards for the client, "
            "standard cards. In a card the most specific line that holds wins: resource, "
            "billing role, grade, location, service; a card without one passes on to the card "
            "it is based on, less its discount. `on` and `as_of` together answer: the rate that "
            "held on 12 March, as we knew it on 31 March.",
            tag="Rates",
            query=(
                describe.in_query("engagement", "Its id or code.", example="EN-000042",
                                  required=True),
                describe.in_query("resource", "Its id or code.", example="RS-000007",
                                  required=True),
                describe.in_query("on", "The day of the work; today if absent.", describe.DAY,
                                  "2026-03-12"),
                AS_OF,
                describe.in_query("unit", "Only lines of this unit, like HUR or DAY."),
                describe.in_query("service_code", "The service, where lines differ by it."),
            ),
            answers={200: Answer("The rate and how it was found.", _RATE, _EXAMPLE)},
        )  # fmt: skip


def _record(query: Mapping[str, str], entity: str, at: datetime | None) -> Record:
    """The record a parameter names: the survivor of a merged one, or what was known then."""
    name = query.get(entity)
    if not name:
        raise invalid(entity, "missing_parameter", f"Name the {entity} by id or code.")
    golden = Golden.objects.filter(records.named(name), entity=entity).first()
    if golden is None:
        raise missing(name)
    if at is None:
        survivor = records.survivor(golden)
        return records.current([survivor.pk])[0]
    known = records.as_of([golden.pk], at).get(golden.pk)
    if known is None:
        raise missing(name)
    return known


def _keys(resource: Record, query: Mapping[str, str]) -> dict[str, frozenset[str]]:
    content = resource.content
    place = content.get("location") or {}
    found: dict[str, set[Any]] = {
        "resource": {str(resource.id)},
        "billing_role": {content.get("billing_role")},
        "grade": {content.get("grade")},
        "location": {place.get(part) for part in ("office", "region", "country")},
        "service_code": {query.get("service_code")},
    }
    return {key: frozenset(str(v) for v in values if v) for key, values in found.items()}


def _name(record: Record) -> dict[str, Any]:
    return {"id": record.id, "code": record.code}


_RATE: Final = describe.record(
    {
        "engagement": describe.named("Reference"),
        "resource": describe.named("Reference"),
        "on": describe.DAY,
        "rate": describe.nullable(describe.named("Money"))
        | {"description": "Null where the line prices at cost or by a markup."},
        "unit": describe.nullable(describe.STRING),
        "rate_card": describe.record(
            {"id": describe.UUID, "code": describe.STRING, "version": describe.INTEGER}
        ),
        "found_by": {
            "type": "string",
            "enum": [
                "engagement.rate_card",
                "scope.engagement",
                "contract.rate_card",
                "scope.contract",
                "scope.client",
                "standard",
            ],
        },
        "based_on": describe.listing(describe.named("Reference"))
        | {"description": "The cards above the one with the line, the first one asked first."},
        "discount_pct": describe.listing(describe.STRING),
        "matched_by": describe.listing(describe.STRING),
        "line": {"type": "object", "additionalProperties": True},
    }
)
_EXAMPLE: Final[Mapping[str, Any]] = {
    "engagement": {"id": schemas.EXAMPLE_ID, "code": "EN-000042"},
    "resource": {"id": schemas.OTHER_ID, "code": "RS-000007"},
    "on": "2026-03-12",
    "rate": {"amount": "180.00", "currency": "EUR"},
    "unit": "HUR",
    "rate_card": {"id": "01990a3e-7a10-7b02-8c7c-1d2e3f4a5b6d", "code": "RC-000003", "version": 4},
    "found_by": "engagement.rate_card",
    "based_on": [],
    "discount_pct": [],
    "matched_by": ["billing_role"],
    "line": {"billing_role": "manager", "rate_unit": "HUR", "bill_rate": "180.00"},
}
