"""The examples of the document for the door in are sent as they stand, and answered as it says."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from sync.inbound import submissions
from tests.canonical.api.conftest import Caller
from tests.openapi import document
from tests.sync.api.source import Door, fits

SYSTEMS = "/api/v1/systems/{system}/{entity}"
ONE = f"{SYSTEMS}/{{source_id}}"


def example(path: str, method: str, media: str = "application/json") -> Any:
    content = document()["paths"][path][method]["requestBody"]["content"]
    return content[media]["example"]


def address(path: str, method: str) -> str:
    """The path with the examples of its variables in their places."""
    for parameter in document()["paths"][path][method]["parameters"]:
        if parameter.get("in") == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    return path


@pytest.fixture
def crm(caller: Caller) -> Door:
    return Door(caller("ingest", "read", "match"))


def test_one_record_there_and_back(crm: Door) -> None:
    sent = json.dumps(example(ONE, "put"))
    statuses = [
        crm.client.generic(method.upper(), address(ONE, method), body, "application/json")
        for method, body in (("put", sent), ("put", sent), ("get", ""), ("delete", ""))
    ]
    for method, answer in zip(("put", "put", "get", "delete"), statuses, strict=True):
        fits(ONE, method, answer)
    assert [answer.status_code for answer in statuses] == [201, 200, 200, 200]
    golden = crm.client.get(address(f"{ONE}/golden", "get"))
    fits(f"{ONE}/golden", "get", golden)
    assert golden.status_code == 308


@pytest.mark.parametrize("media", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize("prefer", ["", "respond-async"])
def test_a_batch_now_and_later(crm: Door, media: str, prefer: str) -> None:
    path = f"{SYSTEMS}/batch"
    headers = {"Idempotency-Key": str(uuid4()), **({"Prefer": prefer} if prefer else {})}
    body = json.dumps(example(path, "post", media))
    answer = crm.client.post(address(path, "post"), body, media, headers=headers)
    fits(path, "post", answer)
    assert answer.status_code == (202 if prefer else 200)
    if prefer:
        submissions.work_off()
        fits("/api/v1/submissions/{id}", "get", crm.client.get(answer["Location"]))


def test_a_search_before_the_record_is_created(crm: Door) -> None:
    path = "/api/v1/match/clients"
    crm.client.put(address(ONE, "put"), example(ONE, "put"), "application/json")
    answer = crm.client.post(path, example(path, "post"), "application/json")
    fits(path, "post", answer)
    assert answer.status_code == 200
