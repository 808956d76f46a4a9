"""The AsyncAPI document says what is really sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from sync.api.events import document

DOCUMENT = document()
MESSAGES = DOCUMENT["components"]["messages"]


def validate(payload: Any, message: str) -> None:
    resource = DRAFT202012.create_resource(json.loads(json.dumps(DOCUMENT)))
    registry = Registry().with_resource("urn:events", resource)
    schema = {"$ref": f"urn:events#/components/messages/{message}/payload"}
    Draft202012Validator(schema, registry=registry).validate(payload)


def test_it_is_served_to_everyone() -> None:
    answer = Client().get("/api/events/")
    assert (answer.status_code, answer.json()["asyncapi"]) == (200, "3.0.0")


@pytest.mark.parametrize("name", MESSAGES)
def test_the_examples_are_what_they_show(name: str) -> None:
    for example in MESSAGES[name]["examples"]:
        validate(example["payload"], name)
