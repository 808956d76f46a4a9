"""Rate limits are counted per caller and told in every answer."""

from __future__ import annotations

from django.test import Client
from pytest_django import Settings

from tests.canonical.api.conftest import Caller

URL = "/api/probe/systems"


def test_a_caller_is_told_and_stopped(caller: Caller, settings: Settings) -> None:
    settings.ASSAY_RATE_LIMITS = {"credential": 2, "anonymous": 9, "token": 9}
    client, other = caller("read", system="crm"), caller("read", system="erp")
    first, _, third = (client.get(URL) for _ in range(3))
    assert first["RateLimit-Policy"] == '"credential";q=2;w=60'
    assert first["RateLimit"].startswith('"credential";r=1;t=')
    assert (third.status_code, third.json()["code"]) == (429, "rate-limited")
    assert 1 <= int(third["Retry-After"]) <= 60
    assert third["RateLimit"].startswith('"credential";r=0;t=')
    assert other.get(URL).status_code == 200


def test_guesses_are_counted_by_address_whatever_they_claim(db: None, settings: Settings) -> None:
    settings.ASSAY_RATE_LIMITS = {"credential": 9, "anonymous": 2, "token": 1}
    answers = [
        Client().get(
            URL, headers={"Authorization": f"Bearer {n}", "X-Forwarded-For": f"10.0.0.{n}"}
        ).status_code
        for n in range(3)
    ]  # fmt: skip
    assert answers == [401, 401, 429]
    tokens = [Client().post("/oauth/token/", {"grant_type": "x"}).status_code for _ in range(2)]
    assert tokens == [400, 429]
