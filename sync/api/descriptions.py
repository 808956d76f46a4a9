"""What the door out says of itself in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.describe import Answer, Operation, Schema
from canonical.api.parameters import PATHS
from canonical.entities import ENTITIES
from sync.models import Criticality, Heal, Mode, Status
from sync.outbound.answers.outcomes import Failure, Owner

SUBSCRIPTION_ID: Final = "01990a3e-7b11-7d55-a2c4-9e8d7c6b5a40"
MESSAGE_ID: Final = "3f2c9a51-0d0b-5c7e-8f64-1b2a3c4d5e6f"
_ANYTHING: Final[Schema] = {"type": "object", "additionalProperties": True}
_STRINGS: Final = describe.listing(describe.STRING)
NULL_INSTANT: Final = describe.nullable(describe.INSTANT)
TAG: Final = "Subscriptions"


def enum(values: list[str]) -> Schema:
    return {"type": "string", "enum": values}


WINDOW: Final = describe.record(
    {
        "rrule": describe.STRING | {"description": "RFC 5545, daily to yearly."},
        "starts": describe.STRING | {"description": "Local time of the first one."},
        "minutes": describe.INTEGER,
        "time_zone": describe.STRING | {"description": "IANA."},
    }
)
_ERRORS: Final = describe.listing(
    {"anyOf": [{"type": "integer", "minimum": 400, "maximum": 599}, describe.STRING]}
)
_SECONDS: Final[Schema] = {"type": "number", "minimum": 1}
_OUTCOMES: Final = describe.record(
    {},
    {
        "delays": describe.listing(_SECONDS) | {"description": "Seconds before each new attempt."},
        "every": _SECONDS | {"description": "Seconds between the attempts after those."},
        "give_up_after": _SECONDS | {"description": "Seconds of waiting before it is exhausted."},
        "permanent": _ERRORS
        | {"description": "Statuses, and texts in an answer, that no new attempt will change."},
        "transient": _ERRORS | {"description": "The same for those that will pass."},
        "owners": describe.record({}, {f.value: enum([o.value for o in Owner]) for f in Failure})
        | {
            "description": "Who owns a failure: `retry` goes on trying, `compensate` tells the "
            "target to use the record no more, `escalate` hands it to a person."
        },
        "escalate_to": describe.STRING | {"description": "The queue of that person."},
    },
) | {"description": "What answers mean beyond the usual, and who owns which failure."}
_WISHES: Final[Mapping[str, Schema]] = {
    "name": describe.STRING,
    "url": describe.STRING | {"description": "https, on the public internet."},
    "entities": describe.listing(enum(PATHS)) | {"description": "All of them if absent."},
    "attributes": describe.nullable(_STRINGS) | {"description": "Null carries all of them."},
    "filter": _ANYTHING
    | {
        "description": "`{attribute: value or [values]}` for every entity, or that per entity: "
        "`{client: {currency: [EUR]}}`. A record that leaves it gets one last `left` event."
    },
    "mode": enum(list(Mode.values))
    | {"description": "`latest` skips superseded versions; `every` sends each in its turn."},
    "receipts": describe.BOOLEAN
    | {"description": 'A success counts only with the body `{"receipt": <webhook-id>}`.'},
    "echo": describe.BOOLEAN
    | {"description": "Send the system also what came word for word from one of its records."},
    "restricted": describe.BOOLEAN | {"description": "Needs the grant."},
    "max_concurrency": describe.INTEGER,
    "rate": describe.nullable({"type": "number"}) | {"description": "Deliveries a second."},
    "windows": describe.listing(WINDOW) | {"description": "When nothing is sent."},
    "closings": describe.BOOLEAN
    | {"description": "Hold the records of a legal entity while it closes its books."},
    "criticality": enum(list(Criticality.values))
    | {"description": "Who is served first where workers are scarce."},
    "outcomes": _OUTCOMES,
    "shadow": describe.BOOLEAN
    | {"description": "Send nothing: what would be sent stands in the target's drift."},
    "heal": enum(list(Heal.values))
    | {
        "description": "Who is right where the target holds something else than it confirmed: the "
        "`hub` sends it again, the `target`'s word is taken in, or `ask` a person."
    },
    "read_url": describe.STRING
    | {"description": "Where a webhook's target tells what it holds, if it does."},
    "nightly": describe.BOOLEAN | {"description": "Compare what it holds every night."},
}
_SYSTEM: Final[Schema] = describe.STRING | {
    "description": "Whose ids it carries and whose own changes it is not told; without one, a "
    "system of the subscription's name is made for a consumer that is no source."
}
_SHOWN: Final = describe.record(
    {
        "id": describe.UUID,
        "system": describe.STRING,
        "connector": describe.STRING,
        **_WISHES,
        "status": enum([s.value for s in Status if s is not Status.DELETED]),
        "status_reason": describe.STRING,
        "loading": describe.BOOLEAN | {"description": "What existed before is being gathered."},
        "created_at": describe.INSTANT,
        "updated_at": describe.INSTANT,
        "health": describe.record(
            {
                "breaker": enum(["closed", "open", "half_open"]),
                "failures": describe.INTEGER,
                "failing_since": NULL_INSTANT,
                "not_before": NULL_INSTANT,
            }
        ),
    },
    {"secret": describe.STRING | {"description": "Shown once: where it was made."}},
)
_WISHED: Final[Mapping[str, Any]] = {
    "name": "Data warehouse",
    "url": "https://warehouse.example.com/hooks/assay",
    "entities": ["clients", "engagements"],
    "filter": {"client": {"currency": ["EUR"]}},
    "mode": "latest",
    "criticality": "high",
    "outcomes": {"delays": [5, 60, 600], "permanent": [423], "owners": {"permanent": "escalate"}},
}
_EXAMPLE: Final[Mapping[str, Any]] = {
    "id": SUBSCRIPTION_ID,
    "system": "data-warehouse",
    "connector": "webhook",
    **_WISHED,
    "attributes": None,
    "receipts": False,
    "echo": False,
    "restricted": False,
    "max_concurrency": 8,
    "rate": None,
    "windows": [],
    "closings": False,
    "shadow": False,
    "heal": "ask",
    "read_url": "",
    "nightly": True,
    "status": "active",
    "status_reason": "",
    "loading": False,
    "created_at": schemas.EXAMPLE_INSTANT,
    "updated_at": schemas.EXAMPLE_INSTANT,
    "health": {"breaker": "closed", "failures": 0, "failing_since": None, "not_before": None},
}
_SECRET: Final[Mapping[str, Any]] = {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwYW5kb20="}
_CONNECTOR: Final[Schema] = describe.STRING | {
    "description": "`webhook` unless it names another that the system is connected by: then "
    "`system` is required and `url` is not."
}
_NEW: Final = describe.record(
    {"name": _WISHES["name"]},
    {"system": describe.nullable(_SYSTEM), "connector": _CONNECTOR}
    | {name: schema for name, schema in _WISHES.items() if name != "name"},
)
_ID: Final = describe.in_path("id", "The subscription.", SUBSCRIPTION_ID, describe.UUID)


def _one(id: str, summary: str, description: str, **more: Any) -> Operation:
    answers = {200: Answer("The subscription.", _SHOWN, _EXAMPLE)}
    return Operation(id, summary, description, TAG, **{"answers": answers, "path": (_ID,), **more})


SUBSCRIPTIONS: Final = {
    "GET": Operation(
        "list_subscriptions",
        "List subscriptions",
        "Your own, and those of your system.",
        TAG,
        {200: Answer("One page.", describe.page(_SHOWN), describe.page_example(_EXAMPLE))},
        query=(describe.LIMIT, describe.CURSOR),
    ),
    "POST": Operation(
        "subscribe",
        "Subscribe",
        "Every published golden record of the entities is delivered once, and each change from "
        "then on: signed by Standard Webhooks, at least once, never an older version after a "
        "newer one was confirmed, parents before their children.",
        TAG,
        {
            201: Answer(
                "The subscription with its secret.",
                _SHOWN,
                {**_EXAMPLE, **_SECRET},
                {"Location": {"description": "Its address.", "schema": describe.STRING}},
            )
        },
        body=describe.body(_NEW, _WISHED),
        raises=(404,),
    ),
}
SUBSCRIPTION: Final = {
    "GET": _one("get_subscription", "Read one subscription", "With the health of its target."),
    "PATCH": _one(
        "change_subscription",
        "Change a subscription",
        "Members that are absent stay. Where entities, attributes or the filter change, every "
        "record is looked at again and only what differs is sent.",
        body=describe.body(describe.record({}, _WISHES), {"max_concurrency": 4}),
    ),
    "DELETE": _one(
        "unsubscribe",
        "Unsubscribe",
        "Nothing more is sent. What was delivered stays on record.",
        answers={204: Answer("Done.")},
    ),
}
PAUSE: Final = _one(
    "pause_subscription", "Pause", "Nothing is sent until it is resumed; what is owed adds up."
)
RESUME: Final = _one(
    "resume_subscription",
    "Resume",
    "After a pause, or after the hub stopped because the target refused it: sends what is owed.",
)
ROTATE: Final = _one(
    "rotate_subscription_secret",
    "Rotate the secret",
    "Gives it a new secret. For 24 hours each delivery is signed by both.",
    answers={200: Answer("With the new secret.", _SHOWN, {**_EXAMPLE, **_SECRET})},
)
REPLAY: Final = _one(
    "replay_subscription",
    "Send many again",
    "The newest version of each record in the scope, under the same ids as before. More than 100 "
    "need `confirm`.",
    body=describe.body(
        describe.record(
            {},
            {
                "from_position": {"type": ["integer", "string"]}
                | {"description": "A position, or a cursor of the change feed."},
                "entity": enum(PATHS),
                "ids": describe.listing(describe.UUID),
                "reason": describe.STRING,
                "confirm": describe.BOOLEAN,
            },
        )
        | {"description": "Exactly one of from_position, entity and ids."},
        {"entity": "clients", "reason": "The warehouse lost a day.", "confirm": True},
    ),
    answers={
        202: Answer(
            "They are on their way.",
            describe.record(
                {"id": describe.UUID, "scope": _ANYTHING, "deliveries": describe.INTEGER}
            ),
            {"id": schemas.OTHER_ID, "scope": {"entity": "client"}, "deliveries": 412},
        )
    },
)

_CHANGE: Final = describe.record(
    {
        "position": describe.INTEGER | {"description": "Its place in the feed."},
        "entity": describe.STRING,
        "kind": describe.STRING
        | {"description": "created, updated, linked, merged, unmerged, retired, ..."},
        "golden": describe.record(
            {
                "id": describe.UUID,
                "code": describe.STRING,
                "version": describe.INTEGER,
                "url": describe.STRING,
            }
        ),
        "recorded_at": describe.INSTANT,
        "actor": describe.record({"id": describe.STRING, "name": describe.STRING}),
        "cause": describe.STRING,
        "correlation_id": describe.STRING,
        "record": describe.nullable(
            {"anyOf": [describe.named(schemas.component(entity)) for entity in ENTITIES]}
        ),
    }
)
_CHANGE_EXAMPLE: Final[Mapping[str, Any]] = {
    "position": 90210,
    "entity": "client",
    "kind": "updated",
    "golden": {
        "id": schemas.EXAMPLE_ID,
        "code": "CL-000123",
        "version": 7,
        "url": f"/api/v1/clients/{schemas.EXAMPLE_ID}",
    },
    "recorded_at": schemas.EXAMPLE_INSTANT,
    "actor": {"id": "credential:crm-5f2c9d10", "name": "CRM"},
    "cause": "crm 0015g00000A1b2C",
    "correlation_id": "7a0d3b6c-8f4e-4d62-9a53-0c6e2f1b9d10",
    "record": schemas.entity_example("client"),
}
_CURSOR: Final = "WyIyYTk3MTZjZDE1NDU5MzE1IiwwLDkwMjEwXQ:oBq0"
CHANGES: Final = Operation(
    "list_changes",
    "Follow the changes",
    "Every published version in the order in which it was found committed; versions of one record "
    "never out of order. `next_cursor` is always there: keep it and come back with it. `next` is "
    "null at the end of the feed. A cursor from before a restore, or older than what the feed "
    "keeps, answers 410 with the snapshot to begin from.",
    "Changes",
    {
        200: Answer(
            "What follows.",
            describe.page(_CHANGE),
            {"results": [_CHANGE_EXAMPLE], "next": None, "next_cursor": _CURSOR},
            {"Link": {"description": 'The same address, `rel="next"`.', "schema": describe.STRING}},
        )
    },
    query=(
        describe.in_query(
            "after", "`next_cursor` of the last page; `latest` for the end; absent for the start."
        ),
        describe.in_query("entity", "Only of this entity.", enum(PATHS)),
        describe.LIMIT,
    ),
    raises=(410,),
)
