"""What the worklist says of itself in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from canonical.api import parameters, schemas
from canonical.api.contract import describe
from canonical.api.contract.describe import Answer, Operation, Schema
from canonical.governance.work import ORDERS
from canonical.models import WorkKind
from matching.api.descriptions import NAMED, NULL_INSTANT, NULL_TEXT, REVIEW_ID, named

TAG: Final = "Worklist"
ITEM_ID: Final = "01990a3e-9c30-7d43-8e7f-5b6c7d8e9fa0"
_KIND: Final[Schema] = {"type": "string", "enum": list(WorkKind.values)}
_CONCERNS: Final[Schema] = {
    "type": "object",
    "additionalProperties": describe.STRING,
    "description": "Ids of what else it is about: a review, subscription, lane (a delivery), "
    "drift or plan.",
}
_ITEM: Final = describe.record(
    {
        "id": describe.UUID,
        "url": describe.STRING,
        "kind": _KIND,
        "state": {"type": "string", "enum": ["open", "done"]},
        "title": describe.STRING,
        "subject": describe.STRING | {"description": "Names it within its kind."},
        "reason": NULL_TEXT,
        "entity": NULL_TEXT,
        "golden": describe.nullable(describe.record(NAMED)),
        "concerns": _CONCERNS,
        "owner": describe.STRING | {"description": "The queue it stands in."},
        "assignee": NULL_TEXT | {"description": "A username."},
        "value_at_risk": describe.STRING
        | {"description": "What is still to be invoiced of all that hangs on it, in the hub's "
                          "currency; 0 is unknown."},
        "opened_at": describe.INSTANT,
        "due": NULL_INSTANT,
        "late": describe.BOOLEAN,
        "snoozed_until": NULL_INSTANT,
        "closes_by_hand": describe.BOOLEAN
        | {"description": "Whether `close` takes it; all others close with their cause."},
        "closed_at": NULL_INSTANT,
    }
)  # fmt: skip
_EXAMPLE: Final[Mapping[str, Any]] = {
    "id": ITEM_ID,
    "url": f"/api/v1/work-items/{ITEM_ID}",
    "kind": "possible_match",
    "state": "open",
    "title": "Muster Maschinenbau GmbH / Muster Maschinen",
    "subject": REVIEW_ID,
    "reason": None,
    "entity": "client",
    "golden": named("client"),
    "concerns": {"review": REVIEW_ID},
    "owner": "steward",
    "assignee": None,
    "value_at_risk": "48000.0000",
    "opened_at": schemas.EXAMPLE_INSTANT,
    "due": schemas.EXAMPLE_INSTANT,
    "late": False,
    "snoozed_until": None,
    "closes_by_hand": False,
    "closed_at": None,
}
_CONFLICT: Final[Mapping[str, Any]] = {
    **_EXAMPLE,
    "kind": "version_conflict",
    "title": "crm/client/0015g00000A1b2C",
    "subject": "crm/client/0015g00000A1b2C",
    "concerns": {},
    "owner": "crm",
    "closes_by_hand": True,
}


def _flag(name: str, description: str) -> Schema:
    return describe.in_query(name, description, describe.BOOLEAN)


ITEMS: Final = Operation(
    "list_work_items",
    "List what waits for a person",
    "Open items that nobody put off, what puts most money at risk first. The values that order "
    "them may change while pages are read; an item whose value did may come twice or not at all.",
    TAG,
    {200: Answer("One page.", describe.page(_ITEM), describe.page_example(_EXAMPLE))},
    query=(
        describe.in_query("kind", f"{', '.join(WorkKind.values)}; separated by commas."),
        parameters.ENTITY,
        describe.in_query(
            "system", "A system that speaks in the golden record, or whose word or record it is."
        ),
        describe.in_query(
            "assignee", "A username, `me` for the person who is signed in, or `none`."
        ),
        _flag("late", "Only what has waited longer than it should."),
        _flag("snoozed", "What was put off, instead of what waits."),
        describe.in_query("search", "A part of the title, or the golden record's code."),
        describe.in_query(
            "order",
            "By value at risk, by when it is due, or by age.",
            {"type": "string", "enum": list(ORDERS), "default": "value"},
        ),
        describe.LIMIT,
        describe.CURSOR,
    ),
)
_PATH: Final = describe.in_path("id", "The item.", ITEM_ID, describe.UUID)
ITEM: Final = Operation(
    "get_work_item",
    "Read one work item",
    "Done ones too.",
    TAG,
    {200: Answer("The item.", _ITEM, _EXAMPLE)},
    path=(_PATH,),
)


def _deed(
    id: str, summary: str, description: str, members: Mapping[str, Schema], example: Any, after: Any
) -> Operation:
    optional = {"reason"} if id == "snooze_work_item" else set()
    schema = describe.closed(
        {name: each for name, each in members.items() if name not in optional},
        {name: members[name] for name in optional},
    )
    return Operation(
        id,
        summary,
        description,
        TAG,
        {200: Answer("The item as it is now.", _ITEM, after)},
        path=(_PATH,),
        body=describe.body(schema, example),
    )


_REASON: Final[Schema] = {"type": "string", "maxLength": 500}
ASSIGN: Final = _deed(
    "assign_work_item",
    "Give a work item to someone",
    "To a steward by username, to `me`, or back to everyone with null. A done item answers 409.",
    {"assignee": describe.nullable({"type": "string", "minLength": 1, "maxLength": 150})},
    {"assignee": None},
    _EXAMPLE,
)
SNOOZE: Final = _deed(
    "snooze_work_item",
    "Put a work item off",
    "It leaves the list until that instant, a year ahead at the most; null takes it up again. "
    "The reason is kept in the audit.",
    {"until": NULL_INSTANT, "reason": _REASON},
    {"until": None, "reason": "The register answers next week."},
    _EXAMPLE,
)
CLOSE: Final = _deed(
    "close_work_item",
    "Close a work item by hand",
    "For the few that nothing later tells to be done (`closes_by_hand`): two contents of one "
    "version, an id of a target that stands for another record. Others answer 422: they close "
    "when the review is decided, the word mapped, the delivery sent. The reason is kept in the "
    "audit.",
    {"reason": _REASON | {"minLength": 1}},
    {"reason": "Both were sent by a migration."},
    {**_CONFLICT, "state": "done", "closed_at": schemas.EXAMPLE_INSTANT},
)
