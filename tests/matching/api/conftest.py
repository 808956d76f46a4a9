"""Stewards and the three systems whose records they look after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.canonical.api.conftest import Caller, _fresh_rate_limits, caller
from tests.factories import hub

__all__ = ["_fresh_rate_limits", "caller"]

Post = Callable[..., Any]


@pytest.fixture
def steward(caller: Caller) -> Client:
    hub.open_hub()
    return caller("read", "steward", system="console", restricted=True)


@pytest.fixture
def post(steward: Client) -> Post:
    """`post(url, body, version)`, with a key of its own."""

    def send(url: str, body: Any, version: int | None = None, **headers: str) -> Any:
        given = {"Idempotency-Key": str(uuid4()), **headers}
        if version is not None:
            given["If-Match"] = f'"{version}"'
        return steward.post(url, body, "application/json", headers=given)

    return send
