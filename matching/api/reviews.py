"""Reviews: the questions that wait for a person, and their answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.access import Principal
from canonical.api import parameters
from canonical.api.contract import idempotency
from canonical.api.contract.bodies import PICKS, Member, listing, one_of, read_deed, uuid
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Operation
from canonical.api.contract.handler import problem_of
from canonical.api.contract.preconditions import etag, expected_version
from canonical.api.contract.problems import Problem, invalid
from canonical.api.contract.view import ContractView, each_once, once
from canonical.api.overrides import refuse_restricted
from canonical.entities import schema_of
from canonical.golden.cause import cause_of
from canonical.identity.errors import IdentityError
from canonical.identity.units import apart, unit
from canonical.models import Golden, SourceRecord
from matching.api import review_descriptions as descriptions
from matching.api.outcomes import named, record_named, shown
from matching.engine.explain import bits_of
from matching.models import Review, ReviewKind, ReviewState
from matching.questions import review as reviews
from matching.questions.explanation import restricted

FILTERS: Final = ("state", "kind", "entity", "golden")
DECISIONS: Final = ("match", "no_match", "defer")
AT_ONCE: Final = 50


def show(rows: Iterable[Review], caller: Principal) -> list[dict[str, Any]]:
    """Reviews with both records where they stand today, in a fixed number of statements."""
    found = list(rows)
    annotated = reviews.with_sides(Review.objects.filter(pk__in=[row.pk for row in found]))
    sides = {row.pk: {row.record_a_id: row.now_a, row.record_b_id: row.now_b} for row in annotated}
    names = SourceRecord.objects.in_bulk([r for side in sides.values() for r in side])
    goldens = Golden.objects.in_bulk([g for side in sides.values() for g in side.values() if g])
    return [_shown(row, sides[row.pk], names, goldens, caller) for row in found]


def _shown(
    row: Review,
    sides: Mapping[UUID, UUID | None],
    names: Mapping[UUID, SourceRecord],
    goldens: Mapping[UUID, Golden],
    caller: Principal,
) -> dict[str, Any]:
    hidden = frozenset() if caller.sees_restricted else restricted(row.entity)
    first, second = row.record_a_id, row.record_b_id
    arrived, other = (first, second) if row.detail.get("arrived") == str(first) else (second, first)

    def side(record: UUID) -> dict[str, Any]:
        stands = sides[record]
        golden = goldens.get(stands) if stands else None
        return {**record_named(names[record]), "golden": named(golden) if golden else None}

    return {
        "id": row.pk,
        "url": f"/api/v1/reviews/{row.pk}",
        "entity": row.entity,
        "kind": row.kind,
        "state": row.state,
        "version": row.version,
        "probability": round(row.probability, 6),
        "weight": bits_of(row.weight),
        "margin": None if row.margin is None else bits_of(row.margin),
        "model_version": row.model_version,
        "question": row.detail.get("reason", ""),
        "arrived": side(arrived),
        "candidate": side(other),
        "evidence": [_evidence(item, hidden) for item in row.detail.get("comparisons", ())],
        "opened_at": row.opened_at,
        "decision": row.decision or None,
        "decided_by": row.decided_by or None,
        "decided_at": row.decided_at,
        "reason": row.reason or None,
    }


def _evidence(item: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    seen = item["attribute"] not in hidden
    return {
        "attribute": item["attribute"],
        "label": item["label"],
        "weight": bits_of(item["weight"]),
        "arrived": (item["left"] or None) if seen else None,
        "candidate": (item["right"] or None) if seen else None,
    }


class ReviewList(ContractView):
    """`GET /api/v1/reviews`."""

    def get(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, (*FILTERS, "limit", "cursor"))
        purpose = "reviews " + "&".join(f"{name}={query.get(name, '')}" for name in FILTERS)
        limit, rows = page_limit(query), Review.objects.filter(_condition(query))
        if cursor := query.get("cursor"):
            rows = rows.filter(id__gt=UUID(unseal(cursor, purpose)[0]))
        page = Page.of(rows.order_by("id")[: limit + 1], limit, purpose, lambda r: [str(r.pk)])
        return Page(show(page.results, self.principal), page.next_cursor).response(request)

    def describe(self, method: str) -> Operation:
        return descriptions.REVIEWS


def _condition(query: Mapping[str, str]) -> Q:
    condition = Q(
        state__in=parameters.words(query, "state", ReviewState.values) or [ReviewState.OPEN]
    )
    if kinds := parameters.words(query, "kind", ReviewKind.values):
        condition &= Q(kind__in=kinds)
    if entity := parameters.entity(query):
        condition &= Q(entity=entity)
    if text := query.get("golden"):
        condition &= _about(text)
    return condition


def _about(text: str) -> Q:
    try:
        golden = UUID(text)
    except ValueError:
        raise invalid("golden", "invalid_parameter", "Expected a golden id.") from None
    linked = Q(links__golden=golden, links__until__isnull=True)
    records = SourceRecord.objects.filter(linked).values("id")
    return Q(record_a__in=records) | Q(record_b__in=records)


class ReviewView(ContractView):
    """An address below one review."""

    def found(self, id: UUID) -> Review:
        """The review; else 404."""
        row = Review.objects.filter(pk=id).first()
        if row is None:
            raise Problem("not-found", "There is no such review.")
        return row


class ReviewDetail(ReviewView):
    """`GET /api/v1/reviews/{id}`."""

    def get(self, request: Request, id: UUID) -> Response:
        row = self.found(id)
        return Response(show([row], self.principal)[0], headers={"ETag": etag(row.version)})

    def describe(self, method: str) -> Operation:
        return descriptions.REVIEW


class Decide(ReviewView):
    """`POST /api/v1/reviews/{id}/decide`."""

    scopes: ClassVar = {"POST": "steward"}
    if_match: ClassVar = {"POST": False}
    members: ClassVar = {"decision": Member(one_of(DECISIONS), required=True), **PICKS}

    @once
    def post(self, request: Request, id: UUID) -> Response:
        expected = expected_version(request.headers, required=False)
        body = read_deed(request.data, self.members)
        cause, preview = cause_of(self.principal, body["reason"]), body["preview"]
        entity = schema_of(self.found(id).entity)
        refuse_restricted(entity, body["picks"], self.principal)

        def work() -> dict[str, Any]:
            decided = reviews.decide(id, body["decision"], cause, expected, body["picks"])
            return _decided(decided, self.principal, preview)

        answer = unit(work, preview)
        return Response(answer, headers={} if preview else {"ETag": etag(answer["version"])})

    def describe(self, method: str) -> Operation:
        return descriptions.DECIDE


def _decided(decided: reviews.Decided, caller: Principal, preview: bool) -> dict[str, Any]:
    review, effect, conflict = decided.review, decided.effect, decided.conflict
    return {
        **show([review], caller)[0],
        "preview": preview,
        "effect": shown(effect, caller, preview=preview) if effect else None,
        "conflict": show([conflict], caller)[0] if conflict else None,
    }


class DecideAll(ContractView):
    """`POST /api/v1/reviews/decide`."""

    scopes: ClassVar = {"POST": "steward"}
    members: ClassVar = {
        "reviews": Member(listing(uuid, AT_ONCE), required=True),
        "decision": Member(one_of(DECISIONS), required=True),
    }

    @each_once
    def post(self, request: Request) -> Response:
        known_parameters(request.query_params, ())
        body = read_deed(request.data, self.members)
        wanted = [str(id) for id in dict.fromkeys(body["reviews"])]
        cause, preview = cause_of(self.principal, body["reason"]), body["preview"]

        def answer(id: str) -> dict[str, Any]:
            decided = reviews.decide(UUID(id), body["decision"], cause)
            told = _decided(decided, self.principal, preview)
            return {"review": id, "status": 200, "detail": None, "answer": told}

        def foreseen(id: str) -> dict[str, Any]:
            told = apart(lambda: answer(id))
            return _refused(id, told) if isinstance(told, IdentityError) else told

        def look() -> Response:
            results = unit(lambda: [foreseen(id) for id in wanted], preview=True)
            return Response({"preview": True, "results": results})

        if preview:
            return idempotency.answer_once(self.principal, request, look)
        done = idempotency.answer_each(self.principal, request, wanted, answer, _refused)
        done.data = {"preview": False, "results": done.data}
        return done

    def describe(self, method: str) -> Operation:
        return descriptions.DECIDE_ALL


def _refused(id: str, error: IdentityError) -> dict[str, Any]:
    problem = problem_of(error)
    assert problem is not None
    return {"review": id, "status": problem.kind.status, "detail": str(error), "answer": None}
