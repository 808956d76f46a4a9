"""What the door in says of itself in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.describe import Answer, Body, Operation, Schema
from canonical.api.parameters import PATHS
from canonical.models import RecordState
from sync.models.inbound import SubmissionState

TAG: Final = "Source records"
SUBMISSION_ID: Final = "01990a3e-8c22-7e66-b3d5-0a1b2c3d4e5f"
_ANYTHING: Final[Schema] = {"type": "object", "additionalProperties": True}
_NUMBER: Final[Schema] = {"type": "number"}
_OUTCOMES: Final = [
    "created", "linked", "updated", "unchanged", "stale", "review", "quarantined",
]  # fmt: skip

_SYSTEM: Final = describe.in_path("system", "The system's code; others are not found.", "crm")
_ENTITY: Final = describe.in_path(
    "entity", "The entity.", "clients", {"type": "string", "enum": PATHS}
)
_SOURCE_ID: Final = describe.in_path("source_id", "The system's own id.", "0015g00000AbCdE")
_PLACE: Final = (_SYSTEM, _ENTITY, _SOURCE_ID)

_GOLDEN: Final = describe.record(
    {
        "id": describe.UUID,
        "code": describe.STRING,
        "version": describe.INTEGER,
        "url": describe.STRING,
    }
)
_MATCH: Final = describe.record(
    {
        "probability": _NUMBER,
        "margin": describe.nullable(_NUMBER) | {"description": "Bits to the runner-up."},
        "model_version": describe.STRING,
    }
)
_ISSUE: Final = describe.record(
    {"code": describe.STRING, "pointer": describe.STRING, "detail": describe.STRING}
)
_UNMAPPED: Final = describe.record(
    {"attribute": describe.STRING, "vocabulary": describe.STRING, "value": describe.STRING}
)
_MEMBERS: Final[Mapping[str, Schema]] = {
    "golden": describe.nullable(_GOLDEN),
    "match": describe.nullable(_MATCH),
    "review_url": describe.nullable(describe.STRING),
    "issues": describe.listing(_ISSUE),
    "pending_references": describe.listing(describe.STRING),
    "unmapped_values": describe.listing(_UNMAPPED),
    "correlation_id": describe.STRING,
}
_ANSWER: Final = describe.record({"outcome": {"type": "string", "enum": _OUTCOMES}, **_MEMBERS})
_ITEM_ANSWER: Final = describe.record(
    {
        "source_id": describe.STRING,
        "status": {"type": "integer", "enum": [200, 201, 400]},
        "outcome": {"type": "string", "enum": [*_OUTCOMES, "refused"]},
        **_MEMBERS,
        "errors": describe.listing(_ISSUE),
    }
)
_DATA: Final[Schema] = {
    "description": "The whole record as the system holds it: in its own shape where it has a "
    "mapping, else in canonical attributes. Absent, null and empty say nothing. References are "
    '`{"source_id": ...}`, `{"system": ..., "source_id": ...}` or `{"golden_id": ...}`.'
}
_ORDER: Final[Mapping[str, Schema]] = {
    "modified_at": describe.nullable(describe.INSTANT)
    | {"description": "When the business changed it; older than what is held is kept, unused."},
    "version": describe.nullable({"type": "integer", "minimum": 0}),
    "same_as": describe.nullable(describe.STRING)
    | {"description": "Golden id or code that the system itself holds for this record."},
}
_ENVELOPE: Final = describe.closed({"data": _DATA}, _ORDER)
_ITEM: Final = describe.closed({"source_id": describe.STRING, "data": _DATA}, _ORDER)
_SENT: Final[Mapping[str, Any]] = {
    "data": {
        "legal_name": "Muster Maschinenbau GmbH",
        "party_type": "organization",
        "client_status": "active",
        "tax_ids": [{"type": "vat", "country": "DE", "value": "DE136695976"}],
        "addresses": [{"role": "billing", "locality": "Berlin", "country": "DE"}],
    },
    "modified_at": schemas.EXAMPLE_INSTANT,
}
_ANSWERED: Final[Mapping[str, Any]] = {
    "outcome": "created",
    "golden": {
        "id": schemas.EXAMPLE_ID,
        "code": "CL-000123",
        "version": 1,
        "url": f"/api/v1/clients/{schemas.EXAMPLE_ID}",
    },
    "match": None,
    "review_url": None,
    "issues": [],
    "pending_references": [],
    "unmapped_values": [],
    "correlation_id": "4c6f0f0e-6f5b-4a53-9a0b-7d5f3c2b1a09",
}
_STORED: Final = describe.record(
    {
        "system": describe.STRING,
        "entity": describe.STRING,
        "source_id": describe.STRING,
        "state": {"type": "string", "enum": list(RecordState.values)},
        "raw": {"description": "The newest payload; null without the grant for restricted data."},
        "mapped": describe.nullable(_ANYTHING),
        "mapping_version": describe.nullable(describe.INTEGER),
        "modified_at": describe.nullable(describe.INSTANT),
        "received_at": describe.nullable(describe.INSTANT),
        "link": describe.nullable(
            describe.record(
                {"golden": _GOLDEN, "since": describe.INSTANT, "cause": describe.STRING}
            )
        ),
        "issues": describe.listing(_ISSUE),
        "pending_references": describe.listing(describe.STRING),
        "unmapped_values": describe.listing(_UNMAPPED),
    }
)
_STORED_EXAMPLE: Final[Mapping[str, Any]] = {
    "system": "crm",
    "entity": "client",
    "source_id": "0015g00000AbCdE",
    "state": "active",
    "raw": {"Name": "Muster Maschinenbau GmbH"},
    "mapped": {"legal_name": "Muster Maschinenbau GmbH"},
    "mapping_version": 1,
    "modified_at": schemas.EXAMPLE_INSTANT,
    "received_at": schemas.EXAMPLE_INSTANT,
    "link": {
        "golden": _ANSWERED["golden"],
        "since": schemas.EXAMPLE_INSTANT,
        "cause": "created",
    },
    "issues": [],
    "pending_references": [],
    "unmapped_values": [],
}

_DRY_RUN: Final = describe.in_query(
    "dry_run",
    "Answer what would happen and take it back; no golden record or review is named that would "
    "have to be made first.",
    describe.BOOLEAN,
)

RECORD: Final[Mapping[str, Operation]] = {
    "PUT": Operation(
        "put_source_record",
        "Put a source record in",
        "Stores the whole record as the system holds it, finds or makes its golden record and "
        "recomputes it, in one transaction. The same content again changes nothing. `outcome` "
        "says what happened to its identity.",
        TAG,
        {
            201: Answer("Seen for the first time.", _ANSWER, _ANSWERED),
            200: Answer("Known already.", _ANSWER, {**_ANSWERED, "outcome": "updated"}),
        },
        path=_PLACE,
        query=(_DRY_RUN,),
        body=describe.body(_ENVELOPE, _SENT),
        raises=(400, 404),
    ),
    "GET": Operation(
        "get_source_record",
        "Read a source record back",
        "What was sent, what it was mapped to, and the golden record it is linked to.",
        TAG,
        {200: Answer("The stored record.", _STORED, _STORED_EXAMPLE)},
        path=_PLACE,
        raises=(404,),
    ),
    "DELETE": Operation(
        "retire_source_record",
        "Retire a source record",
        "The record counts below all live ones from now on; its golden record is retired with "
        "its last live record, never deleted. With an order key it may arrive before the record.",
        TAG,
        {
            200: Answer(
                "Retired, or older than what is held.", _ANSWER, {**_ANSWERED, "outcome": "updated"}
            ),
        },
        path=_PLACE,
        query=(
            describe.in_query("modified_at", "When it was deleted.", describe.INSTANT),
            describe.in_query("version", "The version that deleted it.", describe.INTEGER),
            _DRY_RUN,
        ),
        raises=(400, 404),
    ),
}
GOLDEN: Final = Operation(
    "get_golden_of_source_record",
    "Find the golden record behind a source id",
    "Leads to the golden record, the survivor of any merge.",
    TAG,
    {
        308: Answer(
            "Where it is.",
            describe.record({"id": describe.UUID, "code": describe.STRING, "url": describe.STRING}),
            {
                "id": schemas.EXAMPLE_ID,
                "code": "CL-000123",
                "url": f"/api/v1/clients/{schemas.EXAMPLE_ID}",
            },
            {"Location": {"description": "Its address.", "schema": describe.STRING}},
        )
    },
    path=_PLACE,
    raises=(404,),
)
_SUBMISSION: Final[Mapping[str, Schema]] = {
    "id": describe.UUID,
    "url": describe.STRING,
    "state": {"type": "string", "enum": list(SubmissionState.values)},
    "total": describe.INTEGER,
    "done": describe.INTEGER,
    "created_at": describe.INSTANT,
    "finished_at": describe.nullable(describe.INSTANT),
}
_SUBMITTED: Final[Mapping[str, Any]] = {
    "id": SUBMISSION_ID,
    "url": f"/api/v1/submissions/{SUBMISSION_ID}",
    "state": "queued",
    "total": 1,
    "done": 0,
    "created_at": schemas.EXAMPLE_INSTANT,
    "finished_at": None,
}
_SENT_ITEM: Final = {"source_id": "0015g00000AbCdE", **_SENT}
_ITEM_ANSWERED: Final = {
    "source_id": "0015g00000AbCdE", "status": 201, **_ANSWERED, "errors": [],
}  # fmt: skip
BATCH: Final = Operation(
    "put_source_records",
    "Put many source records in",
    "An array, or NDJSON with one item a line. Up to 1,000 items are answered at once, each in "
    "its place: one bad item never fails the others. More, or `Prefer: respond-async`, are "
    "accepted and worked off. With `Accept: application/x-ndjson` however many are answered line "
    "by line, as they are taken in. A repeat with the same Idempotency-Key goes on where the first "
    "stopped and gives the same answers.",
    TAG,
    {
        200: Answer(
            "One answer an item, in order.",
            describe.record({"results": describe.listing(_ITEM_ANSWER)}),
            {"results": [_ITEM_ANSWERED]},
            other={"application/x-ndjson": (_ITEM_ANSWER, _ITEM_ANSWERED)},
        ),
        202: Answer(
            "Accepted; ask the submission.",
            describe.record(_SUBMISSION),
            _SUBMITTED,
            {"Location": {"description": "The submission.", "schema": describe.STRING}},
        ),
    },
    path=(_SYSTEM, _ENTITY),
    query=(_DRY_RUN,),
    headers=(
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Required, but for a dry run.",
            "schema": describe.STRING,
            "example": "5e0f1c1a-3d0e-4b0a-8a41-6f1f7a2b9c55",
        },
        {
            "name": "Prefer",
            "in": "header",
            "description": "`respond-async` asks to be answered later.",
            "schema": describe.STRING,
        },
    ),
    body=Body(
        {
            describe.JSON: (describe.listing(_ITEM), [_SENT_ITEM]),
            "application/x-ndjson": (_ITEM, _SENT_ITEM),
        }
    ),
    raises=(400, 404, 409, 422),
)


def record_called_batch(method: str) -> Operation:
    """The operations on the record whose id happens to be `batch`."""
    plain = RECORD[method]
    return replace(plain, id=f"{plain.id}_called_batch", path=(_SYSTEM, _ENTITY))


SUBMISSION: Final = Operation(
    "get_submission",
    "Ask how far a batch is",
    "With the answers there are, in order; your own submissions only.",
    TAG,
    {
        200: Answer(
            "The submission.",
            describe.record(
                {
                    **_SUBMISSION,
                    "results": describe.listing(
                        describe.record(
                            {"position": describe.INTEGER, **_ITEM_ANSWER["properties"]}
                        )
                    ),
                    "next": describe.nullable({"type": "string", "format": "uri"}),
                    "next_cursor": describe.nullable(describe.STRING),
                }
            ),
            {
                **_SUBMITTED,
                "state": "done",
                "done": 1,
                "finished_at": schemas.EXAMPLE_INSTANT,
                "results": [{"position": 0, **_ITEM_ANSWERED}],
                "next": None,
                "next_cursor": None,
            },
        )
    },
    path=(describe.in_path("id", "The submission.", SUBMISSION_ID, describe.UUID),),
    query=(describe.LIMIT, describe.CURSOR),
    raises=(404,),
)
NOTICES: Final = Operation(
    "take_events",
    "Take what a system says of its records",
    "An event is a hint: it names records, which are then read again from the system. So events "
    "may come in any order, twice, or not at all. The form is that of the system's vendor "
    "(HubSpot's webhooks, Salesforce's outbound messages, Kill Bill's push notifications, Zuora's "
    "callouts), or the one here, signed by Standard Webhooks 1.0. There is no token: what proves "
    "an event is the secret that the connection was given for it. Answered before anything is "
    "read.",
    TAG,
    {
        200: Answer(
            "Put down; records of entities that are not read are left out. Salesforce is answered "
            "in its own form.",
            describe.record({"noted": describe.INTEGER}),
            {"noted": 1},
        )
    },
    path=(_SYSTEM,),
    query=(describe.in_query("key", "The secret, for senders that can prove nothing otherwise."),),
    body=describe.body(
        describe.record({"data": {"description": "One such member, or a list of them."}})
        | {"additionalProperties": True},
        {"data": {"entity": "clients", "source_id": "0015g00000AbCdE"}},
    ),
    raises=(400,),
)
