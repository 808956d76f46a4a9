"""Calling the door in as a system does, every answer held against the document."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import uuid4

from django.test import Client

from tests.openapi import document, validator

PATH = "/api/v1/systems/{system}/{entity}/{source_id}"
ACME = {"legal_name": "Acme Maschinenbau GmbH", "website": "https://acme.example"}


def fits(path: str, method: str, answer: Any) -> Any:
    """The body, once it is what the document says of this status."""
    described = document()["paths"][path][method]["responses"][str(answer.status_code)]
    media = answer["Content-Type"].partition(";")[0]
    if "$ref" in described:
        described = document()["components"]["responses"][described["$ref"].rpartition("/")[2]]
    body = answer.json()
    errors = list(validator(document(), described["content"][media]["schema"]).iter_errors(body))
    assert not errors, (path, method, errors[0].message, list(errors[0].path), body)
    return body


class Door:
    """One system's client."""

    def __init__(self, client: Client, system: str = "crm", entity: str = "clients") -> None:
        self.client, self.base = client, f"/api/v1/systems/{system}/{entity}"

    def url(self, source_id: str, query: str = "") -> str:
        return f"{self.base}/{quote(source_id, safe='')}{query}"

    def put(self, source_id: str, data: Any, query: str = "", **envelope: Any) -> Any:
        body = {"data": data, **envelope}
        answer = self.client.put(self.url(source_id, query), body, content_type="application/json")
        fits(PATH, "put", answer)
        return answer

    def get(self, source_id: str) -> Any:
        answer = self.client.get(self.url(source_id))
        fits(PATH, "get", answer)
        return answer

    def delete(self, source_id: str, query: str = "") -> Any:
        answer = self.client.delete(self.url(source_id, query))
        fits(PATH, "delete", answer)
        return answer

    def batch(self, items: Any, query: str = "", **headers: str) -> Any:
        media = headers.pop("media", "application/json")
        headers = {"Idempotency-Key": str(uuid4()), **headers}
        answer = self.client.post(f"{self.base}/batch{query}", items, media, headers=headers)
        fits("/api/v1/systems/{system}/{entity}/batch", "post", answer)
        return answer
