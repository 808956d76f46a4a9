"""F72 to F82: what leaks, who may what, and how much anyone may take (F73, F76: elsewhere)."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from canonical import access
from canonical.models import Change, System, User
from canonical.models.access import SCOPES, Credential
from canonical.models.contract import IdempotentAnswer
from mdm import logs
from tests.canonical.api.conftest import token
from tests.openapi import document, operations

pytestmark = pytest.mark.django_db


@pytest.fixture
def crm() -> access.IssuedCredential:
    cache.clear()
    owner = System.objects.create(code="crm", name="CRM")
    return access.issue_credential(owner, SCOPES)


def client(issued: access.IssuedCredential, bearer: str = "") -> Client:
    headers = {"Authorization": f"Bearer {bearer or token(issued)}"}
    return Client(raise_request_exception=False, headers=headers)


def post(caller: Client, url: str, body: Any, key: str = "") -> Any:
    headers = {"Idempotency-Key": key or str(uuid4()), "If-Match": '"1"'}
    return caller.post(url, body, "application/json", headers=headers)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Every line of the whole log, as the handler of production writes it."""
    formatter = dict(logs.configure("DEBUG")["formatters"]["json"])
    formatter.pop("()")
    caught = logging.StreamHandler(io.StringIO())
    caught.setFormatter(structlog.stdlib.ProcessorFormatter(**formatter))
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    # The statements of a test's database are its own; production never logs them.
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    root.addHandler(caught)
    yield caught.stream
    root.removeHandler(caught)
    root.setLevel(before)


def test_f72_no_secret_reaches_log_journal_or_stored_answer(
    crm: access.IssuedCredential, log: io.StringIO
) -> None:
    value = token(crm)
    caller = client(crm, value)
    pair = base64.b64encode(f"{crm.credential.client_id}:{crm.client_secret}".encode()).decode()
    Client().post(
        "/oauth/token/",
        {"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {pair}"},
    )
    guess = "canary-" + uuid4().hex
    client(crm, guess).get("/api/v1/clients")
    Client().post("/oauth/token/", {"client_id": "x", "client_secret": guess, "grant_type": "x"})
    iban = "DE89370400440532013000"
    data = {"legal_name": "Acme", "bank_accounts": [{"iban": iban}]}
    url = "/api/v1/systems/crm/clients/1"
    assert caller.put(url, {"data": data}, "application/json").status_code == 201
    wrong = {"data": {"legal_name": 7, "bank_accounts": [{"iban": iban, "x": 1}]}}
    assert caller.put(url, wrong, "application/json").status_code == 400
    subscribed = {"name": "s", "url": "https://example.com/", "entities": ["clients"]}
    secret = post(caller, "/api/v1/subscriptions", subscribed, "k").json()["secret"]
    again = post(caller, "/api/v1/subscriptions", subscribed, "k")
    assert (again.json()["secret"], again["Idempotent-Replayed"]) == (secret, "true")
    written = log.getvalue()
    assert written.count('"request"') >= 7
    rows = json.dumps(
        [
            list(Change.objects.values("actor_id", "actor_name", "cause", "correlation_id")),
            list(IdempotentAnswer.objects.values()),
            list(Credential.objects.values()),
        ],
        default=str,
    )
    for canary in (crm.client_secret, value, pair, guess, iban, secret):
        assert canary not in written
        assert canary not in rows


def test_f67_one_event_is_one_line_whatever_a_record_says(
    crm: access.IssuedCredential, log: io.StringIO
) -> None:
    hostile = 'x\r\n{"event":"forged"}\u2028\x1b[2J'
    headers = {"X-Correlation-ID": "a\tb{}", "User-Agent": hostile.replace("\r\n", " ")}
    for source_id in ("a%0A%7B%22event%22%3A%22forged%22%7D", "b"):
        client(crm).put(
            f"/api/v1/systems/crm/clients/{source_id}",
            {"data": {"legal_name": hostile}},
            "application/json",
            headers=headers,
        )
    events = [json.loads(line) for line in log.getvalue().split("\n") if line]
    assert all(event["event"] != "forged" for event in events)
    assert all("\t" not in str(event.get("correlation_id")) for event in events)


def test_f74_no_write_takes_a_member_it_does_not_know(crm: access.IssuedCredential) -> None:
    """Read-only fields and those of other tables are refused by name, not passed over."""
    caller = client(crm)
    planted = {"id": "x", "version": 99, "state": "merged", "is_staff": True, "golden": {}}
    taken = []
    for path, method, operation in operations(document()):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is None or not isinstance(body["example"], dict):
            continue
        if operation["security"] == [{}]:  # the body is a vendor's, and proves itself
            continue
        values = {"system": "crm", "entity": "clients", "source_id": "9", "attribute": "email"}
        url = path.format(**{**_named(path), "id": str(uuid4()), **values})
        headers = {"Idempotency-Key": str(uuid4()), "If-Match": '"1"'}
        for member, value in planted.items():
            if member in body["schema"].get("properties", {}):
                continue
            sent = json.dumps({**body["example"], member: value})
            answer = caller.generic(method.upper(), url, sent, "application/json", headers=headers)
            pointers = [each["pointer"] for each in answer.json().get("errors", ())]
            if answer.status_code != 404 and f"/{member}" not in pointers:
                taken.append(f"{method} {path} {member}: {answer.status_code}")
    assert not taken, taken


