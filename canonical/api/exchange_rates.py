"""Exchange rates: units of one currency for one of another on a day; for ordering and roll-up."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api import parameters
from canonical.api.contract import describe
from canonical.api.contract.bodies import Member, decimal, matching, read_body, text
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import ContractView
from canonical.api.reference_data import TAG
from canonical.documents import filters
from canonical.golden.cause import cause_of
from canonical.governance import reference_data
from canonical.identity.errors import Conflict
from canonical.models import ExchangeRate

FILTERS: Final = ("from", "to", "day")
_LEAST, _MOST, _PLACES = Decimal("0.000001"), Decimal(1_000_000_000), 6
_currency = matching("[A-Z]{3}", "a currency like EUR")


class ExchangeRateList(ContractView):
    """`GET /api/v1/exchange-rates`."""

    owner: ClassVar = "Administration"
    criticality: ClassVar = "normal"

    def get(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, (*FILTERS, "limit", "cursor"))
        purpose = "rates " + "&".join(f"{name}={query.get(name, '')}" for name in FILTERS)
        limit, rows = page_limit(query), ExchangeRate.objects.filter(_condition(query))
        if cursor := query.get("cursor"):
            rows = rows.filter(_behind(*unseal(cursor, purpose)))
        found = rows.order_by("-day", "from_currency", "to_currency")[: limit + 1]
        page = Page.of(
            found, limit, purpose, lambda r: [r.day.isoformat(), r.from_currency, r.to_currency]
        )
        return Page([_shown(row) for row in page.results], page.next_cursor).response(request)

    def describe(self, method: str) -> Operation:
        return _LIST


def _condition(query: Mapping[str, str]) -> Q:
    condition = Q()
    if day := parameters.read(query, "day", filters.day):
        condition &= Q(day=day)
    for name in ("from", "to"):
        if code := query.get(name):
            condition &= Q(**{f"{name}_currency": code})
    return condition


def _behind(day: str, of: str, to: str) -> Q:
    """What comes after a rate in the list."""
    same = Q(day=day)
    return Q(day__lt=day) | same & (
        Q(from_currency__gt=of) | Q(from_currency=of, to_currency__gt=to)
    )


def _shown(rate: ExchangeRate) -> dict[str, Any]:
    return {
        "from": rate.from_currency,
        "to": rate.to_currency,
        "day": rate.day,
        "rate": rate.rate.normalize(),
    }


class ExchangeRateDetail(ContractView):
    """`PUT /api/v1/exchange-rates/{from_currency}/{to_currency}/{day}`."""

    scopes: ClassVar = {"PUT": "admin"}

    def put(self, request: Request, from_currency: str, to_currency: str, day: str) -> Response:
        place = _place(from_currency, to_currency, day)
        body = read_body(request.data, _MEMBERS)
        found = ExchangeRate.objects.filter(**place).first()
        rate = found or ExchangeRate(**place)
        rate.rate = body["rate"]
        try:
            with transaction.atomic():
                reference_data.keep_rate(rate, cause_of(self.principal, body["reason"]))
        except IntegrityError:
            raise Conflict("The rate was set by someone else meanwhile.") from None
        return Response(_shown(ExchangeRate.objects.get(pk=rate.pk)), status=200 if found else 201)

    def describe(self, method: str) -> Operation:
        return _PUT


def _place(of: str, to: str, day: str) -> dict[str, str]:
    """The rate that an address means; 404 for what can be none."""
    try:
        told = {"from_currency": _currency(of), "to_currency": _currency(to)}
        told["day"] = filters.day(day)
    except ValueError:
        raise Problem("not-found", "A rate is at EUR/USD/2026-03-31.") from None
    if of == to:
        raise Problem("not-found", "A currency has no rate to itself.")
    return told


_MEMBERS: Final = {
    "rate": Member(decimal(_LEAST, _MOST, _PLACES), required=True),
    "reason": Member(text(), default=""),
}
_RATE: Final = describe.record(
    {
        "from": describe.STRING,
        "to": describe.STRING,
        "day": describe.DAY,
        "rate": describe.STRING | {"description": "Exact: units of `to` for one of `from`."},
    }
)
_EXAMPLE: Final[Mapping[str, Any]] = {
    "from": "USD",
    "to": "EUR",
    "day": "2026-03-31",
    "rate": "0.9215",
}
_LIST: Final = Operation(
    "list_exchange_rates",
    "List exchange rates",
    "The newest day first. They serve ordering and roll-up only, never an invoice.",
    TAG,
    {200: Answer("One page.", describe.page(_RATE), describe.page_example(_EXAMPLE))},
    query=(
        describe.in_query("from", "Of this currency."),
        describe.in_query("to", "Into this currency."),
        describe.in_query("day", "On this day.", describe.DAY),
        describe.LIMIT,
        describe.CURSOR,
    ),
)
_PUT: Final = Operation(
    "put_exchange_rate",
    "Set an exchange rate",
    "Adds the rate of a day, or corrects it.",
    TAG,
    {
        200: Answer("The rate as it is now.", _RATE, _EXAMPLE),
        201: Answer("The new rate.", _RATE, _EXAMPLE),
    },
    path=(
        describe.in_path("from_currency", "One unit of this,", "USD"),
        describe.in_path("to_currency", "in units of this,", "EUR"),
        describe.in_path("day", "on this day.", "2026-03-31", describe.DAY),
    ),
    body=describe.body(
        describe.closed(
            {
                "rate": {
                    "anyOf": [
                        {"type": "string"},
                        {"type": "number", "exclusiveMinimum": 0, "maximum": int(_MOST)},
                    ],
                    "description": f"With at most {_PLACES} decimal places.",
                }
            },
            {"reason": {"type": "string", "maxLength": 500}},
        ),
        {"rate": "0.9215"},
    ),
    raises=(409,),
)
