"""Plans: how far a merge or its undo has come at each target, and who believes the old state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import Problem, invalid
from canonical.api.contract.view import ContractView
from canonical.entities import schema_of
from sync.api.descriptions import NULL_INSTANT, SUBSCRIPTION_ID, enum
from sync.api.subscriptions import visible
from sync.models import Plan, PlanKind, PlanState, Step, StepAction
from sync.outbound.delivery import plans

FILTERS: Final = ("subscription", "merge", "state", "limit", "cursor")


def _golden(step: Step) -> dict[str, Any]:
    golden = step.golden
    path = schema_of(golden.entity).path
    return {"id": golden.pk, "code": golden.code, "url": f"/api/v1/{path}/{golden.pk}"}


def _step(step: Step) -> dict[str, Any]:
    return {
        "position": step.position,
        "action": step.action,
        "golden": _golden(step),
        "version": step.version,
        "acknowledged_at": step.acknowledged_at,
    }


def show(plan: Plan) -> dict[str, Any]:
    """A plan with its steps, in the order in which they go."""
    steps = sorted(plan.steps.all(), key=lambda step: (step.position, step.pk))
    return {
        "id": plan.pk,
        "subscription": plan.subscription_id,
        "merge": plan.merge_id,
        "kind": plan.kind,
        "state": plan.state,
        "opened_at": plan.opened_at,
        "closed_at": plan.closed_at,
        "steps": [_step(step) for step in steps],
    }


class PlanView(ContractView):
    """An address below plans."""

    scopes: ClassVar = {"GET": "sync"}

    def plans(self) -> QuerySet[Plan]:
        """The plans of the caller's subscriptions."""
        mine = Plan.objects.filter(subscription__in=visible(self.principal))
        return mine.prefetch_related("steps__golden")


class PlanList(PlanView):
    """`GET /api/v1/plans`."""

    def get(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, FILTERS)
        purpose = "plans " + "&".join(f"{name}={query.get(name, '')}" for name in FILTERS[:3])
        found, limit = self.plans().filter(**_filter(query)), page_limit(query)
        if cursor := query.get("cursor"):
            found = found.filter(id__lt=UUID(unseal(cursor, purpose)[0]))
        page = Page.of(found.order_by("-id")[: limit + 1], limit, purpose, lambda p: [str(p.pk)])
        return Page([show(plan) for plan in page.results], page.next_cursor).response(request)

    def describe(self, method: str) -> Operation:
        return LIST