def _named(path: str) -> dict[str, str]:
    """Variables of addresses that other rooms add lead nowhere, and are refused before or after."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return dict.fromkeys(names, "nowhere")


FORMS = [
    ("/admin/canonical/user/add/", {"username": "eve", "is_superuser": "on", "is_staff": "on"}),
    ("/admin/auth/group/add/", {"name": "eve"}),
    ("/admin/canonical/credential/add/", {"name": "eve", "scopes": "admin"}),
    ("/admin/canonical/policy/add/", {"entity": "client", "rules": "{}"}),
]


@pytest.mark.parametrize("group", ["steward", "finance", "integrator", "auditor"])
def test_f75_nobody_makes_themselves_an_administrator(group: str) -> None:
    user = User.objects.create(username="mallory", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    browser = Client(raise_request_exception=False)
    browser.force_login(user)
    own = f"/admin/canonical/user/{user.pk}/change/"
    forged = {"username": "mallory", "is_superuser": "on", "is_staff": "on", "groups": "5"}
    for url, form in [*FORMS, (own, forged), (f"{own}?_popup=1", forged)]:
        assert browser.post(url, form).status_code in {302, 403, 404}, url
    user = User.objects.get(pk=user.pk)
    assert not user.is_superuser
    assert access.of_user(user).scopes.isdisjoint({"admin"})
    assert [each.name for each in user.groups.all()] == [group]
    assert not User.objects.filter(username="eve").exists()
    assert not Credential.objects.filter(name="eve").exists()


def test_f77_an_unknown_token_takes_the_way_of_a_wrong_one(crm: access.IssuedCredential) -> None:
    """Looked up by digest, in the same statements, with the same answer: timing tells nothing."""
    value = token(crm)
    told = []
    other = "y" if value.endswith("x") else "x"
    for guess in (value[:-1] + other, "y" * len(value), "short", value + "z"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client(crm, guess).get("/api/v1/clients")
        body = {**answer.json(), "correlation_id": ""}
        told.append((answer.status_code, body, len(queries)))
        assert all(guess not in each["sql"] for each in queries.captured_queries)
    assert all(each == told[0] for each in told)


LOOKUPS = [
    "legal_name__startswith", "golden__changes__actor_id", "account_owner__email", "pk", "id__in",
    "search__regex", "system__credential__client_secret__startswith", "fields__0", "expand[]",
    "legal_name' OR 1=1 --", "order_by", "password", "user__password__startswith",
]  # fmt: skip


@pytest.mark.parametrize("lookup", LOOKUPS)
def test_f80_only_filters_that_are_declared_filter(
    crm: access.IssuedCredential, lookup: str
) -> None:
    caller = client(crm)
    for path in ("clients", "reviews", "changes", "deliveries", "subscriptions"):
        answer = caller.get(f"/api/v1/{path}", {lookup: "a"})
        assert answer.status_code == 400, path
        assert answer.json()["errors"][0]["pointer"] == lookup
    for value in ("'; DROP TABLE canonical_golden --", "%' OR '1'='1", "\\\\", "{{7*7}}", "${7*7}"):
        answer = caller.get("/api/v1/clients", {"search": value})
        assert answer.json()["results"] == []


def test_f81_a_limit_follows_the_caller_not_the_request(
    crm: access.IssuedCredential, settings: Settings
) -> None:
    """More tokens, other addresses, forwarded headers or another spelling give no more."""
    callers = [client(crm) for _ in range(3)]
    settings.ASSAY_RATE_LIMITS = {**settings.ASSAY_RATE_LIMITS, "credential": 2}
    cache.clear()
    statuses = [
        caller.get(
            url,
            headers={"X-Forwarded-For": f"10.0.0.{n}", "X-Real-IP": f"10.0.1.{n}"},
            REMOTE_ADDR=f"10.9.9.{n}",
        ).status_code
        for n, (caller, url) in enumerate(
            zip(callers, ["/api/v1/clients", "/api/v1/clients?", "/api/v1/clients?limit=1"],
                strict=True)
        )
    ]  # fmt: skip
    assert statuses == [200, 200, 429]
    assert callers[0].get("/API/v1/Clients").status_code == 404


def test_f82_nobody_takes_everything_by_turning_pages(
    crm: access.IssuedCredential, settings: Settings
) -> None:
    caller = client(crm)
    for asked in ("201", "0", "-1", "1e9", "999999999999", "１０"):
        assert caller.get("/api/v1/clients", {"limit": asked}).status_code == 400
    for name in ("offset", "page", "page_size", "skip"):
        assert caller.get("/api/v1/clients", {name: "5"}).status_code == 400
    items = [{"source_id": str(n), "data": {"legal_name": f"Firm {n}"}} for n in range(5)]
    post(caller, "/api/v1/systems/crm/clients/batch", items)
    settings.ASSAY_ROWS_A_DAY = 6
    first, second, third = (caller.get("/api/v1/clients", {"limit": 4}) for _ in range(3))
    assert (first.status_code, second.status_code) == (200, 200)
    assert (third.status_code, third.json()["code"]) == (429, "rate-limited")
    assert 0 < int(third["Retry-After"]) <= 86_400
    assert "rows" in third.json()["detail"]
