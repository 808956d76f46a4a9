"""Subscriptions: who listens to the journal, and how it is delivered to them."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.access import Principal
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Operation
from canonical.api.contract.parsers import expect_object
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import ContractView, once
from canonical.entities import schema_of
from canonical.validation import Fault
from sync.api import descriptions, wishes
from sync.api.changes import position_of
from sync.models import Status, Subscription
from sync.outbound import subscriptions
from sync.outbound.replay import NeedsConfirmation, replay

SCOPES: Final = dict.fromkeys(("GET", "POST", "PATCH", "DELETE"), "sync")
SHOWN: Final = (
    "name", "connector", "url", "attributes", "filter", "mode", "receipts", "echo", "restricted",
    "max_concurrency", "rate", "windows", "closings", "criticality", "outcomes", "shadow",
    "heal", "read_url", "nightly", "status",
    "status_reason", "loading", "created_at", "updated_at",
)  # fmt: skip


def visible(caller: Principal) -> QuerySet[Subscription]:
    """The subscriptions a caller may see: its own, its system's, or all."""
    living = Subscription.objects.exclude(status=Status.DELETED)
    if caller.every_system or caller.may("admin"):
        return living
    return living.filter(Q(owner=caller.id) | Q(system=caller.system))


def show(subscription: Subscription, **more: Any) -> dict[str, Any]:
    """A subscription as its owner reads it; the secret only where it has just been made."""
    health = subscription.health
    return {
        "id": subscription.pk,
        "system": subscription.system_id,
        "entities": [schema_of(entity).path for entity in subscription.entities],
        **{name: getattr(subscription, name) for name in SHOWN},
        "health": {
            "breaker": health.breaker,
            "failures": health.failures,
            "failing_since": health.failing_since,
            "not_before": health.not_before,
        },
        **more,
    }


class SubscriptionView(ContractView):
    """An address below one subscription."""

    scopes: ClassVar = SCOPES

    def found(self, id: UUID) -> Subscription:
        """The subscription, if the caller may see it; else 404."""
        subscription = visible(self.principal).select_related("health").filter(pk=id).first()
        if subscription is None:
            raise Problem("not-found", "There is no such subscription.")
        return subscription


class SubscriptionList(SubscriptionView):
    """`GET|POST /api/v1/subscriptions`."""

    def get(self, request: Request) -> Response:
        known_parameters(request.query_params, ("limit", "cursor"))
        limit, rows = page_limit(request.query_params), visible(self.principal).order_by("id")
        if cursor := request.query_params.get("cursor"):
            rows = rows.filter(id__gt=UUID(unseal(cursor, "subscriptions")[0]))
        found = rows.select_related("health")[: limit + 1]
        page = Page.of(found, limit, "subscriptions", lambda row: [str(row.pk)])
        return Page([show(row) for row in page.results], page.next_cursor).response(request)

    @once
    def post(self, request: Request) -> Response:
        wanted = wishes.read_new(expect_object(request.data), self.principal)
        made = subscriptions.subscribe(owner=self.principal.id, **wanted)
        location = {"Location": f"/api/v1/subscriptions/{made.pk}"}
        return Response(show(made, secret=made.secret), status=201, headers=location)

    def describe(self, method: str) -> Operation:
        return descriptions.SUBSCRIPTIONS[method]


class SubscriptionDetail(SubscriptionView):
    """`GET|PATCH|DELETE /api/v1/subscriptions/{id}`."""

    def get(self, request: Request, id: UUID) -> Response:
        return Response(show(self.found(id)))

    def patch(self, request: Request, id: UUID) -> Response:
        found, body = self.found(id), expect_object(request.data)
        wishes.refuse_fixed(body)
        wanted = wishes.read(body, self.principal, found.entities)
        subscriptions.change(found, wanted)
        return Response(show(self.found(id)))

    def delete(self, request: Request, id: UUID) -> Response:
        subscriptions.unsubscribe(self.found(id))
        return Response(status=204)

    def describe(self, method: str) -> Operation:
        return descriptions.SUBSCRIPTION[method]


class Pause(SubscriptionView):
    """`POST /api/v1/subscriptions/{id}/pause`."""

    @once
    def post(self, request: Request, id: UUID) -> Response:
        subscriptions.pause(self.found(id), f"paused by {self.principal.name}")
        return Response(show(self.found(id)))

    def describe(self, method: str) -> Operation:
        return descriptions.PAUSE


class Resume(SubscriptionView):
    """`POST /api/v1/subscriptions/{id}/resume`."""

    @once
    def post(self, request: Request, id: UUID) -> Response:
        subscriptions.resume(self.found(id))
        return Response(show(self.found(id)))

    def describe(self, method: str) -> Operation:
        return descriptions.RESUME


class RotateSecret(SubscriptionView):
    """`POST /api/v1/subscriptions/{id}/rotate-secret`."""

    @once
    def post(self, request: Request, id: UUID) -> Response:
        secret = subscriptions.rotate_secret(self.found(id))
        return Response(show(self.found(id), secret=secret))

    def describe(self, method: str) -> Operation:
        return descriptions.ROTATE


class ReplayMany(SubscriptionView):
    """`POST /api/v1/subscriptions/{id}/replay`."""

    @once
    def post(self, request: Request, id: UUID) -> Response:
        found, body = self.found(id), expect_object(request.data)
        scope = _scope(body)
        try:
            made = replay(
                found,
                scope,
                actor=self.principal.id,
                reason=str(body.get("reason") or "")[:500],
                confirmed=body.get("confirm") is True,
            )
        except NeedsConfirmation as error:
            detail = f'{error} Send it again with "confirm": true.'
            raise Problem("unprocessable", detail, extra={"lanes": error.lanes}) from None
        return Response({"id": made.pk, "scope": scope, "deliveries": made.lanes}, status=202)

    def describe(self, method: str) -> Operation:
        return descriptions.REPLAY


def _scope(body: dict[str, Any]) -> dict[str, Any]:
    """Exactly one of from_position, entity and ids."""
    given = body.keys() & _SCOPES.keys()
    unknown = body.keys() - _SCOPES.keys() - {"reason", "confirm"}
    if len(given) != 1 or unknown:
        detail = (
            "Give one of from_position, entity and ids; with it reason and confirm, if you like."
        )
        raise Problem("invalid-request", detail, errors=[Fault("", "invalid_scope", detail)])
    name = given.pop()
    try:
        return {name: _SCOPES[name](body[name])}
    except wishes.Wrong as error:
        fault = Fault(f"/{name}", error.fault.code, error.fault.detail)
        raise Problem("invalid-request", fault.detail, errors=[fault]) from None


def _position(value: Any) -> int:
    """A position of the feed: its number, or a cursor of `/changes`."""
    if type(value) is int and 0 <= value < 2**63:
        return value
    if isinstance(value, str):
        return position_of(value)
    raise wishes.Wrong("wrong_type", "A position, or a cursor of the change feed.")


_SCOPES: Final = {
    "from_position": _position,
    "entity": wishes.entity,
    "ids": wishes.golden_ids,
}
