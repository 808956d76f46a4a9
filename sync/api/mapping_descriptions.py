"""What mappings say of themselves in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from canonical.api import parameters, schemas
from canonical.api.contract import describe
from canonical.api.contract.describe import Answer, Operation, Schema
from canonical.api.effects import CHANGED
from sync.inbound.onboarding.samples import AT_MOST
from sync.inbound.receive import CHUNK

TAG: Final = "Mappings"
_NULL_TEXT: Final = describe.nullable(describe.STRING)
_OBJECT: Final[Schema] = {"type": "object", "additionalProperties": True}
_STRINGS: Final = describe.listing(describe.STRING)
_SPEC: Final[Schema] = _OBJECT | {
    "description": "`rules` fill attributes (`to`) `from` a JMESPath or with a `constant`, through "
    "`transforms`; an `optional` rule that fails leaves its attribute out. `lists` fill lists, "
    "`envelope` modified_at, version, same_as and retired."
}
_HEAD: Final = describe.record(
    {
        "system": describe.STRING,
        "entity": describe.STRING,
        "version": describe.INTEGER | {"description": "The ETag of the one in force."},
        "url": describe.STRING,
        "in_force": describe.BOOLEAN,
        "behind": describe.BOOLEAN
        | {"description": "What was sent before is still being mapped again by it."},
        "created_by": describe.STRING,
        "created_at": describe.INSTANT,
    }
)
_MAPPING: Final = describe.record({**_HEAD["properties"], "spec": _SPEC})
_RULES: Final = [
    {"to": "legal_name", "from": "Name", "transforms": [{"name": "trim"}]},
    {"to": "website", "from": "Website", "transforms": [{"name": "trim"}], "optional": True},
]
_SPEC_EXAMPLE: Final = {"system": "crm", "entity": "client", "version": 2, "rules": _RULES}
_HEAD_EXAMPLE: Final[Mapping[str, Any]] = {
    "system": "crm",
    "entity": "client",
    "version": 2,
    "url": "/api/v1/mappings/crm/clients/2",
    "in_force": True,
    "behind": False,
    "created_by": "Ada Lovelace",
    "created_at": schemas.EXAMPLE_INSTANT,
}
_EXAMPLE: Final = {**_HEAD_EXAMPLE, "spec": _SPEC_EXAMPLE}
_SYSTEM: Final = describe.in_path("system", "Whose records it maps.", "crm")
_ENTITY: Final = describe.in_path(
    "entity", "What it maps them to.", "clients", {"type": "string", "enum": parameters.PATHS}
)
_PLACE: Final = (_SYSTEM, _ENTITY)
_VERSION: Final = (*_PLACE, describe.in_path("version", "Its number.", "1"))
_DONE: Final = describe.record(
    {
        "preview": describe.BOOLEAN,
        "mapping": _MAPPING,
        "effect": describe.nullable(
            describe.record(
                {
                    "records": describe.INTEGER
                    | {"description": "Source records that were sent before."},
                    "compared": describe.INTEGER
                    | {"description": "Of them, those that were mapped again to see."},
                    "outcomes": {"type": "object", "additionalProperties": describe.INTEGER}
                    | {"description": "What became of those, as at intake."},
                    "changed": CHANGED,
                }
            )
        )
        | {"description": "In a preview only."},
    }
)
_ANSWER: Final = {
    200: Answer(
        "The mapping in force, or as it would be.",
        _DONE,
        {"preview": False, "mapping": {**_EXAMPLE, "behind": True}, "effect": None},
        describe.ETAG,
    )
}
_FOLLOWS: Final = (
    "What the system has sent before is mapped again in the background, through intake. `preview` "
    f"does that with the first {CHUNK} records and takes it back. `If-Match` takes the version "
    "in force."
)
_SAMPLE: Final = {"Id": "0015g00000A1b2C", "Name": "Muster Maschinenbau GmbH", "Website": ""}
_TRIAL: Final = describe.record(
    {
        "sound": describe.BOOLEAN
        | {"description": "It can be used, and spoils none of the samples."},
        "issues": describe.listing(
            describe.record(
                {"pointer": describe.STRING, "code": describe.STRING, "detail": describe.STRING}
            )
        ),
        "missing": _STRINGS | {"description": "Mandatory, and filled by no sample."},
        "samples": describe.listing(
            describe.record(
                {
                    "values": _OBJECT,
                    "errors": _STRINGS,
                    "warnings": _STRINGS,
                    "unmapped_values": describe.listing(
                        describe.record(
                            {
                                "attribute": describe.STRING,
                                "vocabulary": describe.STRING,
                                "value": describe.STRING,
                            }
                        )
                    ),
                }
            )
        ),
    }
)
_DRAFT: Final = describe.record(
    {
        "id_column": _NULL_TEXT | {"description": "The member with the system's own id."},
        "modified_at": _NULL_TEXT | {"description": "The one that says when it was changed."},
        "suggestions": describe.listing(
            describe.record(
                {
                    "attribute": describe.STRING,
                    "from": describe.STRING,
                    "likelihood": {"type": "number", "minimum": 0, "maximum": 1},
                    "because": _STRINGS,
                }
            )
        ),
        "spec": _SPEC,
        "trial": _TRIAL,
    }
)
_DRAFT_EXAMPLE: Final = {
    "id_column": "Id",
    "modified_at": None,
    "suggestions": [
        {
            "attribute": "legal_name",
            "from": "Name",
            "likelihood": 0.8,
            "because": ["called Name", "the values look like those held"],
        }
    ],
    "spec": {**_SPEC_EXAMPLE, "version": 1},
    "trial": {
        "sound": True,
        "issues": [],
        "missing": ["party_type"],
        "samples": [
            {
                "values": {"legal_name": "Muster Maschinenbau GmbH"},
                "errors": [],
                "warnings": [],
                "unmapped_values": [],
            }
        ],
    },
}
OPERATIONS: Final[Mapping[tuple[str, str], Operation]] = {
    ("MappingList", "GET"): Operation(
        "list_mappings",
        "List mappings",
        "Every version of the systems that the credential reaches, the newest first; one of each "
        "system and entity is in force. Without one a system sends canonical attributes.",
        TAG,
        {200: Answer("One page.", describe.page(_HEAD), describe.page_example(_HEAD_EXAMPLE))},
        query=(
            describe.in_query("system", "A system's code."),
            parameters.ENTITY,
            describe.LIMIT,
            describe.CURSOR,
        ),
    ),
    ("MappingDetail", "GET"): Operation(
        "get_mapping_version",
        "Read one version of a mapping",
        "Its rules never change once they are stored.",
        TAG,
        {200: Answer("The mapping.", _MAPPING, _EXAMPLE, describe.ETAG)},
        path=_VERSION,
    ),
    ("MappingInForce", "GET"): Operation(
        "get_mapping",
        "Read the mapping in force",
        "What maps the records that the system sends now.",
        TAG,
        {200: Answer("The mapping.", _MAPPING, _EXAMPLE, describe.ETAG)},
        path=_PLACE,
    ),
    ("MappingInForce", "POST"): Operation(
        "put_mapping_in_force",
        "Put a mapping in force",
        "It becomes the next version. A system of this code is made where there is none; it then "
        f"needs a `name`. {_FOLLOWS}",
        TAG,
        _ANSWER,
        path=_PLACE,
        body=describe.body(
            describe.closed(
                {"spec": _SPEC},
                {
                    **describe.DEED,
                    "name": {"type": "string", "maxLength": 120}
                    | {"description": "Of a system that is new."},
                    "kind": {"type": "string", "maxLength": 40}
                    | {"description": "Of a system that is new: crm, erp, psa, hr, billing, ..."},
                },
            ),
            {"spec": {"rules": _RULES}, "reason": "The website comes along."},
        ),
    ),
    ("Restore", "POST"): Operation(
        "restore_mapping",
        "Go back to an earlier version",
        "Its rules become the next version, so that what they make of a record counts as the "
        f"newest. {_FOLLOWS}",
        TAG,
        _ANSWER,
        path=_VERSION,
        body=describe.body(
            describe.closed({}, describe.DEED), {"reason": "The new one lost the phone numbers."}
        ),
    ),
    ("Suggest", "POST"): Operation(
        "draft_mapping",
        "Draft a mapping from samples",
        "Recognises the fields of sample payloads by what they are called and by what stands in "
        "them, and tries the mapping that comes of it, or a `spec` of yours, on the samples. "
        "Nothing is written, so it takes no Idempotency-Key.",
        TAG,
        {200: Answer("What was recognised, and what comes out.", _DRAFT, _DRAFT_EXAMPLE)},
        path=_PLACE,
        body=describe.body(
            describe.closed(
                {
                    "samples": describe.listing(_OBJECT | {"minProperties": 1})
                    | {"minItems": 1, "maxItems": AT_MOST}
                },
                {"spec": _SPEC},
            ),
            {"samples": [_SAMPLE]},
        ),
    ),
}
