"""Survivorship policies: their versions, what other rules change, and putting them in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api import parameters, schemas
from canonical.api.contract import describe
from canonical.api.contract.bodies import Member, anything, read_deed
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.preconditions import etag, expected_version
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import ContractView, once
from canonical.api.effects import CHANGED, changed
from canonical.entities import entity_of_path
from canonical.golden.cause import cause_of
from canonical.governance import policies
from canonical.governance.policy_rules import MOST_TRUST
from canonical.models import Policy
from canonical.survivorship.policy import DEFAULT_TRUST, SENTENCES

TAG: Final = "Policies"


class PolicyList(ContractView):
    """`GET /api/v1/policies`."""

    criticality: ClassVar = "normal"

    def get(self, request: Request) -> Response:
        query = request.query_params
        known_parameters(query, ("entity", "limit", "cursor"))
        entity, limit = parameters.entity(query), page_limit(query)
        purpose, rows = f"policies {entity}", Policy.objects.all()
        if entity:
            rows = rows.filter(entity=entity)
        if cursor := query.get("cursor"):
            name, version = unseal(cursor, purpose)
            rows = rows.filter(Q(entity__gt=name) | Q(entity=name, version__lt=version))
        found = rows.order_by("entity", "-version")[: limit + 1]
        page = Page.of(found, limit, purpose, lambda row: [row.entity, row.version])
        return Page([_shown(row) for row in page.results], page.next_cursor).response(request)

    def describe(self, method: str) -> Operation:
        return _LIST


class PolicyInForce(ContractView):
    """`GET|POST /api/v1/policies/{entity}`."""

    owner: ClassVar = "Data stewardship"
    criticality: ClassVar = "normal"
    scopes: ClassVar = {"GET": "read", "POST": "admin"}
    if_match: ClassVar = {"POST": False}

    def get(self, request: Request, entity: str) -> Response:
        known_parameters(request.query_params, ())
        held = policies.in_force(_entity(entity))
        return Response(_shown(held), headers={"ETag": etag(held.version)})

    @once
    def post(self, request: Request, entity: str) -> Response:
        kind, expected = _entity(entity), expected_version(request.headers, required=False)
        body = read_deed(request.data, {"rules": Member(anything, required=True)})
        rules = body["rules"]
        if faults := policies.faults_in(kind, rules):
            told = [replace(fault, pointer=f"/rules{fault.pointer}") for fault in faults]
            raise Problem("invalid-request", told[0].detail, errors=told)
        if body["preview"]:
            effect = policies.preview(kind, rules)
            told_effect = {
                "compared": effect.compared,
                "changed": changed(effect.changed, self.principal),
            }
            held = _shown(policies.in_force(kind))
            return _answer(held, effect.goldens, told_effect)
        cause = cause_of(self.principal, body["reason"])
        made, followed = policies.put_in_force(kind, rules, cause, expected)
        return _answer(_shown(made), followed, None)

    def describe(self, method: str) -> Operation:
        return _ONE[method]


def _answer(policy: Mapping[str, Any], goldens: int, effect: Any) -> Response:
    told = {"preview": effect is not None, "policy": policy, "golden_records": goldens}
    headers = {} if effect is not None else {"ETag": etag(policy["version"])}
    return Response({**told, "effect": effect}, headers=headers)


def _entity(path: str) -> str:
    try:
        return entity_of_path(path)
    except KeyError:
        raise Problem("not-found", f"There is no entity {path[:40]!a}.") from None


def _shown(policy: Policy) -> dict[str, Any]:
    return {
        "entity": policy.entity,
        "version": policy.version,
        "in_force": policy.active,
        "rules": policy.rules,
        "created_by": policy.created_by,
        "created_at": policy.created_at,
    }


_TRUST: Final = {
    "type": "object",
    "additionalProperties": {"type": "integer", "minimum": 0, "maximum": MOST_TRUST},
    "description": f"By system; one that is not named has {DEFAULT_TRUST}.",
}
_RULES: Final = describe.closed(
    {},
    {
        "trust": _TRUST,
        "attributes": {
            "type": "object",
            "additionalProperties": describe.closed(
                {},
                {
                    "strategy": {"type": "string", "enum": [str(each) for each in SENTENCES]}
                    | {"description": " ".join(f"`{k}`: {v}" for k, v in SENTENCES.items())},
                    "trust": _TRUST,
                    "asserts_empty": describe.listing(describe.STRING)
                    | {"description": "Systems whose saying nothing competes as empty."},
                },
            ),
            "description": "By attribute, or by part of a list like `items.invoice_ref`.",
        },
    },
)
_RULES_EXAMPLE: Final[Mapping[str, Any]] = {
    "trust": {"crm": 80, "erp": 60},
    "attributes": {"credit_limit": {"trust": {"erp": 95}}, "phone": {"strategy": "recency"}},
}
_POLICY: Final = describe.record(
    {
        "entity": describe.STRING,
        "version": describe.INTEGER | {"description": "The ETag of the one in force."},
        "in_force": describe.BOOLEAN,
        "rules": _RULES,
        "created_by": describe.STRING,
        "created_at": describe.INSTANT,
    }
)
_EXAMPLE: Final[Mapping[str, Any]] = {
    "entity": "client",
    "version": 2,
    "in_force": True,
    "rules": _RULES_EXAMPLE,
    "created_by": "Ada Lovelace",
    "created_at": schemas.EXAMPLE_INSTANT,
}
_ANSWER: Final = describe.record(
    {
        "preview": describe.BOOLEAN,
        "policy": _POLICY | {"description": "The one in force; in a preview still the old one."},
        "golden_records": describe.INTEGER
        | {"description": "Golden records that are, or would be, computed again."},
        "effect": describe.nullable(
            describe.record(
                {
                    "compared": describe.INTEGER
                    | {"description": "Golden records that were compared."},
                    "changed": CHANGED,
                }
            )
        )
        | {"description": "In a preview only."},
    }
)
_PATH: Final = (
    describe.in_path(
        "entity", "Of which entity.", "clients", {"type": "string", "enum": parameters.PATHS}
    ),
)
_LIST: Final = Operation(
    "list_policies",
    "List survivorship policies",
    "Every version, by entity, the newest first; one of each entity is in force.",
    TAG,
    {200: Answer("One page.", describe.page(_POLICY), describe.page_example(_EXAMPLE))},
    query=(parameters.ENTITY, describe.LIMIT, describe.CURSOR),
)
_ONE: Final[Mapping[str, Operation]] = {
    "GET": Operation(
        "get_policy",
        "Read the policy in force",
        "How much each system is trusted, and by which rule each attribute survives.",
        TAG,
        {200: Answer("The policy.", _POLICY, _EXAMPLE, describe.ETAG)},
        path=_PATH,
    ),
    "POST": Operation(
        "put_policy_in_force",
        "Put other rules in force",
        "They become the next version, and the golden records in which several records speak are "
        "computed again in the background. To go back, send the rules of an earlier version; the "
        "same rules change nothing. `preview` tells what would come out otherwise, the first "
        f"{policies.COMPARED} golden records compared.",
        TAG,
        {
            200: Answer(
                "The policy in force and what follows.",
                _ANSWER,
                {"preview": False, "policy": _EXAMPLE, "golden_records": 412, "effect": None},
                describe.ETAG,
            )
        },
        path=_PATH,
        body=describe.body(
            describe.closed({"rules": _RULES}, describe.DEED),
            {"rules": _RULES_EXAMPLE, "reason": "Finance keeps the credit limits."},
        ),
    ),
}
