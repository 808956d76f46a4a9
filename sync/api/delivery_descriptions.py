"""What deliveries say of themselves in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from canonical.api import parameters, schemas
from canonical.api.contract import describe
from canonical.api.contract.describe import Answer, Operation
from sync.api.descriptions import MESSAGE_ID, NULL_INSTANT, SUBSCRIPTION_ID, enum
from sync.outbound.deliveries import STATUSES

_DELIVERY: Final = describe.record(
    {
        "id": describe.INTEGER,
        "subscription": describe.UUID,
        "entity": describe.STRING,
        "golden": describe.record(
            {"id": describe.UUID, "code": describe.STRING, "url": describe.STRING}
        ),
        "status": enum(list(STATUSES)),
        "desired": describe.INTEGER | {"description": "The version that is owed."},
        "confirmed": describe.INTEGER | {"description": "The version the target acknowledged."},
        "attempts": describe.INTEGER | {"description": "At the version that is owed."},
        "due_at": NULL_INSTANT,
        "waiting_on": describe.nullable(describe.UUID)
        | {"description": "The parent that has to arrive first."},
        "last_error": describe.STRING,
    }
)
_DELIVERY_EXAMPLE: Final[Mapping[str, Any]] = {
    "id": 4711,
    "subscription": SUBSCRIPTION_ID,
    "entity": "client",
    "golden": {
        "id": schemas.EXAMPLE_ID,
        "code": "CL-000123",
        "url": f"/api/v1/clients/{schemas.EXAMPLE_ID}",
    },
    "status": "retrying",
    "desired": 7,
    "confirmed": 6,
    "attempts": 2,
    "due_at": schemas.EXAMPLE_INSTANT,
    "waiting_on": None,
    "last_error": "answered 503",
}
_TRIED: Final = describe.record(
    {
        "version": describe.INTEGER,
        "message_id": describe.UUID,
        "started_at": describe.INSTANT,
        "milliseconds": describe.INTEGER,
        "verdict": describe.STRING,
        "status": describe.nullable(describe.INTEGER),
        "reason": describe.STRING,
        "settled": describe.BOOLEAN | {"description": "False where another worker took over."},
        "response": describe.STRING | {"description": "Its first 4 KB, secrets blacked out."},
    }
)
_TRIED_EXAMPLE: Final[Mapping[str, Any]] = {
    "version": 7,
    "message_id": MESSAGE_ID,
    "started_at": schemas.EXAMPLE_INSTANT,
    "milliseconds": 38,
    "verdict": "failed",
    "status": 503,
    "reason": "answered 503",
    "settled": True,
    "response": "try later",
}
_IMPACT: Final = describe.record(
    {
        "client": describe.nullable(describe.STRING),
        "value_at_risk": describe.nullable(describe.STRING)
        | {"description": "In the hub's currency."},
    }
)
_LANE: Final = describe.in_path("id", "The delivery.", "4711")
DELIVERIES_TAG: Final = "Deliveries"

DELIVERIES: Final = Operation(
    "list_deliveries",
    "List deliveries",
    "One for each record and subscription, the newest first.",
    DELIVERIES_TAG,
    {200: Answer("One page.", describe.page(_DELIVERY), describe.page_example(_DELIVERY_EXAMPLE))},
    query=(
        describe.in_query("subscription", "Of this subscription.", describe.UUID),
        describe.in_query("status", "In this status.", enum(list(STATUSES))),
        parameters.ENTITY,
        describe.in_query("golden", "Of this golden record.", describe.UUID),
        describe.LIMIT,
        describe.CURSOR,
    ),
)
DELIVERY: Final = Operation(
    "get_delivery",
    "Read one delivery",
    "With its last 50 attempts, the newest first.",
    DELIVERIES_TAG,
    {
        200: Answer(
            "The delivery.",
            describe.record(
                {
                    **_DELIVERY["properties"],
                    "tried": describe.listing(_TRIED),
                    "impact": {"anyOf": [_IMPACT, {"type": "null"}]}
                    | {"description": "Of one that was given up: what hangs on it."},
                }
            ),
            {**_DELIVERY_EXAMPLE, "tried": [_TRIED_EXAMPLE], "impact": None},
        )
    },
    path=(_LANE,),
)
REPLAY_ONE: Final = Operation(
    "replay_delivery",
    "Send one again",
    "The newest version, under the same id as before; one that was given up starts afresh.",
    DELIVERIES_TAG,
    {202: Answer("It is on its way.", _DELIVERY, {**_DELIVERY_EXAMPLE, "status": "pending"})},
    path=(_LANE,),
)
CORRECT: Final = Operation(
    "correct_delivery",
    "Edit and send again",
    "Pins the values on the golden record, as a steward does, and sends the new version: what a "
    "target would not take is mended for every target, with the reason in its lineage.",
    DELIVERIES_TAG,
    {202: Answer("It is on its way.", _DELIVERY, {**_DELIVERY_EXAMPLE, "status": "pending"})},
    path=(_LANE,),
    body=describe.body(
        describe.record(
            {"values": {"type": "object", "additionalProperties": True}}
            | {"reason": describe.STRING}
        ),
        {"values": {"website": "https://acme.example"}, "reason": "The ERP wants one."},
    ),
    raises=(409,),
)
