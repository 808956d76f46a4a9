"""`GET /api/v1/{entity}/{id}/lineage`: where each value comes from."""

from __future__ import annotations

from typing import Any, Final

from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.cursors import known_parameters
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.preconditions import etag
from canonical.api.records import ID, EntityView
from canonical.documents import lineage


class Lineage(EntityView):
    """Each attribute: value, winning source record, rule, policy version, losing values."""

    def get(self, request: Request, id: str) -> Response:
        known_parameters(request.query_params, ())
        golden = self.found(id)
        story = lineage.of(golden, sees_restricted=self.principal.sees_restricted)
        return Response(story, headers={"ETag": etag(golden.version)})

    def describe(self, method: str) -> Operation:
        one, many, _ = self.words
        return Operation(
            id=f"get_{self.entity}_lineage",
            summary=f"Where each value of one {one} comes from",
            description="The function that computed the record tells, for each attribute, who "
            "won by which rule, and what every other source said. `parts` names the source of "
            "list elements and overlaid parts.",
            tag=many.capitalize(),
            path=(ID,),
            answers={200: Answer("The lineage.", _LINEAGE, _example(self.entity), describe.ETAG)},
        )


_SAID: Final = describe.record(
    {
        "system": describe.STRING,
        "source_id": describe.STRING,
        "value": {},
        "trust": describe.INTEGER,
        "changed_at": describe.nullable(describe.STRING),
        "retired": describe.BOOLEAN,
        "steward": describe.BOOLEAN,
    }
)
_LINEAGE: Final = describe.record(
    {
        "id": describe.UUID,
        "code": describe.STRING,
        "entity": describe.STRING,
        "version": describe.INTEGER,
        "policy_version": describe.INTEGER,
        "attributes": describe.listing(
            describe.record(
                {
                    "attribute": describe.STRING,
                    "value": {},
                    "rule": describe.STRING,
                    "sentence": describe.STRING,
                    "winner": _SAID,
                    "losing": describe.listing(_SAID),
                    "parts": {
                        "type": "object",
                        "additionalProperties": describe.nullable(schemas.SOURCE),
                    },
                }
            )
        ),
    }
)


def _example(entity: str) -> dict[str, Any]:
    def said(system: str, source_id: str, value: str, trust: int) -> dict[str, Any]:
        return {
            "system": system,
            "source_id": source_id,
            "value": value,
            "trust": trust,
            "changed_at": schemas.EXAMPLE_INSTANT,
            "retired": False,
            "steward": False,
        }

    whole = schemas.entity_example(entity)
    return {
        "id": whole["id"],
        "code": whole["code"],
        "entity": entity,
        "version": whole["version"],
        "policy_version": 1,
        "attributes": [
            {
                "attribute": "currency",
                "value": "EUR",
                "rule": "trust",
                "sentence": "The value of the most trusted system wins.",
                "winner": said("crm", "0015g00000A1b2C", "EUR", 80),
                "losing": [said("erp", "C-10044", "USD", 50)],
                "parts": {},
            }
        ],
    }
