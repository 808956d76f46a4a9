"""The AsyncAPI 3 document: what a webhook receives."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from canonical.api import schemas
from canonical.api.contract import describe
from canonical.api.contract.describe import Schema
from canonical.api.contract.renderers import dumps
from canonical.entities import ENTITIES, schema_of
from sync.api.descriptions import MESSAGE_ID
from sync.outbound.content.envelope import EVENT_NAMES, LEFT, MEDIA_TYPE, TIMELINE_STEP

_STRING: Final = describe.STRING
_HEADERS: Final = describe.record(
    {
        "webhook-id": describe.UUID
        | {"description": "The same for every attempt and replay of one version."},
        "webhook-timestamp": _STRING | {"description": "Seconds since 1970, of this attempt."},
        "webhook-signature": _STRING
        | {"description": "Standard Webhooks; two signatures while a secret rotates."},
        "x-assay-version": _STRING,
        "x-assay-previous-version": _STRING | {"description": "The version confirmed last."},
        "x-assay-sequence": _STRING | {"description": "The position in the change feed."},
        "x-correlation-id": _STRING,
        "traceparent": _STRING,
    }
)
_TARGET: Final = describe.record(
    {
        "system": _STRING,
        "source_ids": describe.listing(_STRING)
        | {"description": "Your own ids of this record, the primary first."},
        "references": {
            "type": "object",
            "additionalProperties": describe.listing(_STRING),
            "description": "Your own ids of the records it refers to, by golden id.",
        },
        "codes": {
            "type": "object",
            "additionalProperties": _STRING,
            "description": "Your word for each code, by its place in the record.",
        },
    }
)
_RULE: Final = (
    "At least once, in order for each record. A receiver answers 2xx after it stored what came, "
    "ignores a `webhook-id` it knows, and ignores a `recordversion` that is not above the one it "
    "holds for the subject. 410 ends the subscription; 429 and 503 may say `Retry-After`."
)


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """The document, open to everyone: it holds no data."""
    return HttpResponse(_written(), content_type="application/json")


@cache
def _written() -> bytes:
    return dumps(document())


def document() -> dict[str, Any]:
    """AsyncAPI 3.0: one channel an entity, one message an event."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Assay events", "version": "1", "description": _RULE},
        "defaultContentType": MEDIA_TYPE,
        "channels": {entity: _channel(entity) for entity in ENTITIES},
        "operations": {f"send_{entity}": _operation(entity) for entity in ENTITIES},
        "components": {
            "messages": {
                _name(entity, event): _message(entity, event)
                for entity in ENTITIES
                for event in EVENT_NAMES
            },
            "schemas": {
                "Headers": _HEADERS,
                "Target": _TARGET,
                **_entities(),
            },
        },
    }


def _entities() -> dict[str, Schema]:
    return schemas.add_entities({"components": {"schemas": {}}})["components"]["schemas"]  # type: ignore[no-any-return]


def _name(entity: str, event: str) -> str:
    return f"{schemas.component(entity)}{event.title()}"


def _channel(entity: str) -> dict[str, Any]:
    references = {
        event: {"$ref": f"#/components/messages/{_name(entity, event)}"} for event in EVENT_NAMES
    }
    path = schema_of(entity).path.replace("-", " ")
    return {
        "address": None,
        "description": f"Events of {path}, sent to the address of each subscription.",
        "messages": references,
    }


def _operation(entity: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{entity}"},
        "summary": f"The hub posts events of {schema_of(entity).path.replace('-', ' ')}.",
        "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
    }


def _message(entity: str, event: str) -> dict[str, Any]:
    return {
        "name": f"org.assay.{entity}.{event}.v1",
        "contentType": MEDIA_TYPE,
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": _payload(entity, event),
        "examples": [{"payload": _example(entity, event)}],
    }


def _payload(entity: str, event: str) -> Schema:
    """A CloudEvent 1.0.2 in structured JSON."""
    return describe.record(
        {
            "specversion": {"const": "1.0"},
            "id": describe.UUID,
            "source": _STRING,
            "type": {"const": f"org.assay.{entity}.{event}.v1"},
            "subject": describe.UUID | {"description": "The golden id."},
            "time": describe.INSTANT,
            "datacontenttype": {"const": "application/json"},
            "recordversion": describe.INTEGER
            | {"description": f"Rises: timeline * {TIMELINE_STEP} + version."},
            "changekind": _STRING,
            "traceparent": _STRING,
            "data": _data(entity, event),
        }
    )


def _data(entity: str, event: str) -> Schema:
    if event == LEFT:
        head = {name: schemas.HEAD[name] for name in ("id", "code", "entity", "version")}
        return describe.record({**head, "state": {"const": LEFT}})
    target = describe.record({"target": {"$ref": "#/components/schemas/Target"}})
    return {"allOf": [describe.named(schemas.component(entity)), target]}


def _example(entity: str, event: str) -> dict[str, Any]:
    record = schemas.entity_example(entity)
    left = {name: record[name] for name in ("id", "code", "entity", "version")} | {"state": LEFT}
    target = {"system": "data-warehouse", "source_ids": [], "references": {}, "codes": {}}
    return {
        "specversion": "1.0",
        "id": MESSAGE_ID,
        "source": "/hub",
        "type": f"org.assay.{entity}.{event}.v1",
        "subject": schemas.EXAMPLE_ID,
        "time": schemas.EXAMPLE_INSTANT,
        "datacontenttype": "application/json",
        "recordversion": 7,
        "changekind": "updated",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "data": left if event == LEFT else {**record, "target": target},
    }
