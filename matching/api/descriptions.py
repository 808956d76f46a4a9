"""What the Steward API says of itself in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from canonical.api import parameters, schemas
from canonical.api.contract import describe
from canonical.api.contract.describe import Answer, Operation, Schema
from canonical.api.records import ID
from canonical.entities import schema_of
from matching.models import ReviewKind, ReviewState

TAG: Final = "Stewardship"
MERGE_ID: Final = "01990a3e-9a10-7b21-8c5d-2f3e4d5c6b7a"
REVIEW_ID: Final = "01990a3e-9b20-7c32-9d6e-3a4f5e6d7c8b"
RECORD_ID: Final = "01990a3e-5a00-7d43-ae7f-4b5a6f7e8d9c"
OTHER_RECORD_ID: Final = "01990a3e-5a01-7e54-bf80-5c6b7a8f9ead"

_NULL_TEXT: Final = describe.nullable(describe.STRING)
_NULL_INSTANT: Final = describe.nullable(describe.INSTANT)
_BITS: Final[Schema] = {"type": "number", "description": "Bits; negative against a match."}
_DOCUMENT: Final[Schema] = {
    "type": "object",
    "required": ["id", "code", "entity", "version", "state"],
    "properties": {name: schemas.HEAD[name] for name in ("id", "code", "entity", "version")},
    "additionalProperties": True,
    "description": "The golden record, as `GET` shows it.",
}
NAMED: Final[Mapping[str, Schema]] = {
    "id": describe.UUID,
    "code": describe.STRING,
    "entity": describe.STRING,
    "version": describe.INTEGER,
    "url": describe.STRING,
}
_RECORD: Final[Mapping[str, Schema]] = {
    "record": describe.UUID,
    "system": describe.STRING,
    "source_id": describe.STRING,
}
_MERGE: Final = describe.record(
    {
        "id": describe.UUID,
        "url": describe.STRING,
        "survivor": describe.record(NAMED),
        "absorbed": describe.record(NAMED),
        "reason": describe.STRING,
        "by": describe.STRING,
        "at": describe.INSTANT,
        "undone_at": _NULL_INSTANT,
        "undone_by": _NULL_TEXT,
        "undo_reason": _NULL_TEXT,
    }
)
_BELONGS: Final = describe.listing(
    describe.record(
        {"golden_id": describe.UUID, "probability": {"type": "number", "minimum": 0, "maximum": 1}}
    )
) | {"description": "In a preview: how likely it is which of the records, the likeliest first."}
_OUTCOME: Final = describe.record(
    {
        "preview": describe.BOOLEAN | {"description": "True where nothing was written."},
        "golden": _DOCUMENT | {"description": "The record in the address, or the restored one."},
        "records": describe.listing(_DOCUMENT)
        | {"description": "Every record whose identity it is about, as it is afterwards."},
        "changed": describe.listing(
            describe.record({**NAMED, "state": describe.STRING, "kind": describe.STRING})
        )
        | {"description": "Every record with a new version, those included that only refer."},
        "merges": describe.listing(_MERGE),
        "moved": describe.listing(describe.record({**_RECORD, "golden_id": describe.UUID})),
        "stayed": describe.listing(describe.record({**_RECORD, "belongs": _BELONGS})),
    }
)


def named(entity: str, id: str = schemas.EXAMPLE_ID, number: int = 123) -> dict[str, Any]:
    schema = schema_of(entity)
    return {
        "id": id,
        "code": f"{schema.prefix}-{number:06}",
        "entity": entity,
        "version": 8,
        "url": f"/api/v1/{schema.path}/{id}",
    }


def _merge_example(entity: str = "client") -> dict[str, Any]:
    return {
        "id": MERGE_ID,
        "url": f"/api/v1/merges/{MERGE_ID}",
        "survivor": named(entity),
        "absorbed": named(entity, schemas.OTHER_ID, 124),
        "reason": "The same legal entity, confirmed by the register.",
        "by": "Ada Lovelace",
        "at": schemas.EXAMPLE_INSTANT,
        "undone_at": None,
        "undone_by": None,
        "undo_reason": None,
    }


_RECORD_EXAMPLE: Final = {"record": RECORD_ID, "system": "crm", "source_id": "0015g00000A1b2C"}
_OTHER_RECORD: Final = {"record": OTHER_RECORD_ID, "system": "erp", "source_id": "10042"}


def _outcome_example(entity: str, kind: str, merges: bool) -> dict[str, Any]:
    golden = schemas.entity_example(entity) | {"version": 8}
    return {
        "preview": False,
        "golden": golden,
        "records": [golden],
        "changed": [{**named(entity), "state": "active", "kind": kind}],
        "merges": [_merge_example(entity)] if merges else [],
        "moved": [{**_OTHER_RECORD, "golden_id": schemas.EXAMPLE_ID}],
        "stayed": [],
    }


def _done(entity: str, kind: str, merges: bool = False) -> Mapping[int, Answer]:
    example = _outcome_example(entity, kind, merges)
    return {200: Answer("What it did, or would do.", _OUTCOME, example, describe.ETAG)}


_PICKS: Final[Mapping[str, Schema]] = {
    "picks": {
        "type": "object",
        "additionalProperties": True,
        "description": "Values to pin on what the merge leaves; they fall with its undo.",
    }
}


def merge(entity: str) -> Operation:
    """Merging into one record of an entity."""
    one = entity.replace("_", " ")
    absorb = describe.listing(
        {
            "anyOf": [
                describe.STRING,
                describe.record({"id": describe.STRING}, {"version": describe.INTEGER}),
            ]
        }
    ) | {"description": "Ids or codes; with a version, the merge is refused if it has changed."}
    return Operation(
        f"merge_{entity}",
        f"Merge into one {one}",
        "The record in the address survives; the others' ids answer with it for ever after, "
        "their source records move, and everything that refers to them is recomputed. It can be "
        "undone exactly.",
        schema_of(entity).path.replace("-", " ").capitalize(),
        _done(entity, "absorbed", merges=True),
        path=(ID,),
        body=describe.body(
            describe.closed({"absorb": absorb}, {**describe.DEED, **_PICKS}),
            {"absorb": [{"id": schemas.OTHER_ID, "version": 3}], "reason": "The same company."},
        ),
    )


def split(entity: str) -> Operation:
    """Splitting one record of an entity."""
    one = entity.replace("_", " ")
    record = {
        "anyOf": [
            describe.UUID,
            describe.record({"system": describe.STRING, "source_id": describe.STRING}),
        ]
    }
    return Operation(
        f"split_{entity}",
        f"Split one {one}",
        "Takes source records out: each goes back to the golden record it came from, else to a "
        "new one, and automation will not join them again.",
        schema_of(entity).path.replace("-", " ").capitalize(),
        _done(entity, "split"),
        path=(ID,),
        body=describe.body(
            describe.closed({"records": describe.listing(record)}, describe.DEED),
            {"records": [{"system": "erp", "source_id": "10042"}], "reason": "A namesake."},
        ),
    )


MERGES: Final = Operation(
    "list_merges",
    "List merges",
    "Who merged what and why, the newest first, undone ones too.",
    TAG,
    {200: Answer("One page.", describe.page(_MERGE), describe.page_example(_merge_example()))},
    query=(
        describe.in_query("golden", "Into or out of this golden record, by id or code."),
        describe.in_query(
            "state", "Open or undone.", {"type": "string", "enum": ["open", "undone"]}
        ),
        describe.LIMIT,
        describe.CURSOR,
    ),
)
_MERGE_PATH: Final = describe.in_path("id", "The merge.", MERGE_ID, describe.UUID)
MERGE: Final = Operation(
    "get_merge",
    "Read one merge",
    "Who merged what, why, and whether it was undone.",
    TAG,
    {200: Answer("The merge.", _MERGE, _merge_example(), describe.ETAG)},
    path=(_MERGE_PATH,),
)
UNDO: Final = Operation(
    "undo_merge",
    "Undo a merge",
    "Exactly the records it moved go back, in any order of undoing. What arrived since stays "
    "with the survivor unless `allocate` says otherwise; automation will not repeat the merge.",
    TAG,
    _done("client", "unmerged", merges=True),
    path=(_MERGE_PATH,),
    body=describe.body(
        describe.closed(
            {},
            {
                **describe.DEED,
                "allocate": {
                    "type": "object",
                    "additionalProperties": describe.UUID,
                    "description": "Record id to golden id, of what arrived since.",
                },
            },
        ),
        {"reason": "Two companies after all.", "allocate": {}},
    ),
)

_SIDE: Final = describe.record({**_RECORD, "golden": describe.nullable(describe.record(NAMED))})
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
                    "arrived": _NULL_TEXT,
                    "candidate": _NULL_TEXT,
                }
            )
        )
        | {"description": "Restricted values are null for those without the grant."},
        "opened_at": describe.INSTANT,
        "decision": _NULL_TEXT,
        "decided_by": _NULL_TEXT,
        "decided_at": _NULL_INSTANT,
        "reason": _NULL_TEXT,
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
    "arrived": {**_OTHER_RECORD, "golden": named("client", schemas.OTHER_ID, 124)},
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
            describe.record(
                {
                    **_REVIEW["properties"],
                    "preview": describe.BOOLEAN,
                    "effect": describe.nullable(_OUTCOME),
                    "conflict": describe.nullable(_REVIEW)
                    | {"description": "The decision conflict it opened."},
                }
            ),
            {
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
            },
            describe.ETAG,
        )
    },
    path=(_REVIEW_PATH,),
    body=describe.body(
        describe.closed(
            {"decision": {"type": "string", "enum": ["match", "no_match", "defer"]}},
            {**describe.DEED, **_PICKS},
        ),
        {"decision": "no_match", "reason": "Different register numbers."},
    ),
)
