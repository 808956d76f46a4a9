"""Targets: whether each holds what it confirmed, where it differs, and what is done about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api import parameters, schemas
from canonical.api.contract import describe
from canonical.api.contract.bodies import Member, Wrong, read_body
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import Problem, invalid
from canonical.api.contract.view import ContractView, once
from canonical.entities import schema_of
from sync.api.descriptions import NULL_INSTANT, SUBSCRIPTION_ID, enum
from sync.api.subscriptions import visible
from sync.models import (
    Drift,
    DriftKind,
    DriftState,
    Heal,
    Reconciliation,
    RunState,
    Subscription,
)
from sync.reconciliation import drifts, healing, runs, targets
from sync.reconciliation.healing import CannotHeal

ACCEPT: Final = "accept"
FILTERS: Final = ("kind", "state", "shadow")


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("wrong_type", "true or false.")
    return value


def _word(value: Any) -> str:
    if value not in WORDS:
        raise Wrong("unknown_word", f"One of {', '.join(WORDS)}.")
    return str(value)


WORDS: Final = (Heal.HUB.value, Heal.TARGET.value, ACCEPT)


def show_drift(drift: Drift) -> dict[str, Any]:
    """One difference."""
    golden = drift.golden
    return {
        "id": drift.pk,
        "subscription": drift.subscription_id,
        "entity": drift.entity,
        "golden": golden
        and {
            "id": golden.pk,
            "code": golden.code,
            "url": f"/api/v1/{schema_of(golden.entity).path}/{golden.pk}",
        },
        "source_id": drift.source_id,
        "kind": drift.kind,
        "version": drift.version,
        "differences": drift.differences,
        "shadow": drift.shadow,
        "state": drift.state,
        "found_at": drift.found_at,
    }


def show_run(run: Reconciliation) -> dict[str, Any]:
    """One comparison and how far it has come."""
    names = ("id", "dry_run", "state", "total", "done", "counts", "error", "started_at",
             "finished_at")  # fmt: skip
    return {"subscription": run.subscription_id, **{name: getattr(run, name) for name in names}}


class TargetView(ContractView):
    """An address below one target."""

    scopes: ClassVar = {"GET": "sync", "POST": "sync"}

    def subscriptions(self, code: str) -> list[Subscription]:
        """The caller's subscriptions that deliver to a system; 404 where there are none."""
        mine = visible(self.principal).values("pk")
        found = list(targets.of_system(code).filter(pk__in=mine))
        if not found:
            raise Problem("not-found", "Nothing of yours is delivered to such a system.")
        return found


class DriftList(TargetView):
    """`GET /api/v1/targets/{code}/drift`."""

    def get(self, request: Request, code: str) -> Response:
        query = request.query_params
        known_parameters(query, (*FILTERS, "limit", "cursor"))
        purpose = f"drift {code} " + "&".join(f"{n}={query.get(n, '')}" for n in FILTERS)
        rows = Drift.objects.filter(subscription__in=self.subscriptions(code), **_filter(query))
        limit = page_limit(query)
        if cursor := query.get("cursor"):
            rows = rows.filter(id__lt=UUID(unseal(cursor, purpose)[0]))
        found = rows.select_related("golden").order_by("-id")[: limit + 1]
        page = Page.of(found, limit, purpose, lambda drift: [str(drift.pk)])
        shown = [show_drift(drift) for drift in page.results]
        return Page(shown, page.next_cursor).response(request)

    def describe(self, method: str) -> Operation:
        return DRIFT


