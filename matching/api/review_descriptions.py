"""What reviews say of themselves in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from canonical.api import parameters, schemas
from canonical.api.contract import describe
from canonical.api.contract.describe import Answer, Operation, Schema
from matching.api.descriptions import (
    NAMED,
    NULL_INSTANT,
    NULL_TEXT,
    OTHER_RECORD,
    OUTCOME,
    PICKS,
    RECORD,
    REVIEW_ID,
    TAG,
    named,
)
from matching.models import ReviewKind, ReviewState

_RECORD_ID: Final = "01990a3e-5a00-7d43-ae7f-4b5a6f7e8d9c"
_BITS: Final[Schema] = {"type": "number", "description": "Bits; negative against a match."}
_RECORD_EXAMPLE: Final = {"record": _RECORD_ID, "system": "crm", "source_id": "0015g00000A1b2C"}
_SIDE: Final = describe.record({**RECORD, "golden": describe.nullable(describe.record(NAMED))})
_REVIEW: Final = describe.record(
    {
        "id": describe.UUID,
        "url": describe.STRING,
        "entity": describe.STRING,
        "kind": {"type": "string", "enum": list(ReviewKind.values)},
        "state": {"type": "string", "enum": list(ReviewState.values)}
        | {"description": "Closed means that events made the question moot."},
        "version": describe.INTEGER | {"description": "The ETag."},
        "probability": {"type": "number", "minimum": 0, "maximum": 1},
        "weight": _BITS,
        "margin": describe.nullable({"type": "number"}),
        "model_version": describe.STRING,
        "question": describe.STRING,
        "arrived": _SIDE,
        "candidate": _SIDE,
        "evidence": describe.listing(
            describe.record(
                {
                    "attribute": describe.STRING,
                    "label": describe.STRING,
                    "weight": _BITS,
                    "arrived": NULL_TEXT,
                    "candidate": NULL_TEXT,
                }
            )
        )
        | {"description": "Restricted values are null for those without the grant."},
        "opened_at": describe.INSTANT,
        "decision": NULL_TEXT,
        "decided_by": NULL_TEXT,
        "decided_at": NULL_INSTANT,
        "reason": NULL_TEXT,
    }
)
_REVIEW_EXAMPLE: Final[Mapping[str, Any]] = {
    "id": REVIEW_ID,
    "url": f"/api/v1/reviews/{REVIEW_ID}",
    "entity": "client",
    "kind": "possible_match",
    "state": "open",
    "version": 1,
    "probability": 0.72,
    "weight": 1.36,
    "margin": None,
    "model_version": "default",
    "question": "the best candidate lies between 35% and 95%",
    "arrived": {**OTHER_RECORD, "golden": named("client", schemas.OTHER_ID, 124)},
    "candidate": {**_RECORD_EXAMPLE, "golden": named("client")},
    "evidence": [
        {
            "attribute": "legal_name",
            "label": "the same but for one word",
            "weight": 6.2,
            "arrived": "muster maschinen",
            "candidate": "muster maschinenbau",
        }
    ],
    "opened_at": schemas.EXAMPLE_INSTANT,
    "decision": None,
    "decided_by": None,
    "decided_at": None,
    "reason": None,
}
_REVIEW_PATH: Final = describe.in_path("id", "The review.", REVIEW_ID, describe.UUID)
REVIEWS: Final = Operation(
    "list_reviews",
    "List reviews",
    "Questions about identity that automation may not answer, the oldest first; open ones unless "
    "`state` says otherwise.",
    TAG,
    {200: Answer("One page.", describe.page(_REVIEW), describe.page_example(_REVIEW_EXAMPLE))},
    query=(
        describe.in_query("state", "open, decided, closed; separated by commas."),
        describe.in_query("kind", f"{', '.join(ReviewKind.values)}; separated by commas."),
        parameters.ENTITY,
        describe.in_query("golden", "About this golden record today.", describe.UUID),
        describe.LIMIT,
        describe.CURSOR,
    ),
)
REVIEW: Final = Operation(
    "get_review",
    "Read one review",
    "Both records, where they stand today, and what each attribute said.",
    TAG,
    {200: Answer("The review.", _REVIEW, _REVIEW_EXAMPLE, describe.ETAG)},
    path=(_REVIEW_PATH,),
)
_DECIDED: Final = describe.record(
    {
        **_REVIEW["properties"],
        "preview": describe.BOOLEAN,
        "effect": describe.nullable(OUTCOME),
        "conflict": describe.nullable(_REVIEW)
        | {"description": "The decision conflict it opened."},
    }
)
_DECIDED_EXAMPLE: Final[Mapping[str, Any]] = {
    **_REVIEW_EXAMPLE,
    "state": "decided",
    "version": 2,
    "decision": "no_match",
    "decided_by": "Ada Lovelace",
    "decided_at": schemas.EXAMPLE_INSTANT,
    "reason": "Different register numbers.",
    "preview": False,
    "effect": None,
    "conflict": None,
}
_DECISION: Final[Schema] = {"type": "string", "enum": ["match", "no_match", "defer"]}
DECIDE: Final = Operation(
    "decide_review",
    "Decide a review",
    "`match` merges the two golden records, the older survives; `no_match` keeps them apart for "
    "automation, and splits off a record that an update broke; `defer` leaves the question open "
    "with your reason. An answer that contradicts a live decision through other records moves "
    "nothing: it opens a decision conflict, whose answer settles both.",
    TAG,
    {
        200: Answer(
            "The review, and the merge, split or question that followed, or would follow.",
            _DECIDED,
            _DECIDED_EXAMPLE,
            describe.ETAG,
        )
    },
    path=(_REVIEW_PATH,),
    body=describe.body(
        describe.closed(
            {"decision": _DECISION},
            {**describe.DEED, **PICKS},
        ),
        {"decision": "no_match", "reason": "Different register numbers."},
    ),
)
DECIDE_ALL: Final = Operation(
    "decide_reviews",
    "Decide several reviews alike",
    "Up to 50, each in a transaction of its own: one that cannot be decided is told with the "
    "reason, and takes nothing back of the others. `status` is what deciding it alone would "
    "answer. If the connection breaks, send the same again with the same key: what was answered "
    "is told once more, the rest is done. `preview` tells what all of them do, one after the "
    "other, and takes it back.",
    TAG,
    {
        200: Answer(
            "One result for each review, in order.",
            describe.record(
                {
                    "preview": describe.BOOLEAN,
                    "results": describe.listing(
                        describe.record(
                            {
                                "review": describe.UUID,
                                "status": describe.INTEGER,
                                "detail": NULL_TEXT,
                                "answer": describe.nullable(_DECIDED),
                            }
                        )
                    ),
                }
            ),
            {
                "preview": False,
                "results": [
                    {
                        "review": REVIEW_ID,
                        "status": 200,
                        "detail": None,
                        "answer": _DECIDED_EXAMPLE,
                    }
                ],
            },
        )
    },
    body=describe.body(
        describe.closed(
            {
                "reviews": describe.listing(describe.UUID) | {"minItems": 1, "maxItems": 50},
                "decision": _DECISION,
            },
            describe.DEED,
        ),
        {"reviews": [REVIEW_ID], "decision": "no_match", "reason": "Different register numbers."},
    ),
)
