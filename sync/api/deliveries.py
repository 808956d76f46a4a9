"""Deliveries: what is owed to whom, what became of each attempt, and sending again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from canonical import writer
from canonical.api import parameters
from canonical.api.contract.bodies import Member, Wrong, read_body
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Operation
from canonical.api.contract.problems import Problem, invalid
from canonical.api.contract.view import ContractView, once
from canonical.entities import schema_of
from canonical.golden.cause import cause_of
from canonical.governance.stewardship import BadValue
from sync.api import delivery_descriptions as descriptions
from sync.api.subscriptions import SCOPES, visible
from sync.models import Attempt, Lane, Parked
from sync.outbound.deliveries import STATUSES, status_of
from sync.outbound.replay import correct, impact, replay

FILTERS = ("subscription", "status", "entity", "golden")
ATTEMPTS_SHOWN = 50


def show(lane: Lane, status: str) -> dict[str, Any]:
    """A delivery: `desired` is owed, `confirmed` is what the target has acknowledged."""
    golden = lane.golden
    return {
        "id": lane.pk,
        "subscription": lane.subscription_id,
        "entity": golden.entity,
        "golden": {
            "id": golden.pk,
            "code": golden.code,
            "url": f"/api/v1/{schema_of(golden.entity).path}/{golden.pk}",
        },
        "status": status,
        "desired": lane.desired,
        "confirmed": lane.confirmed,
        "attempts": lane.attempt,
        "due_at": None if status == "confirmed" else lane.due_at,
        "waiting_on": lane.waiting_on_id,
        "last_error": lane.last_error,
    }


class DeliveryView(ContractView):
    """An address below deliveries."""

    scopes: ClassVar = SCOPES

    def lanes(self) -> QuerySet[Lane]:
        """The lanes of the caller's subscriptions."""
        mine = visible(self.principal).values("pk")
        return Lane.objects.filter(subscription__in=mine).select_related("golden")

    def found(self, id: str) -> Lane:
        """The lane, if it is the caller's; else 404."""
        number = int(id) if id.isascii() and id.isdigit() and len(id) < 19 else 0
        lane = self.lanes().filter(pk=number).first()
        if lane is None:
            raise Problem("not-found", "There is no such delivery.")
        return lane


class DeliveryList(DeliveryView):
    """`GET /api/v1/deliveries`."""

    def get(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, (*FILTERS, "limit", "cursor"))
        purpose = "deliveries " + "&".join(f"{name}={query.get(name, '')}" for name in FILTERS)
        lanes, limit = self.lanes().filter(_condition(query)), page_limit(query)
        if cursor := query.get("cursor"):
            lanes = lanes.filter(id__lt=unseal(cursor, purpose)[0])
        page = Page.of(lanes.order_by("-id")[: limit + 1], limit, purpose, lambda lane: [lane.pk])
        now = writer.now()
        shown = [show(lane, status_of(lane, now)) for lane in page.results]
        return Page(shown, page.next_cursor).response(request)

    def describe(self, method: str) -> Operation:
        return descriptions.DELIVERIES


def _condition(query: Mapping[str, str]) -> Q:
    condition = Q()
    for name in ("subscription", "golden"):
        if text := query.get(name):
            condition &= Q(**{name: _uuid(name, text)})
    if entity := parameters.entity(query):
        condition &= Q(golden__entity=entity)
    if text := query.get("status"):
        if text not in STATUSES:
            detail = f"A status is one of {', '.join(STATUSES)}."
            raise invalid("status", "invalid_parameter", detail)
        condition &= STATUSES[text]
    return condition


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise invalid(name, "invalid_parameter", f"{name} is a UUID.") from None


class DeliveryDetail(DeliveryView):
    """`GET /api/v1/deliveries/{id}`."""

    def get(self, request: Request, id: str) -> Response:
        lane = self.found(id)
        attempts = lane.attempts.order_by("-id")[:ATTEMPTS_SHOWN]
        tried = {
            "tried": [_attempt(attempt) for attempt in attempts],
            "impact": impact(lane) if lane.parked in GIVEN_UP else None,
        }
        return Response(show(lane, status_of(lane, writer.now())) | tried)

    def describe(self, method: str) -> Operation:
        return descriptions.DELIVERY


def _attempt(attempt: Attempt) -> dict[str, Any]:
    names = ("version", "message_id", "started_at", "milliseconds", "verdict", "status", "reason",
             "settled", "response")  # fmt: skip
    return {name: getattr(attempt, name) for name in names}


class ReplayOne(DeliveryView):
    """`POST /api/v1/deliveries/{id}/replay`."""

    @once
    def post(self, request: Request, id: str) -> Response:
        lane = self.found(id)
        replay(lane.subscription, {"ids": [str(lane.golden_id)]}, actor=self.principal.id)
        again = self.found(id)
        return Response(show(again, status_of(again, writer.now())), status=202)

    def describe(self, method: str) -> Operation:
        return descriptions.REPLAY_ONE


class Correct(DeliveryView):
    """`POST /api/v1/deliveries/{id}/correct`."""

    scopes: ClassVar = {"POST": "steward"}

    @once
    def post(self, request: Request, id: str) -> Response:
        lane = self.found(id)
        body = read_body(
            request.data, {"values": Member(_values, required=True), "reason": REQUIRED_REASON}
        )
        try:
            correct(lane, body["values"], cause_of(self.principal, body["reason"]))
        except BadValue as error:
            faults = [replace(fault, pointer=f"/values{fault.pointer}") for fault in error.faults]
            raise Problem("invalid-request", str(error), errors=faults) from None
        again = self.found(id)
        return Response(show(again, status_of(again, writer.now())), status=202)

    def describe(self, method: str) -> Operation:
        return descriptions.CORRECT


def _values(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not 1 <= len(value) <= 50:
        raise Wrong("wrong_type", "An object of 1 to 50 attributes and their values.")
    return dict(value)


def _reason(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Wrong("wrong_type", "A text that says why.")
    return value.strip()


GIVEN_UP: Final = (Parked.DEAD, Parked.UNVERIFIED)
REQUIRED_REASON: Final = Member(_reason, required=True)
