"""Callers of the API, signed in as systems are: with a token fetched for a credential."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from canonical import access
from canonical.models import System

Caller = Callable[..., Client]


@pytest.fixture(autouse=True)
def _fresh_rate_limits() -> None:
    cache.clear()


@pytest.fixture
def caller(db: None) -> Caller:
    """`caller("read", system="crm")`: a client that has really fetched a token."""

    def sign_in(*scopes: str, system: str = "crm", restricted: bool = False) -> Client:
        owner, _ = System.objects.get_or_create(code=system, defaults={"name": system})
        issued = access.issue_credential(owner, scopes, restricted=restricted)
        return Client(
            raise_request_exception=False, headers={"Authorization": f"Bearer {token(issued)}"}
        )

    return sign_in


def token(issued: access.IssuedCredential) -> str:
    answer = Client().post(
        "/oauth/token/",
        {
            "grant_type": "client_credentials",
            "client_id": issued.credential.client_id,
            "client_secret": issued.client_secret,
        },
    )
    value: str = answer.json()["access_token"]
    return value