def _filter(query: Mapping[str, str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for name in ("subscription", "merge"):
        if text := query.get(name):
            try:
                chosen[name] = UUID(text)
            except ValueError:
                raise invalid(name, "invalid_parameter", f"{name} is a UUID.") from None
    if text := query.get("state"):
        if text not in PlanState.values:
            detail = f"A state is one of {', '.join(PlanState.values)}."
            raise invalid("state", "invalid_parameter", detail)
        chosen["state"] = text
    return chosen


class PlanDetail(PlanView):
    """`GET /api/v1/plans/{id}`."""

    def get(self, request: Request, id: UUID) -> Response:
        plan = self.plans().filter(pk=id).first()
        if plan is None:
            raise Problem("not-found", "There is no such plan.")
        return Response(show(plan))

    def describe(self, method: str) -> Operation:
        return ONE


class Believers(PlanView):
    """`GET /api/v1/plans/unacknowledged`."""

    def get(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, FILTERS[:2] + FILTERS[3:])
        chosen = {f"plan__{name}": value for name, value in _filter(query).items()}
        mine = Q(plan__subscription__in=visible(self.principal), **chosen)
        limit, purpose = page_limit(query), "believers"
        found = plans.believers(mine).order_by("id")
        if cursor := query.get("cursor"):
            found = found.filter(id__gt=unseal(cursor, purpose)[0])
        page = Page.of(found[: limit + 1], limit, purpose, lambda step: [step.pk])
        return Page([_believer(step) for step in page.results], page.next_cursor).response(request)

    def describe(self, method: str) -> Operation:
        return UNACKNOWLEDGED


def _believer(step: Step) -> dict[str, Any]:
    plan = step.plan
    return {
        "subscription": plan.subscription_id,
        "system": plan.subscription.system_id,
        "plan": plan.pk,
        "merge": plan.merge_id,
        "kind": plan.kind,
        "action": step.action,
        "golden": _golden(step),
        "since": plan.opened_at,
    }


TAG: Final = "Plans"
_GOLDEN: Final = describe.record(
    {"id": describe.UUID, "code": describe.STRING, "url": describe.STRING}
)
_GOLDEN_EXAMPLE: Final = {
    "id": schemas.EXAMPLE_ID,
    "code": "CL-000123",
    "url": f"/api/v1/clients/{schemas.EXAMPLE_ID}",
}
_ACTION: Final = enum([action.value for action in StepAction])
_KIND: Final = enum([kind.value for kind in PlanKind])
_STEP: Final = describe.record(
    {
        "position": describe.INTEGER | {"description": "Steps of a lower position go first."},
        "action": _ACTION,
        "golden": _GOLDEN,
        "version": describe.nullable(describe.INTEGER)
        | {"description": "The version to be confirmed; null until it is computed."},
        "acknowledged_at": NULL_INSTANT,
    }
)
_PLAN: Final = describe.record(
    {
        "id": describe.UUID,
        "subscription": describe.UUID,
        "merge": describe.UUID,
        "kind": _KIND,
        "state": enum([state.value for state in PlanState]),
        "opened_at": describe.INSTANT,
        "closed_at": NULL_INSTANT,
        "steps": describe.listing(_STEP),
    }
)
_MERGE: Final = "01990a3e-7b11-7d55-a2c4-9e8d7c6b5a77"
_PLAN_ID: Final = "01990a3e-7b11-7d55-a2c4-9e8d7c6b5a78"
_EXAMPLE: Final = {
    "id": _PLAN_ID,
    "subscription": SUBSCRIPTION_ID,
    "merge": _MERGE,
    "kind": "merge",
    "state": "open",
    "opened_at": schemas.EXAMPLE_INSTANT,
    "closed_at": None,
    "steps": [
        {
            "position": 3,
            "action": "deactivate",
            "golden": _GOLDEN_EXAMPLE,
            "version": 4,
            "acknowledged_at": None,
        }
    ],
}
_BELIEVER: Final = describe.record(
    {
        "subscription": describe.UUID,
        "system": describe.STRING,
        "plan": describe.UUID,
        "merge": describe.UUID,
        "kind": _KIND,
        "action": _ACTION,
        "golden": _GOLDEN,
        "since": describe.INSTANT,
    }
)
_BELIEVER_EXAMPLE: Final = {
    "subscription": SUBSCRIPTION_ID,
    "system": "erp",
    "plan": _PLAN_ID,
    "merge": _MERGE,
    "kind": "merge",
    "action": "deactivate",
    "golden": _GOLDEN_EXAMPLE,
    "since": schemas.EXAMPLE_INSTANT,
}
_OF: Final = (
    describe.in_query("subscription", "At this subscription's target.", describe.UUID),
    describe.in_query("merge", "Of this merge.", describe.UUID),
)
LIST: Final = Operation(
    "list_plans",
    "List plans",
    "What each merge and each undo of one asks of each target that held the absorbed record.",
    TAG,
    {200: Answer("One page.", describe.page(_PLAN), describe.page_example(_EXAMPLE))},
    query=(
        *_OF,
        describe.in_query("state", "In this state.", enum([s.value for s in PlanState])),
        describe.LIMIT,
        describe.CURSOR,
    ),
)
ONE: Final = Operation(
    "get_plan",
    "Read one plan",
    "With its steps: each is a delivery, and the later ones wait for the earlier.",
    TAG,
    {200: Answer("The plan.", _PLAN, _EXAMPLE)},
    path=(describe.in_path("id", "The plan.", _PLAN_ID, describe.UUID),),
)
UNACKNOWLEDGED: Final = Operation(
    "list_unacknowledged_steps",
    "List who still believes the old state",
    "The steps of open plans that no target has acknowledged yet.",
    TAG,
    {200: Answer("One page.", describe.page(_BELIEVER), describe.page_example(_BELIEVER_EXAMPLE))},
    query=(*_OF, describe.LIMIT, describe.CURSOR),
)
