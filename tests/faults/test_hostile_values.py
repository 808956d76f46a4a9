"""F57-F63, F69: hostile and odd data at the door in, on every kind of attribute there is."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.core.cache import cache
from django.test import Client

from canonical import access
from canonical.attributes import Attribute
from canonical.entities import ENTITIES, schema_of
from canonical.models import Change, System
from matching.profiles import profile_for
from tests.canonical.api.conftest import token
from tests.sync.api.source import Door

NUMBERS = [
    b"0", b"-1", b"-0", b"-0.0", b"1e-9", b"1e15", b"123456789012345.1", b"0.1234567", b"1e39",
    b"1E+999999999", b'"NaN"', b'"Infinity"', b'"1e400"', b'"-0"', b'"1_000"', '"１２"'.encode(),
    b'" 7 "', b'"0x10"', b"true", b"99999999999999999999",
]  # fmt: skip
DATES = [
    b'"2026-02-30"', b'"0000-01-01"', b'"9999-12-31"', b'"2026-13-01"', b'"2026-1-1"',
    b'"20260101"', b'"2026-01-01T00:00:00"', b'"2026-01-01T25:00:00Z"',
    b'"9999-12-31T23:59:59-14:00"', b'"0001-01-01T00:00:00+14:00"', b'"2026-06-30T23:59:60Z"',
]  # fmt: skip
TEXTS = [
    json.dumps(text).encode()
    for text in (
        "", " ", "\u200b", "\u202eevil\u202c", "e\u0301", "\ufeff", "\x1f", "\x7f", "a\nb",
        "<script>alert(1)</script>", "=cmd|'/c calc'!A0", "' OR 1=1 --", "%00", "\\u0000",
        "x" * 300, "x" * 20_000, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 100, "\ud83d\ude00",
    )
]  # fmt: skip
SHAPES = [
    b"null", b"[]", b"{}", b"[[]]", b"[null]", b"[{}]", b'[{"":1}]', b'{"x":1}', b'["a","a"]',
    b'{"source_id":""}', b'{"source_id":7}', b'{"source_id":"x","system":"nonesuch"}',
    b'{"source_id":"%s"}' % (b"x" * 300), b'{"golden_id":"nope"}', b'{"golden_id":"CL-1","x":1}',
    b'{"amount":"1","currency":"ZZZ"}', b'{"amount":null}', b'{"amount":"NaN","currency":"EUR"}',
    b"[" * 20 + b"]" * 20,
]  # fmt: skip
VALUES = [*NUMBERS, *DATES, *TEXTS, *SHAPES]


@pytest.fixture
def integrator(db: None) -> Client:
    cache.clear()
    System.objects.create(code="crm", name="CRM")
    issued = access.issue_credential(
        None, ["ingest", "read", "match"], restricted=True, every_system=True
    )
    bearer = f"Bearer {token(issued)}"
    return Client(raise_request_exception=False, headers={"Authorization": bearer})


def identifying(entity: str) -> str:
    """A text attribute that makes a record one."""
    return next(a.name for a in schema_of(entity) if a.identifying and a.kind == "text")


def different() -> dict[str, list[str]]:
    """By entity: what matching reads, and of all attributes declared alike the first."""
    seen: set[Attribute] = set()
    found: dict[str, list[str]] = {}
    for entity in ENTITIES:
        read = {comparison.attribute for comparison in profile_for(entity).comparisons}
        alike = {a.name: replace(a, name="", help="") for a in schema_of(entity)}
        found[entity] = [n for n, a in alike.items() if n in read or a not in seen]
        seen.update(alike.values())
    return found


@pytest.mark.parametrize(("entity", "attributes"), different().items(), ids=ENTITIES)
def test_no_value_of_any_attribute_is_an_error_of_the_hub(
    integrator: Client, entity: str, attributes: list[str]
) -> None:
    """Each is refused with its place, or taken in and told back; and none touches another."""
    door = Door(integrator, entity=schema_of(entity).path)
    name = identifying(entity)
    lines = [
        b'{"source_id":"%s-%d","data":{"%s":"Acme","%s":%s}}'
        % (attribute.encode(), n, name.encode(), attribute.encode(), value)
        for attribute in attributes
        if attribute != name
        for n, value in enumerate(VALUES)
    ]
    for start in range(0, len(lines), 1_000):
        answer = door.batch(b"\n".join(lines[start : start + 1_000]), media="application/x-ndjson")
        assert answer.status_code == 200, answer.content[:300]
        results = answer.json()["results"]
        assert len(results) == len(lines[start : start + 1_000])
        for result in results:
            assert result["outcome"] != "quarantined", result
            refused = result["outcome"] == "refused"
            assert bool(result["errors"]) is refused, result
            assert all(e["code"] and e["detail"] for e in result["errors"]), result


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("modified_at", b'"yesterday"'), ("modified_at", b"7"), ("modified_at", b'"2026-01-01"'),
        ("modified_at", b'"9999-12-31T23:59:59Z"'), ("modified_at", b'"2026-01-01T00:00:00"'),
        ("modified_at", b"{}"), ("version", b'"7"'), ("version", b"-1"), ("version", b"1.5"),
        ("version", b"true"), ("version", b"9223372036854775808"), ("version", b"[]"),
        ("same_as", b"7"), ("same_as", b'""'), ("same_as", b'"CL-999999"'), ("same_as", b"[]"),
        ("source_id", b'"other"'), ("__class__", b"{}"), ("id", b'"1"'), ("golden", b"{}"),
    ],
)  # fmt: skip
def test_the_envelope_is_read_strictly(integrator: Client, member: str, value: bytes) -> None:
    """F74: what is not the caller's to set is refused, with its place."""
    body = b'{"data":{"legal_name":"Acme"},"%s":%s}' % (member.encode(), value)
    answer = integrator.put("/api/v1/systems/crm/clients/1", body, "application/json")
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["pointer"] == f"/{member}"
    assert not Change.objects.exists()


@pytest.mark.parametrize("attribute", ["legal_name", "website", "addresses", "tax_ids", "parent"])
def test_a_search_refuses_what_a_record_would(integrator: Client, attribute: str) -> None:
    for value in VALUES:
        body = b'{"data":{"%s":%s}}' % (attribute.encode(), value)
        answer = integrator.post("/api/v1/match/clients", body, "application/json")
        assert answer.status_code in {200, 400}, (value[:80], answer.content[:300])
    assert not Change.objects.exists()