def _filter(query: Mapping[str, str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {"state__in": drifts.PENDING}
    for name, values in (("kind", DriftKind.values), ("state", DriftState.values)):
        if text := query.get(name):
            if text not in values:
                raise invalid(name, "invalid_parameter", f"One of {', '.join(values)}.")
            chosen[name] = text
    if "state" in chosen:
        del chosen["state__in"]
    if query.get("shadow"):
        chosen["shadow"] = parameters.flag(query, "shadow")
    return chosen


class HealDrift(TargetView):
    """`POST /api/v1/targets/{code}/drift/{id}/heal`."""

    @once
    def post(self, request: Request, code: str, id: UUID) -> Response:
        mine = Drift.objects.filter(subscription__in=self.subscriptions(code))
        drift = mine.select_related("golden", "subscription").filter(pk=id).first()
        if drift is None:
            raise Problem("not-found", "There is no such difference.")
        word = read_body(request.data, {"word": Member(_word, required=True)})["word"]
        if drift.state not in drifts.PENDING:
            raise Problem("state-conflict", f"It is {drift.get_state_display()} already.")
        if word == Heal.TARGET.value and not self.principal.may("steward"):
            raise Problem("forbidden", "To take a target's values in needs the scope steward.")
        try:
            _carry_out(drift, word, self.principal.id)
        except CannotHeal as error:
            raise Problem("unprocessable", str(error)) from None
        drift.refresh_from_db()
        return Response(show_drift(drift), status=202)

    def describe(self, method: str) -> Operation:
        return HEAL


def _carry_out(drift: Drift, word: str, by: str) -> None:
    if word == ACCEPT:
        healing.accept(drift, by)
    else:
        healing.heal(drift, Heal(word), by)


class Reconcile(TargetView):
    """`GET|POST /api/v1/targets/{code}/reconciliations`."""

    def get(self, request: Request, code: str) -> Response:
        query = request.query_params
        known_parameters(query, ("limit", "cursor"))
        purpose, limit = f"reconciliations {code}", page_limit(query)
        rows = Reconciliation.objects.filter(subscription__in=self.subscriptions(code))
        if cursor := query.get("cursor"):
            rows = rows.filter(id__lt=UUID(unseal(cursor, purpose)[0]))
        page = Page.of(rows.order_by("-id")[: limit + 1], limit, purpose, lambda r: [str(r.pk)])
        return Page([show_run(run) for run in page.results], page.next_cursor).response(request)

    @once
    def post(self, request: Request, code: str) -> Response:
        wanted = read_body(request.data, {"dry_run": Member(_flag, default=False)})
        asked = [
            runs.request(each, self.principal.id, dry_run=wanted["dry_run"])
            for each in self.subscriptions(code)
        ]
        return Response({"reconciliations": [show_run(run) for run in asked]}, status=202)

    def describe(self, method: str) -> Operation:
        return RUNS[method]


class ReconciliationDetail(TargetView):
    """`GET /api/v1/targets/{code}/reconciliations/{id}`."""

    scopes: ClassVar = {"GET": "sync"}

    def get(self, request: Request, code: str, id: UUID) -> Response:
        rows: QuerySet[Reconciliation] = Reconciliation.objects.filter(
            subscription__in=self.subscriptions(code), pk=id
        )
        run = rows.first()
        if run is None:
            raise Problem("not-found", "There is no such reconciliation.")
        return Response(show_run(run))

    def describe(self, method: str) -> Operation:
        return RUN


TAG: Final = "Targets"
_CODE: Final = describe.in_path("code", "The code of the system delivered to.", "erp")
_ID: Final = "01990a3e-7b11-7d55-a2c4-9e8d7c6b5a79"
_ANY: Final[dict[str, Any]] = {"description": "The value as it is held."}
_DIFFERENCE: Final = describe.record({"attribute": describe.STRING, "hub": _ANY, "target": _ANY})
_GOLDEN: Final = {
    "anyOf": [
        describe.record({"id": describe.UUID, "code": describe.STRING, "url": describe.STRING}),
        {"type": "null"},
    ]
}
_DRIFT: Final = describe.record(
    {
        "id": describe.UUID,
        "subscription": describe.UUID,
        "entity": describe.STRING,
        "golden": _GOLDEN,
        "source_id": describe.STRING | {"description": "The target's own id, where it told one."},
        "kind": enum(list(DriftKind.values)),
        "version": describe.INTEGER | {"description": "Which it should hold."},
        "differences": describe.listing(_DIFFERENCE),
        "shadow": describe.BOOLEAN | {"description": "What would be sent, were it not a shadow."},
        "state": enum(list(DriftState.values)),
        "found_at": describe.INSTANT,
    }
)
_DRIFT_EXAMPLE: Final = {
    "id": _ID,
    "subscription": SUBSCRIPTION_ID,
    "entity": "client",
    "golden": {
        "id": schemas.EXAMPLE_ID,
        "code": "CL-000123",
        "url": f"/api/v1/clients/{schemas.EXAMPLE_ID}",
    },
    "source_id": "4711",
    "kind": "drifted",
    "version": 7,
    "differences": [{"attribute": "payment_terms", "hub": "net30", "target": "net60"}],
    "shadow": False,
    "state": "open",
    "found_at": schemas.EXAMPLE_INSTANT,
}
_RUN: Final = describe.record(
    {
        "id": describe.UUID,
        "subscription": describe.UUID,
        "dry_run": describe.BOOLEAN,
        "state": enum(list(RunState.values)),
        "total": describe.INTEGER | {"description": "Records to compare."},
        "done": describe.INTEGER,
        "counts": {"type": "object", "additionalProperties": describe.INTEGER}
        | {"description": "By kind of difference; `same`, and `under_way` where not confirmed."},
        "error": describe.STRING,
        "started_at": describe.INSTANT,
        "finished_at": NULL_INSTANT,
    }
)
_RUN_EXAMPLE: Final = {
    "id": _ID,
    "subscription": SUBSCRIPTION_ID,
    "dry_run": False,
    "state": "done",
    "total": 1214,
    "done": 1214,
    "counts": {"same": 1212, "drifted": 2},
    "error": "",
    "started_at": schemas.EXAMPLE_INSTANT,
    "finished_at": schemas.EXAMPLE_INSTANT,
}
DRIFT: Final = Operation(
    "list_drift",
    "List where a target differs",
    "What the last comparisons found and nobody has settled yet, unless a state is named.",
    TAG,
    {200: Answer("One page.", describe.page(_DRIFT), describe.page_example(_DRIFT_EXAMPLE))},
    path=(_CODE,),
    query=(
        describe.in_query("kind", "Of this kind.", enum(list(DriftKind.values))),
        describe.in_query("state", "In this state.", enum(list(DriftState.values))),
        describe.in_query("shadow", "Only, or without, what a shadow found.", describe.BOOLEAN),
        describe.LIMIT,
        describe.CURSOR,
    ),
)
HEAL: Final = Operation(
    "heal_drift",
    "Say whose word stands",
    "`hub` sends the record again, `target` takes its values in, `accept` leaves it as it is until "
    "the next comparison finds it again.",
    TAG,
    {202: Answer("It is under way.", _DRIFT, {**_DRIFT_EXAMPLE, "state": "healing"})},
    path=(_CODE, describe.in_path("id", "The difference.", _ID, describe.UUID)),
    body=describe.body(describe.record({"word": enum(list(WORDS))}), {"word": "hub"}),
    raises=(403, 409),
)
RUNS: Final = {
    "GET": Operation(
        "list_reconciliations",
        "List comparisons",
        "The newest first.",
        TAG,
        {200: Answer("One page.", describe.page(_RUN), describe.page_example(_RUN_EXAMPLE))},
        path=(_CODE,),
        query=(describe.LIMIT, describe.CURSOR),
    ),
    "POST": Operation(
        "reconcile",
        "Compare a target",
        "Reads what the target holds and compares it with what it confirmed; one that waits or "
        "runs already is the answer. A dry run keeps and heals nothing.",
        TAG,
        {
            202: Answer(
                "They wait for a worker.",
                describe.record({"reconciliations": describe.listing(_RUN)}),
                {"reconciliations": [{**_RUN_EXAMPLE, "state": "waiting", "finished_at": None}]},
            )
        },
        path=(_CODE,),
        body=describe.body(describe.record({}, {"dry_run": describe.BOOLEAN}), {"dry_run": False}),
    ),
}  # fmt: skip
RUN: Final = Operation(
    "get_reconciliation",
    "Read one comparison",
    "How far it has come, and what it found.",
    TAG,
    {200: Answer("The comparison.", _RUN, _RUN_EXAMPLE)},
    path=(_CODE, describe.in_path("id", "The comparison.", _ID, describe.UUID)),
)
