"""Search before create: a system asks what the hub would make of a record, before it exists."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Final

from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.bodies import Member, anything, read_body, text, whole
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import ContractView, reach
from canonical.documents import records
from canonical.documents.shape import Record
from canonical.entities import schema_of
from canonical.models import CONSOLE, SourceRecord, System
from canonical.validation import Fault
from matching.engine.decide import Band
from matching.engine.explain import bits_of
from matching.intake.search import Candidate, search
from matching.profiles import profile_for
from matching.questions.explanation import restricted
from sync.inbound import catalogue
from sync.inbound.arrivals import BadItem, Item, arrive

MEMBERS: Final = {
    "data": Member(anything, required=True),
    "limit": Member(whole(1, 50), default=5),
    "system": Member(text(40, 1)),
}


class Match(ContractView):
    """`POST /api/v1/match/{entity}`; it writes nothing, so it takes no Idempotency-Key."""

    scopes: ClassVar = {"POST": "match"}
    entity: str = ""

    def post(self, request: Request) -> Response:
        body = read_body(request.data, MEMBERS)
        system = self._system(body["system"])
        found = search(self.entity, system, self._values(system, body["data"]), body["limit"])
        return Response(
            {
                "decision": {
                    "band": found.band,
                    "reason": found.reason,
                    "margin": None if found.margin is None else bits_of(found.margin),
                },
                "model_version": found.model_version,
                "candidates": self._shown(found.candidates),
            }
        )

    def _system(self, named: str | None) -> str:
        """Whose words the data is in: the one named, else the caller's own."""
        if named is None:
            return self.principal.system or CONSOLE
        reach(self.principal, named)
        if not System.objects.filter(pk=named).exists():
            raise Problem("not-found", f"There is no system {named!a}.")
        return named

    def _values(self, system: str, data: Any) -> Mapping[str, Any]:
        """The data in canonical attributes, through the system's mapping if it has one."""
        try:
            arrival = arrive(self.entity, Item("", data), catalogue.active(system, self.entity))
        except BadItem as error:
            raise _refused(error.faults) from None
        if not arrival.values:
            raise _refused(arrival.faults)
        return arrival.values

    def _shown(self, candidates: Collection[Candidate]) -> list[dict[str, Any]]:
        goldens = {r.id: r for r in records.current([c.found.golden for c in candidates])}
        names = SourceRecord.objects.in_bulk([c.found.record for c in candidates])
        hidden = frozenset() if self.principal.sees_restricted else restricted(self.entity)
        return [
            show(each, goldens[each.found.golden], names[each.found.record], hidden)
            for each in candidates
        ]

    def describe(self, method: str) -> Operation:
        return operation(self.entity)


def _refused(faults: Sequence[Fault]) -> Problem:
    return Problem("invalid-request", faults[0].detail, errors=faults)


def show(
    candidate: Candidate, golden: Record, best: SourceRecord, hidden: Collection[str]
) -> dict[str, Any]:
    """A candidate with the evidence of the record of it that resembles most; weights in bits."""
    found = candidate.found
    return {
        "golden_id": golden.id,
        "golden": {
            "id": golden.id,
            "code": golden.code,
            "version": golden.version,
            "state": golden.state,
            "in_review": golden.in_review,
            "url": f"/api/v1/{schema_of(golden.entity).path}/{golden.id}",
        },
        "probability": round(found.probability, 6),
        "band": candidate.band,
        "weight": bits_of(found.weight),
        "record": {"system": best.system_id, "source_id": best.source_id},
        "evidence": [_evidence(item, hidden) for item in found.detail["comparisons"]],
    }


def _evidence(item: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    return {
        "attribute": item["attribute"],
        "label": item["label"],
        "weight": bits_of(item["weight"]),
        "yours": item["left"] or None,
        "theirs": None if item["attribute"] in hidden else item["right"] or None,
    }


_BAND: Final = {
    "type": "string",
    "enum": [band.value for band in Band],
    "description": "link: it would join; review: a person would be asked; new: neither.",
}
_BITS: Final = {"type": "number", "description": "Bits of evidence; against a match if negative."}
_CANDIDATE: Final = describe.record(
    {
        "golden_id": describe.UUID,
        "golden": describe.record(
            {
                "id": describe.UUID,
                "code": describe.STRING,
                "version": describe.INTEGER,
                "state": describe.STRING,
                "in_review": describe.BOOLEAN,
                "url": describe.STRING,
            }
        ),
        "probability": {"type": "number", "minimum": 0, "maximum": 1},
        "band": _BAND | {"description": "Of this candidate, were it the only one."},
        "weight": _BITS,
        "record": schemas.SOURCE | {"description": "The record of it that resembles most."},
        "evidence": describe.listing(
            describe.record(
                {
                    "attribute": describe.STRING,
                    "label": describe.STRING,
                    "weight": _BITS,
                    "yours": describe.nullable(describe.STRING),
                    "theirs": describe.nullable(describe.STRING)
                    | {"description": "Null also where it is restricted and you lack the grant."},
                }
            )
        ),
    }
)
_ANSWER: Final = describe.record(
    {
        "decision": describe.record(
            {
                "band": _BAND,
                "reason": describe.STRING,
                "margin": describe.nullable({"type": "number"})
                | {"description": "By how many bits the best leads."},
            }
        ),
        "model_version": describe.STRING,
        "candidates": describe.listing(_CANDIDATE),
    }
)
_ASKED: Final = describe.record(
    {"data": {"type": "object", "description": "Canonical attributes, or your mapping's shape."}},
    {
        "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 5},
        "system": describe.STRING | {"description": "Whose words these are; yours if absent."},
    },
)


def operation(entity: str) -> Operation:
    """The operation of one entity."""
    schema = schema_of(entity)
    one, many = entity.replace("_", " "), schema.path.replace("-", " ")
    told = next(a.name for a in schema if a.identifying)
    asked = {"data": {told: schemas.entity_example(entity)[told]}, "limit": 5}
    return Operation(
        id=f"match_{entity}",
        summary=f"Search {many} before creating one",
        description=f"What the hub would decide if this {one} were sent, with the candidates, the "
        "likeliest first. Nothing is written and no Idempotency-Key is needed.",
        tag=many.capitalize(),
        answers={200: Answer("The decision and the candidates.", _ANSWER, _example(entity))},
        body=describe.body(_ASKED, asked),
    )


def _example(entity: str) -> dict[str, Any]:
    schema = schema_of(entity)
    golden = {
        "id": schemas.EXAMPLE_ID,
        "code": f"{schema.prefix}-000123",
        "version": 7,
        "state": "active",
        "in_review": False,
        "url": f"/api/v1/{schema.path}/{schemas.EXAMPLE_ID}",
    }
    evidence = {
        "attribute": profile_for(entity).comparisons[0].attribute,
        "label": "the same",
        "weight": 14.2,
        "yours": "muster maschinenbau",
        "theirs": "muster maschinenbau",
    }
    return {
        "decision": {"band": "link", "reason": "the best candidate reaches 95%", "margin": None},
        "model_version": "default",
        "candidates": [
            {
                "golden_id": schemas.EXAMPLE_ID,
                "golden": golden,
                "probability": 0.998,
                "band": "link",
                "weight": 9.1,
                "record": {"system": "crm", "source_id": "0015g00000A1b2C"},
                "evidence": [evidence],
            }
        ],
    }
