"""Every error is a problem: also those that Django itself answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from canonical.api.contract.handler import problem_of
from canonical.api.contract.problems import BY_STATUS, KINDS
from canonical.identity import errors
from tests.canonical.api.conftest import Caller

PATHS = "/api/probe"


def problem(response: Any, code: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response.content)
    assert response["Content-Type"] == "application/problem+json"
    assert response.status_code == body["status"] == KINDS[code].status
    assert (body["code"], body["title"]) == (code, KINDS[code].title)
    assert body["type"] == f"http://testserver/problems/{code}/"
    assert body["correlation_id"] == response["X-Correlation-ID"]
    return body


def test_nothing_at_this_address() -> None:
    body = problem(Client().get("/api/v1/nowhere"), "not-found")
    assert body["instance"] == "/api/v1/nowhere"


def test_the_console_keeps_its_own_pages() -> None:
    assert Client().get("/nowhere")["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_no_credential_is_challenged() -> None:
    response = Client().get(f"{PATHS}/systems")
    problem(response, "unauthenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic YTpi", "Bearer \udcff"])
def test_a_wrong_credential_is_challenged(header: str) -> None:
    response = Client().get(f"{PATHS}/systems", headers={"Authorization": header})
    problem(response, "unauthenticated")
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_a_missing_scope_is_named(caller: Caller) -> None:
    response = caller("match").get(f"{PATHS}/systems")
    assert "read" in problem(response, "insufficient-scope")["detail"]
    assert 'scope="read"' in response["WWW-Authenticate"]


def test_another_system_is_not_found(caller: Caller) -> None:
    client = caller("read", system="crm")
    assert client.get(f"{PATHS}/of/crm").status_code == 200
    problem(client.get(f"{PATHS}/of/erp"), "not-found")
    problem(client.get(f"{PATHS}/of/nonesuch"), "not-found")


def test_method_media_type_and_accept(caller: Caller) -> None:
    client = caller("read", "admin", "match")
    response = client.delete(f"{PATHS}/systems")
    problem(response, "method-not-allowed")
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"
    body = {"payload": "null"}
    problem(client.post(f"{PATHS}/echo", body), "unsupported-media-type")
    problem(client.get(f"{PATHS}/systems", headers={"Accept": "text/html"}), "not-acceptable")
    compressed = {"Content-Encoding": "gzip"}
    response = client.post(
        f"{PATHS}/echo", b"\x1f\x8b", content_type="application/json", headers=compressed
    )
    problem(response, "unsupported-media-type")


def test_bodies_are_bounded_and_strict(caller: Caller) -> None:
    client = caller("match")
    large = client.post(
        f"{PATHS}/echo", b'["' + b"x" * 1_000_000 + b'"]', content_type="application/json"
    )
    problem(large, "payload-too-large")
    twice = client.post(f"{PATHS}/echo", b'{"a":1,"a":2}', content_type="application/json")
    assert problem(twice, "malformed-json")["errors"] == [
        {"pointer": "/a", "code": "duplicate_key", "detail": "The key 'a' appears twice."}
    ]


def test_one_bad_line_does_not_refuse_the_others(caller: Caller) -> None:
    answer = caller("match").post(
        f"{PATHS}/echo", b'"a"\n\n{"b":\n"c"\n', content_type="application/x-ndjson"
    )
    assert [item[:9] for item in answer.json()] == ["a", "Expecting", "c"]


def test_nul_in_an_address(caller: Caller) -> None:
    problem(caller("read").get(f"{PATHS}/systems?search=%00"), "invalid-request")
    problem(caller("read").get(f"{PATHS}/of/c%00rm"), "invalid-request")


@pytest.mark.parametrize(
    ("error", "status"),
    [(errors.NotFound, 404), (errors.Conflict, 409), (errors.VersionConflict, 412),
     (errors.Refused, 422), (errors.Busy, 503)],
)  # fmt: skip
def test_what_identity_refuses_is_told(error: type[Exception], status: int) -> None:
    found = problem_of(error("CL-000001 is merged."))
    assert found is not None
    assert (found.kind.status, found.detail) == (status, "CL-000001 is merged.")


def test_a_database_that_is_away_asks_to_come_again(caller: Caller) -> None:
    response = caller("read").get(f"{PATHS}/fail/database")
    problem(response, "unavailable")
    assert response["Retry-After"] == "1"


@pytest.mark.filterwarnings("ignore")
def test_a_fault_of_the_hub_says_nothing_about_its_inside(
    caller: Caller, settings: Settings
) -> None:
    for settings.DEBUG in (False, True):
        for path in (f"{PATHS}/fail/secret-detail", f"{PATHS}/plain"):
            response = caller("read").get(path)
            assert b"secret" not in response.content.replace(path.encode(), b"")
            problem(response, "internal-error")


def test_a_foreign_host_is_refused() -> None:
    response = Client().get("/api/v1/clients", headers={"Host": "evil.example"})
    assert (response.status_code, response.json()["type"]) == (400, "/problems/invalid-request/")


def test_every_kind_has_its_page() -> None:
    index = Client().get("/problems/").content.decode()
    for code, kind in KINDS.items():
        page = Client().get(f"/problems/{code}/")
        assert kind.title in page.content.decode()
        assert "script-src 'self'" in page["Content-Security-Policy"]
        assert f"/problems/{code}/" in index
    assert Client().get("/problems/nonesuch/").status_code == 404


def test_every_status_names_a_kind() -> None:
    assert all(KINDS[code].status == status for status, code in BY_STATUS.items())


def test_what_leaves_is_announced(caller: Caller) -> None:
    answer = caller("read").get(f"{PATHS}/systems")
    assert answer["Deprecation"] == "@1767225600"
    assert answer["Sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert answer["Link"].startswith('<https://x.example/why>; rel="deprecation"')


def test_options_names_the_methods(caller: Caller) -> None:
    answer = caller("read").options(f"{PATHS}/systems")
    assert (answer.status_code, answer["Allow"]) == (204, "GET, POST, HEAD, OPTIONS")
