"""What uploads say of themselves in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from canonical.api import parameters, schemas
from canonical.api.contract import describe
from canonical.api.contract.describe import Answer, Body, Operation, Schema
from sync.inbound.uploads.asking import FILE_KEPT_FOR, MAX_ROWS
from sync.inbound.uploads.rehearsal import GROUPS
from sync.inbound.uploads.rollback import NAMED
from sync.models import UploadState

TAG: Final = "Uploads"
UPLOAD_ID: Final = "01990a3e-9c33-7f77-84e6-bcdf9e8d7c62"
_NULL_TEXT: Final = describe.nullable(describe.STRING)
_COUNTS: Final[Schema] = {"type": "object", "additionalProperties": describe.INTEGER}
_HEAD: Final = describe.record(
    {
        "id": describe.UUID,
        "url": describe.STRING,
        "system": describe.STRING,
        "entity": describe.STRING,
        "name": describe.STRING,
        "sha256": describe.STRING,
        "id_column": describe.STRING,
        "state": {"type": "string", "enum": list(UploadState.values)}
        | {"description": "The `-ing` ones are being worked on."},
        "total": describe.INTEGER | {"description": "Rows."},
        "done": describe.INTEGER | {"description": "Rows that the present step has done."},
        "failure": _NULL_TEXT,
        "uploaded_by": describe.STRING,
        "uploaded_at": describe.INSTANT,
    }
)
_EXAMPLE_ROW: Final = describe.record(
    {"line": describe.INTEGER, "source_id": describe.STRING},
    {
        "golden": describe.STRING | {"description": "The code of the golden record it joins."},
        "probability": {"type": "number"},
        "detail": describe.STRING,
        "differing": describe.listing(
            describe.record({"attribute": describe.STRING, "says": {}, "golden": {}})
        )
        | {"description": "Restricted values are never shown."},
    },
)
_GROUPS: Final = (*dict.fromkeys(GROUPS.values()), "conflicting", "repeated")
_REPORT: Final = describe.record(
    {
        "groups": _COUNTS
        | {
            "description": f"Rows by {', '.join(sorted(_GROUPS))}: `conflicting` ones join a "
            "golden record that says something else, `repeated` ones mean another row."
        },
        "attributes": _COUNTS | {"description": "In how many rows an attribute conflicts."},
        "words": describe.listing(
            describe.record(
                {
                    "vocabulary": describe.STRING,
                    "value": describe.STRING,
                    "rows": describe.INTEGER,
                }
            )
        )
        | {"description": "Words that nobody has explained."},
        "faults": describe.listing(
            describe.record({"detail": describe.STRING, "rows": describe.INTEGER})
        ),
        "pending": _COUNTS | {"description": "References that lead nowhere yet."},
        "examples": {"type": "object", "additionalProperties": describe.listing(_EXAMPLE_ROW)}
        | {"description": "The first rows of each group."},
    }
)
_EFFECT: Final = describe.record(
    {
        "removed": describe.INTEGER | {"description": "Records that only the file brought."},
        "restored": describe.INTEGER | {"description": "Records that say what they said before."},
        "kept": describe.INTEGER | {"description": "Records that were sent again since."},
        "changed": describe.INTEGER | {"description": "Golden records with another content."},
        "retired": describe.INTEGER | {"description": "Golden records with nothing left in them."},
        "merges": describe.INTEGER | {"description": "Merges since; they stay."},
        "pins": describe.INTEGER | {"description": "Golden records with pinned values; they stay."},
        "waiting": describe.INTEGER | {"description": "Golden records that refer to what goes."},
        "kept_named": describe.listing(
            describe.record({"source_id": describe.STRING, "golden": describe.STRING})
        )
        | {"description": f"The first {NAMED}."},
        "on_top_named": describe.listing(
            describe.record(
                {"what": describe.STRING, "golden": describe.STRING, "detail": describe.STRING}
            )
        )
        | {"description": f"The first {NAMED}."},
    }
)
_WITHDRAWAL: Final = describe.record(
    {
        "reason": describe.STRING,
        "by": describe.STRING,
        "at": describe.nullable(describe.INSTANT),
        **_EFFECT["properties"],
    }
)
_UPLOAD: Final = describe.record(
    {
        **_HEAD["properties"],
        "kept": describe.BOOLEAN
        | {"description": f"The file is kept for {FILE_KEPT_FOR.days} days, what came of it ever."},
        "report": describe.nullable(_REPORT) | {"description": "What the rehearsal said."},
        "outcomes": describe.nullable(_COUNTS) | {"description": "Rows by what became of them."},
        "submission": _NULL_TEXT
        | {"description": "The answer to each row, for the one who brought the file."},
        "withdrawal": describe.nullable(_WITHDRAWAL)
        | {"description": "What was taken back so far."},
    }
)
_HEAD_EXAMPLE: Final[Mapping[str, Any]] = {
    "id": UPLOAD_ID,
    "url": f"/api/v1/uploads/{UPLOAD_ID}",
    "system": "crm",
    "entity": "client",
    "name": "clients.csv",
    "sha256": "5c1b8f0b3d6c4f2f9a7e0d1c2b3a49586776655443322110ffeeddccbbaa9988",
    "id_column": "source_id",
    "state": "rehearsed",
    "total": 2,
    "done": 2,
    "failure": None,
    "uploaded_by": "CRM",
    "uploaded_at": schemas.EXAMPLE_INSTANT,
}
_EXAMPLE: Final[Mapping[str, Any]] = {
    **_HEAD_EXAMPLE,
    "kept": True,
    "report": {
        "groups": {"new": 1, "conflicting": 1},
        "attributes": {"currency": 1},
        "words": [],
        "faults": [],
        "pending": {},
        "examples": {
            "new": [{"line": 3, "source_id": "A-8"}],
            "conflicting": [
                {
                    "line": 2,
                    "source_id": "A-7",
                    "golden": "CL-000123",
                    "probability": 0.998,
                    "differing": [{"attribute": "currency", "says": "USD", "golden": "EUR"}],
                }
            ],
        },
    },
    "outcomes": None,
    "submission": None,
    "withdrawal": None,
}
_BEGUN: Final = {**_EXAMPLE, "state": "rehearsing", "done": 0, "report": None}
_LOADING: Final = {
    **_EXAMPLE,
    "state": "loading",
    "done": 0,
    "submission": "/api/v1/submissions/01990a3e-8b22-7e66-93d5-abcd8f7e6d51",
}
_EFFECT_EXAMPLE: Final = {
    "removed": 2,
    "restored": 0,
    "kept": 0,
    "changed": 1,
    "retired": 1,
    "merges": 0,
    "pins": 0,
    "waiting": 0,
    "kept_named": [],
    "on_top_named": [],
}
_CSV: Final = (
    "source_id,legal_name,currency\nA-7,Muster Maschinenbau GmbH,USD\nA-8,Ostwind Werft AG,EUR\n"
)
_FILE: Final[Schema] = {"type": "string", "format": "binary", "minLength": 1}
_PATH: Final = (describe.in_path("id", "The upload.", UPLOAD_ID, describe.UUID),)
_WITHDRAWN: Final = describe.record(
    {
        "preview": describe.BOOLEAN,
        "upload": _UPLOAD,
        "effect": describe.nullable(_EFFECT) | {"description": "In a preview only."},
    }
)


def _step(id: str, summary: str, description: str, example: Any) -> Operation:
    return Operation(
        id,
        summary,
        description,
        TAG,
        {202: Answer("Asked for; a worker does it.", _UPLOAD, example)},
        path=_PATH,
    )


OPERATIONS: Final[Mapping[tuple[str, str], Operation]] = {
    ("UploadList", "GET"): Operation(
        "list_uploads",
        "List uploads",
        "Files of the systems that the credential reaches, the newest first.",
        TAG,
        {200: Answer("One page.", describe.page(_HEAD), describe.page_example(_HEAD_EXAMPLE))},
        query=(
            describe.in_query("system", "A system's code."),
            parameters.ENTITY,
            describe.in_query("state", f"{', '.join(UploadState.values)}; separated by commas."),
            describe.LIMIT,
            describe.CURSOR,
        ),
    ),
    ("UploadList", "POST"): Operation(
        "create_upload",
        "Bring a file of records",
        "The body is the file itself, of a system's rows: CSV in UTF-8, XLSX, JSON or JSON lines, "
        f"as the ending of `name` says, up to 10 MB and {MAX_ROWS:,} rows. It is read to its end "
        "and rehearsed at once: each row goes the whole way through intake and is taken back, so "
        "that `report` tells what a load would do. Nothing is in the hub before `load`. Columns "
        "are the system's own where it has a mapping, else canonical attributes.",
        TAG,
        {201: Answer("The upload.", _UPLOAD, _BEGUN, {"Location": {"schema": describe.STRING}})},
        query=(
            describe.in_query("system", "Whose records these are.", example="crm", required=True),
            {**parameters.ENTITY, "required": True, "example": "clients"},
            describe.in_query(
                "name", "What the file is called.", example="clients.csv", required=True
            ),
            describe.in_query(
                "id_column",
                "The column, or member, with the system's own id of a row.",
                describe.STRING | {"default": "source_id"},
            ),
        ),
        body=Body({"text/csv": (_FILE, _CSV), "application/octet-stream": (_FILE, _CSV)}),
        raises=(422,),
    ),
    ("UploadDetail", "GET"): Operation(
        "get_upload",
        "Read one upload",
        "How far it is, what the rehearsal found, what became of its rows, what was taken back.",
        TAG,
        {200: Answer("The upload.", _UPLOAD, _EXAMPLE)},
        path=_PATH,
    ),
    ("Rehearse", "POST"): _step(
        "rehearse_upload",
        "Rehearse an upload again",
        "For when a mapping, a word or the hub has changed since; not for what is loaded.",
        _BEGUN,
    ),
    ("Load", "POST"): _step(
        "load_upload",
        "Load an upload",
        "Takes all rows in, as a batch does. It may be interrupted; it goes on where it stopped. "
        "What was taken back can be loaded again.",
        _LOADING,
    ),
    ("Withdraw", "POST"): Operation(
        "withdraw_upload",
        "Take a whole load back",
        "Exactly what the file brought goes: records that only it brought leave their golden "
        "records, others say again what they said before, golden records with nothing left are "
        "retired. What came on top stays and is named: records sent again since, merges, pins. "
        "It is journaled with your name and reason. `preview` tells what would happen.",
        TAG,
        {
            200: Answer(
                "A preview.",
                _WITHDRAWN,
                {"preview": True, "upload": _EXAMPLE, "effect": _EFFECT_EXAMPLE},
            ),
            202: Answer(
                "Asked for; a worker does it.",
                _WITHDRAWN,
                {
                    "preview": False,
                    "upload": {**_LOADING, "state": "withdrawing"},
                    "effect": None,
                },
            ),
        },
        path=_PATH,
        body=describe.body(
            describe.closed({}, describe.DEED), {"reason": "The export of another year."}
        ),
    ),
}
