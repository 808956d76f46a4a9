"""An operation as data: what a view says of itself for the OpenAPI document, examples included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Schema = dict[str, Any]

JSON: Final = "application/json"
STRING: Final[Schema] = {"type": "string"}
UUID: Final[Schema] = {"type": "string", "format": "uuid"}
DAY: Final[Schema] = {"type": "string", "format": "date"}
INSTANT: Final[Schema] = {"type": "string", "format": "date-time"}
INTEGER: Final[Schema] = {"type": "integer"}
BOOLEAN: Final[Schema] = {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One successful answer, `other` by media type; problems are added for every operation."""

    description: str
    schema: Schema | None = None
    example: Any = None
    headers: Mapping[str, Schema] = field(default_factory=dict)
    media: str = JSON
    other: Mapping[str, tuple[Schema, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Body:
    """A request body in one or more media types, each with its schema and example."""

    content: Mapping[str, tuple[Schema, Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. `path` describes its variables, `raises` adds statuses."""

    id: str
    summary: str
    description: str
    tag: str
    answers: Mapping[int, Answer]
    path: tuple[Schema, ...] = ()
    query: tuple[Schema, ...] = ()
    headers: tuple[Schema, ...] = ()
    body: Body | None = None
    raises: tuple[int, ...] = ()


def in_path(name: str, description: str, example: Any, schema: Schema = STRING) -> Schema:
    """A variable of the address."""
    return _parameter("path", name, description, schema, example) | {"required": True}


def in_query(
    name: str,
    description: str,
    schema: Schema = STRING,
    example: Any = None,
    *,
    required: bool = False,
) -> Schema:
    """A query parameter."""
    return _parameter("query", name, description, schema, example) | {"required": required}


def _parameter(place: str, name: str, description: str, schema: Schema, example: Any) -> Schema:
    parameter = {"name": name, "in": place, "description": description, "schema": schema}
    return parameter if example is None else parameter | {"example": example}


def named(component: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{component}"}


def record(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object with these members."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
    }


def closed(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object with these members and no others."""
    return record(required, optional) | {"additionalProperties": False}


def body(schema: Schema, example: Any) -> Body:
    """A body of JSON."""
    return Body({JSON: (schema, example)})


def listing(item: Schema) -> Schema:
    """A list of these."""
    return {"type": "array", "items": item}


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    if isinstance(schema.get("type"), str):
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def page(item: Schema) -> Schema:
    """One page of a cursor list."""
    return record(
        {
            "results": listing(item),
            "next": nullable({"type": "string", "format": "uri"}),
            "next_cursor": nullable(STRING),
        }
    )


def page_example(*items: Any) -> dict[str, Any]:
    """A last page with these items."""
    return {"results": list(items), "next": None, "next_cursor": None}


LIMIT: Final = in_query(
    "limit", "Results a page.", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, 50
)
CURSOR: Final = in_query("cursor", "Where the page begins: `next_cursor` of the page before.")
DEED: Final[Mapping[str, Schema]] = {
    "reason": {"type": "string", "maxLength": 500, "description": "Optional in a preview only."},
    "preview": {"type": "boolean", "default": False, "description": "Write nothing."},
}
ETAG: Final[Mapping[str, Schema]] = {
    "ETag": {"description": "The version.", "schema": STRING, "example": '"7"'}
}


def fragment(operation: Operation) -> Schema:
    """The operation as OpenAPI writes it, without security and shared parts."""
    shown: Schema = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
        "parameters": [*operation.path, *operation.query, *operation.headers],
        "responses": {str(code): _answer(answer) for code, answer in operation.answers.items()},
    }
    if operation.body is not None:
        content = {
            media: {"schema": schema} | ({} if example is None else {"example": example})
            for media, (schema, example) in operation.body.content.items()
        }
        shown["requestBody"] = {"required": True, "content": content}
    for status in operation.raises:
        reference = {"$ref": f"#/components/responses/Problem{status}"}
        shown["responses"].setdefault(str(status), reference)
    return shown


def _answer(answer: Answer) -> Schema:
    shown: Schema = {"description": answer.description, "headers": dict(answer.headers)}
    if answer.schema is not None:
        content: Schema = {"schema": answer.schema}
        if answer.example is not None:
            content["example"] = answer.example
        shown["content"] = {answer.media: content} | {
            media: {"schema": schema, "example": example}
            for media, (schema, example) in answer.other.items()
        }
    return shown
