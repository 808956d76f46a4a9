"""What breaks a caller and what does not: one change of a small document at a time."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from canonical.api.contract.compatibility import breaking

Document = dict[str, Any]
Edit = Callable[[Document], object]
NAME = {"type": "string", "maxLength": 20}
OLD: Document = {
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["id", "kind"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "parent": {"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]},
                    "size": {"type": "integer"},
                },
            },
            "Wish": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": NAME,
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "count": {"type": "number", "minimum": 0},
                    "free": {},
                },
            },
        }
    },
    "paths": {
        "/things": {
            "get": {
                "parameters": [{"in": "query", "name": "kind", "schema": {"type": "string"}}],
                "security": [{"oauth2": ["read"]}],
                "responses": {
                    "200": {
                        "headers": {"ETag": {}},
                        "content": {
                            "json": {
                                "schema": {
                                    "type": "array",
                                    "items": {"$ref": "#/components/schemas/Thing"},
                                }
                            }
                        },
                    },
                    "404": {},
                },
            },
            "post": {
                "requestBody": {
                    "content": {"json": {"schema": {"$ref": "#/components/schemas/Wish"}}}
                },
                "responses": {"201": {}},
            },
            "delete": {"deprecated": True, "responses": {"204": {}}},
        }
    },
}


def thing(document: Document) -> Any:
    return document["components"]["schemas"]["Thing"]


def wish(document: Document) -> Any:
    return document["components"]["schemas"]["Wish"]


def things(document: Document) -> Any:
    return document["paths"]["/things"]


BREAKS: list[tuple[Edit, str]] = [
    (lambda d: d["paths"].pop("/things"), "GET /things: the operation was removed."),
    (lambda d: things(d).pop("post"), "POST /things: the operation was removed."),
    (
        lambda d: things(d)["get"].update(security=[{"oauth2": ["admin"]}]),
        "GET /things: needs admin instead of read.",
    ),
    (
        lambda d: things(d)["get"]["parameters"].clear(),
        "GET /things, query parameter kind: it was removed.",
    ),
    (
        lambda d: things(d)["get"]["parameters"][0].update(required=True),
        "GET /things, query parameter kind: it is required now.",
    ),
    (
        lambda d: things(d)["get"]["parameters"].append(
            {"in": "query", "name": "on", "required": True, "schema": {}}
        ),
        "GET /things: the new query parameter on is required.",
    ),
    (
        lambda d: things(d)["get"]["parameters"][0]["schema"].update(enum=["a"]),
        "GET /things, query parameter kind: only certain values are taken now.",
    ),
    (
        lambda d: things(d)["post"]["requestBody"].update(required=True),
        "POST /things: a body is required now.",
    ),
    (lambda d: things(d)["post"].pop("requestBody"), "POST /things: a body is no longer taken."),
    (
        lambda d: things(d)["get"]["responses"].pop("200"),
        "GET /things, answer 200: it is no longer given.",
    ),
    (
        lambda d: things(d)["get"]["responses"]["200"]["headers"].clear(),
        "GET /things, answer 200: the header ETag was removed.",
    ),
    (
        lambda d: things(d)["get"]["responses"]["200"]["content"].clear(),
        "GET /things, answer 200: json was removed.",
    ),
    (lambda d: thing(d)["properties"].pop("size"), "Thing.size: the property was removed."),
    (
        lambda d: thing(d)["properties"]["size"].update(type=["integer", "null"]),
        "Thing.size: the type is integer or null instead of integer.",
    ),
    (
        lambda d: thing(d)["properties"]["size"].pop("type"),
        "Thing.size: the type is anything instead of integer.",
    ),
    (lambda d: thing(d)["required"].remove("id"), "Thing.id: the property may be missing now."),
    (
        lambda d: thing(d)["properties"]["kind"]["enum"].remove("b"),
        "Thing.kind: the value 'b' was removed.",
    ),
    (
        lambda d: thing(d)["properties"]["id"].pop("format"),
        "Thing.id: the format is None instead of uuid.",
    ),
    (
        lambda d: thing(d)["properties"]["parent"]["anyOf"].append({"type": "string"}),
        "Thing.parent: it may have another form now.",
    ),
    (
        lambda d: wish(d)["required"].append("kind"),
        "Wish.kind: the member is required now.",
    ),
    (
        lambda d: wish(d)["properties"]["kind"]["enum"].remove("a"),
        "Wish.kind: the value 'a' was removed.",
    ),
    (
        lambda d: wish(d)["properties"]["name"].update(maxLength=10),
        "Wish.name: maxLength is 10 now.",
    ),
    (
        lambda d: wish(d)["properties"]["count"].update(minimum=1),
        "Wish.count: minimum is 1 now.",
    ),
    (
        lambda d: wish(d)["properties"]["count"].update(type="integer"),
        "Wish.count: the type is integer instead of integer or number.",
    ),
    (
        lambda d: wish(d)["properties"]["free"].update(type="object"),
        "Wish.free: the type is object instead of anything.",
    ),
    (
        lambda d: wish(d)["properties"]["name"].update(pattern="^x"),
        "Wish.name: the pattern is ^x instead of None.",
    ),
]


@pytest.mark.parametrize(("edit", "sentence"), BREAKS, ids=[sentence for _, sentence in BREAKS])
def test_a_breaking_change_is_told_in_words(edit: Edit, sentence: str) -> None:
    new = deepcopy(OLD)
    edit(new)
    assert sentence in breaking(OLD, new)


HARMLESS: list[Edit] = [
    lambda d: None,
    lambda d: things(d).pop("delete"),
    lambda d: things(d)["get"]["responses"].pop("404"),
    lambda d: things(d)["get"]["parameters"].append(
        {"in": "query", "name": "limit", "schema": {"type": "integer"}}
    ),
    lambda d: thing(d)["properties"].update(more={"type": "string"}),
    lambda d: thing(d)["required"].append("size"),
    lambda d: thing(d)["properties"]["kind"]["enum"].append("c"),
    lambda d: thing(d)["properties"]["parent"]["anyOf"].pop(),
    lambda d: wish(d)["required"].clear(),
    lambda d: wish(d)["properties"]["kind"].pop("enum"),
    lambda d: wish(d)["properties"]["name"].pop("maxLength"),
    lambda d: wish(d)["properties"]["name"].update(type=["string", "null"]),
    lambda d: wish(d)["properties"].update(more={"type": "string"}),
]


@pytest.mark.parametrize("edit", HARMLESS, ids=range(len(HARMLESS)))
def test_what_breaks_no_one_is_not_told(edit: Edit) -> None:
    new = deepcopy(OLD)
    edit(new)
    assert breaking(OLD, new) == []


def test_the_parts_of_a_whole_are_compared_together() -> None:
    new = deepcopy(OLD)
    things(new)["get"]["responses"]["200"]["content"]["json"]["schema"]["items"] = {
        "allOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "object"}]
    }
    assert breaking(OLD, new) == []
    thing(new)["properties"].pop("size")
    assert "GET /things, answer 200[].size: the property was removed." in breaking(OLD, new)
