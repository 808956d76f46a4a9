"""What holds for every operation of the public API, found by walking its addresses.

The authorization matrix, the OpenAPI document, its examples, and hostile bodies on everything
that writes: a new view is under test from the moment it has an address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from openapi_spec_validator import validate

from canonical import access
from canonical.api.contract.view import ContractView
from canonical.entities import ENTITIES, schema_of
from canonical.models import System, User
from canonical.models.access import SCOPES
from sync.outbound.publishing import fanout
from tests import openapi
from tests.canonical.api.conftest import token
from tests.openapi import METHODS, operations, validator

# POSTs that write nothing, keep their answers themselves (a batch does, item by item), or come to
# the same however often they are repeated.
WITHOUT_ONE_ANSWER = {
    "/api/v1/mappings/<str:system>/<str:entity>/draft",
    "/api/v1/sandbox/reset",
    "/api/v1/systems/<str:system>/<str:entity>/batch",
    "/api/v1/systems/<str:system>/events",
    *(f"/api/v1/match/{schema_of(entity).path}" for entity in ENTITIES),
}


def routes() -> dict[str, type[ContractView]]:
    """Every address below /api/v1/ with the view behind it."""
    found = {
        path: getattr(pattern.callback, "cls", None)
        for path, pattern in _patterns(get_resolver().url_patterns, "/")
        if path.startswith("/api/v1/")
    }
    assert all(view and issubclass(view, ContractView) for view in found.values()), found
    return found  # type: ignore[return-value]


def _patterns(patterns: Any, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for each in patterns:
        path = prefix + str(each.pattern).lstrip("^").removesuffix("$")
        if isinstance(each, URLResolver):
            yield from _patterns(each.url_patterns, path)
        else:
            yield path, each


def address(path: str, **values: str) -> str:
    """A concrete address: named values, else an id that nothing has."""
    values = {"entity": "clients", **values}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda variable: values.get(variable[1], str(uuid4())), path)


OPERATIONS = [
    (path, method, view)
    for path, view in sorted(routes().items())
    for method in METHODS
    if hasattr(view, method)
]
#: Those that a token opens; what proves itself is tested with the door it comes through.
GUARDED = [each for each in OPERATIONS if not getattr(each[2], "proved", False)]
IDS = [f"{method} {path}" for path, method, _ in GUARDED]


@pytest.fixture
def credentials(db: None) -> Any:
    """A caller with these scopes, of the system `own`."""
    cache.clear()
    own = System.objects.create(code="own", name="own")
    foreign = System.objects.create(code="foreign", name="foreign")

    def caller(*scopes: str, system: str = "own") -> Client:
        owner = own if system == "own" else foreign
        bearer = token(access.issue_credential(owner, scopes))
        return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {bearer}"})

    return caller


def call(client: Client, method: str, url: str) -> Any:
    headers = {"Idempotency-Key": str(uuid4()), "If-Match": '"1"'}
    return client.generic(method.upper(), url, b"{}", "application/json", headers=headers)


@pytest.mark.parametrize(("path", "method", "view"), GUARDED, ids=IDS)
def test_a_scope_opens_an_operation_and_nothing_else_does(
    credentials: Any, path: str, method: str, view: type[ContractView]
) -> None:
    scope = view.scopes[method.upper()]
    url = address(path, system="own")
    nobody = call(Client(raise_request_exception=False), method, url)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")
    others = call(credentials(*(SCOPES.keys() - {scope})), method, url)
    assert (others.status_code, others.json()["code"]) == (403, "insufficient-scope")
    assert call(credentials(scope), method, url).status_code not in {401, 403, 500}


#: What the members of each console group may do, by scope; everybody else is turned away.
OF_GROUP = {
    "steward": {"read", "match", "steward"},
    "finance": {"read", "match"},
    "integrator": {"read", "ingest", "match", "sync"},
    "auditor": {"read"},
    "admin": set(SCOPES),
}


@pytest.fixture
def people(db: None) -> dict[str, Client]:
    """A browser of a member of each group."""
    cache.clear()
    System.objects.create(code="own", name="own")
    found = {}
    for group in OF_GROUP:
        user = User.objects.create(username=group, is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        found[group] = Client(raise_request_exception=False)
        found[group].force_login(user)
    return found


@pytest.mark.parametrize("group", OF_GROUP)
def test_a_person_may_do_what_the_group_says_and_nothing_else(
    people: dict[str, Client], group: str
) -> None:
    wrong = []
    for path, method, view in GUARDED:
        url = address(path, system="own")
        status = call(people[group], method, url).status_code
        allowed = view.scopes[method.upper()] in OF_GROUP[group]
        if status >= 500 or (status == 403) is allowed:
            wrong.append(f"{method} {path}: {status}")
    assert not wrong, wrong


def test_nobody_reaches_what_another_credential_owns(credentials: Any) -> None:
    """F73: submissions, subscriptions and deliveries of others are not found, keys not shared."""
    scopes = SCOPES.keys() - {"admin"}  # which sees the subscriptions of all
    owner, other = credentials(*scopes), credentials(*scopes, system="foreign")
    key, batch = {"Idempotency-Key": "same-key"}, "/api/v1/systems/{}/clients/batch"
    for caller, system in ((owner, "own"), (other, "foreign")):
        items = [{"source_id": "1", "data": {"legal_name": f"Firm of {system}"}}]
        answer = caller.post(batch.format(system), items, "application/json", headers=key)
        assert answer.json()["results"][0]["outcome"] in {"created", "review"}
    later = {**key, "Idempotency-Key": "later", "Prefer": "respond-async"}
    items = [{"source_id": "2", "data": {"legal_name": "Acme"}}]
    made = owner.post(batch.format("own"), items, "application/json", headers=later).json()
    wanted = {"name": "s", "url": "https://example.com/", "entities": ["clients"]}
    subscribed = owner.post(
        "/api/v1/subscriptions", wanted, "application/json", headers={"Idempotency-Key": "s"}
    ).json()
    fanout.fan_out()
    fanout.load_pending()
    [lane, *_] = owner.get("/api/v1/deliveries").json()["results"]
    brought = owner.post(
        "/api/v1/uploads?system=own&entity=clients&name=x.csv",
        "source_id,legal_name\n1,Acme\n",
        "text/csv",
        headers={"Idempotency-Key": "u"},
    ).json()
    ids = {
        "submissions": made["id"],
        "subscriptions": subscribed["id"],
        "deliveries": lane["id"],
        "uploads": brought["id"],
    }
    for path, method, _ in OPERATIONS:
        area = path.split("/")[3]
        if area in ids and "id>" in path:
            url = address(path, id=str(ids[area]))
            assert call(other, method, url).status_code == 404, (method, path)
            if method == "get":
                assert call(owner, method, url).status_code == 200, path


@pytest.mark.parametrize(
    ("path", "method", "view"), [o for o in GUARDED if "system>" in o[0]], ids=str
)
def test_what_belongs_to_another_system_is_not_found(
    credentials: Any, path: str, method: str, view: type[ContractView]
) -> None:
    url = address(path, system="foreign")
    answer = call(credentials(*SCOPES), method, url)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_every_post_that_writes_is_answered_once() -> None:
    without = {
        path
        for path, method, view in OPERATIONS
        if method == "post" and not getattr(view.post, "answers_once", False)  # type: ignore[attr-defined]
    }
    assert without == WITHOUT_ONE_ANSWER


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document()


def test_the_document_is_valid_and_made_without_a_warning(document: dict[str, Any]) -> None:
    assert not GENERATOR_STATS
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_operation_is_documented(document: dict[str, Any]) -> None:
    documented = {(path, method) for path, method, _ in operations(document)}
    served = {(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path), m) for path, m, _ in OPERATIONS}
    assert served <= documented
    ids = [operation["operationId"] for *_, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_every_security_scheme_is_described(document: dict[str, Any]) -> None:
    named = {
        name
        for *_, operation in operations(document)
        for requirement in operation["security"]
        for name in requirement
    }
    assert named == document["components"]["securitySchemes"].keys()


def test_every_operation_says_what_it_is_and_how_it_fails(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        place = f"{method} {path}"
        assert operation["summary"], place
        assert operation["description"], place
        assert operation["tags"], place
        assert operation["security"], place
        statuses = set(operation["responses"])
        assert {"401", "429"} <= statuses, place
        assert any(status.startswith("2") or status == "308" for status in statuses), place
        for parameter in operation.get("parameters", []):
            assert "$ref" in parameter or parameter["description"], (place, parameter)


def _contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for media in operation.get("requestBody", {}).get("content", {}).values():
        yield "request", media
    for status, response in operation["responses"].items():
        for media in response.get("content", {}).values():
            yield status, media


def test_every_body_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for where, media in _contents(operation):
            place = f"{method} {path} {where}"
            examples = [e["value"] for e in media.get("examples", {}).values()]
            examples += [media["example"]] if "example" in media else []
            assert examples, place
            for example in examples:
                errors = list(validator(document, media["schema"]).iter_errors(example))
                assert not errors, (place, errors[0].message, list(errors[0].path))


def test_examples_of_problems_fit(document: dict[str, Any]) -> None:
    for response in document["components"]["responses"].values():
        media = response["content"]["application/problem+json"]
        for example in media["examples"].values():
            assert validator(document, media["schema"]).is_valid(example["value"])


def test_the_pages_of_the_document_load_nothing_from_elsewhere() -> None:
    page = Client().get("/api/docs/")
    assert page.status_code == 200
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page.content.decode())
    assert b"<script>" not in page.content
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert Client().get("/api/docs/?script=")["Content-Type"].startswith("application/javascript")
    assert Client().get("/api/schema/").status_code == 200


HOSTILE = [
    (b"", "empty"),
    (b"{", "truncated"),
    (b"null", "null"),
    (b"[]", "a list"),
    (b'"text"', "a string"),
    (b"7", "a number"),
    (b'{"a":1,"a":2}', "a duplicate key"),
    (b'{"data":{"a":NaN}}', "NaN"),
    (b'{"data":{"a":1e400}}', "an infinite number"),
    (b'{"data":{"a":"\\u0000"}}', "NUL"),
    (b'{"data":{"a":"\\ud800"}}', "a lone surrogate"),
    (b'{"data":"\xff"}', "invalid UTF-8"),
    (b"\xef\xbb\xbf{}", "a byte order mark"),
    (b'{"a":' * 8000 + b"1" + b"}" * 8000, "depth 8,000"),
    (b'{"__proto__":{"is_staff":true},"id":"x","version":9,"state":"merged"}', "assignment"),
    (json.dumps({"data": {"name": "‮evil\u200b", "legal_name": ["x"]}}).encode(), "bidi"),
    (json.dumps({"data": {"a": "<script>alert(1)</script>" * 50}}).encode(), "markup"),
]
WRITES = [o for o in OPERATIONS if o[1] in {"post", "put", "patch"}]


@pytest.mark.parametrize(("path", "method", "view"), WRITES, ids=str)
def test_hostile_bodies_are_refused_and_never_an_error(
    credentials: Any, path: str, method: str, view: type[ContractView]
) -> None:
    client = credentials(*SCOPES)
    url = address(path, system="own")
    for body, what in HOSTILE:
        headers = {"Idempotency-Key": str(uuid4()), "If-Match": '"1"'}
        answer = client.generic(method.upper(), url, body, "application/json", headers=headers)
        assert 400 <= answer.status_code < 500, (what, answer.status_code, answer.content[:300])
        assert answer["Content-Type"] == "application/problem+json", what
