"""What the Steward API says of itself in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.describe import Answer, Operation, Schema
from canonical.api.records import ID
from canonical.entities import schema_of

TAG: Final = "Stewardship"
MERGE_ID: Final = "01990a3e-9a10-7b21-8c5d-2f3e4d5c6b7a"
REVIEW_ID: Final = "01990a3e-9b20-7c32-9d6e-3a4f5e6d7c8b"
OTHER_RECORD_ID: Final = "01990a3e-5a01-7e54-bf80-5c6b7a8f9ead"

NULL_TEXT: Final = describe.nullable(describe.STRING)
NULL_INSTANT: Final = describe.nullable(describe.INSTANT)
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
RECORD: Final[Mapping[str, Schema]] = {
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
        "undone_at": NULL_INSTANT,
        "undone_by": NULL_TEXT,
        "undo_reason": NULL_TEXT,
    }
)
_BELONGS: Final = describe.listing(
    describe.record(
        {"golden_id": describe.UUID, "probability": {"type": "number", "minimum": 0, "maximum": 1}}
    )
) | {"description": "In a preview: how likely it is which of the records, the likeliest first."}
OUTCOME: Final = describe.record(
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
        "moved": describe.listing(describe.record({**RECORD, "golden_id": describe.UUID})),
        "stayed": describe.listing(describe.record({**RECORD, "belongs": _BELONGS})),
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


OTHER_RECORD: Final = {"record": OTHER_RECORD_ID, "system": "erp", "source_id": "10042"}


def _outcome_example(entity: str, kind: str, merges: bool) -> dict[str, Any]:
    golden = schemas.entity_example(entity) | {"version": 8}
    return {
        "preview": False,
        "golden": golden,
        "records": [golden],
        "changed": [{**named(entity), "state": "active", "kind": kind}],
        "merges": [_merge_example(entity)] if merges else [],
        "moved": [{**OTHER_RECORD, "golden_id": schemas.EXAMPLE_ID}],
        "stayed": [],
    }


def _done(entity: str, kind: str, merges: bool = False) -> Mapping[int, Answer]:
    example = _outcome_example(entity, kind, merges)
    return {200: Answer("What it did, or would do.", OUTCOME, example, describe.ETAG)}


PICKS: Final[Mapping[str, Schema]] = {
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
            describe.closed({"absorb": absorb}, {**describe.DEED, **PICKS}),
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
