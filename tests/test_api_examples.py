"""Every request example of the document is sent, and answered with success as it says.

Ids stand for what the hub would have; they are put in the examples' places, nothing else is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils.timezone import now

from canonical import access
from canonical.api import schemas
from canonical.entities import ENTITIES, entity_of_path, schema_of
from canonical.models import Golden, LegalEntity, Merge, System, Term, WorkItem
from canonical.models.access import SCOPES
from matching.models import Review
from matching.questions import stewardship
from sync.inbound import catalogue, uploads
from sync.models import Drift, Lane, Mapping, Subscription, UploadState
from sync.outbound.publishing import fanout
from tests.canonical.api.conftest import token
from tests.factories import hub
from tests.openapi import document, operations, validator

NAMED = {entity: next(a.name for a in schema_of(entity) if a.identifying and a.kind == "text")
         for entity in ENTITIES}  # fmt: skip


@dataclass(frozen=True)
class World:
    """A hub in which what the examples name is there."""

    client: Client
    key: access.IssuedCredential

    def record(self, entity: str, system: str, source_id: str, name: str, **given: Any) -> Golden:
        answer = hub.put(system, entity, source_id, {NAMED[entity]: name}, **given)
        return hub.golden_of(answer)


@pytest.fixture
def world(db: None) -> World:
    cache.clear()
    hub.open_hub()
    LegalEntity.objects.create(
        term=Term.objects.create(vocabulary_id="legal_entity", code="DE01", label="Germany"),
        name="Germany",
        country="DE",
        currency="EUR",
        time_zone="Europe/Berlin",
    )
    issued = access.issue_credential(None, SCOPES, restricted=True, every_system=True)
    bearer = {"Authorization": f"Bearer {token(issued)}"}
    return World(Client(raise_request_exception=False, headers=bearer), issued)


def examples(method: str) -> Iterator[tuple[str, dict[str, Any], str, Any]]:
    """Address, operation, media type and example of every body that a caller of ours sends.

    What takes no credential is a vendor's message, which proves itself by its signature.
    """
    for path, verb, operation in operations(document()):
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            if verb == method and operation["security"] != [{}]:
                yield path, operation, media, content["example"]


def send(world: World, method: str, path: str, media: str, body: Any, version: int) -> Any:
    headers = {"Idempotency-Key": str(uuid4()), "If-Match": f'"{version}"'}
    if media == "application/x-www-form-urlencoded":
        form = {**body, "client_id": world.key.credential.client_id}
        return Client().post(path, form | {"client_secret": world.key.client_secret})
    sent = body if isinstance(body, str) else json.dumps(body)
    return world.client.generic(method.upper(), path, sent, media, headers=headers)


def prepared(world: World, path: str, body: Any, number: int) -> tuple[str, Any, int]:
    """The address and body with ids that lead somewhere, and the version of what they name."""
    parts = path.split("/")
    if "{source_id}" in path or path.endswith("/batch"):
        values = {"system": "crm", "entity": "clients", "source_id": f"A-{number}"}
        return path.format(**values), body, 0
    if parts[3:] and parts[3] in {schema_of(entity).path for entity in ENTITIES}:
        return of_golden(world, path, body, number)
    if parts[3:] and parts[3] in CONFIGURED:
        return of_configuration(path, body, number)
    if isinstance(body, dict) and "reviews" in body:
        return path, body | {"reviews": [str(review(world, number))]}, 0
    if "{code}" in path:
        return path.format(code="crm", id=difference(world, number)), body, 0
    ids = {
        "reviews": review,
        "merges": merge,
        "subscriptions": subscription,
        "deliveries": delivery,
        "work-items": work_item,
        "uploads": upload,
    }
    if "{id}" in path:
        return path.replace("{id}", str(ids[parts[3]](world, number))), body, 1
    return path.format(legal_entity="DE01"), body, 0


CONFIGURED = {"mappings", "policies", "credentials", "exchange-rates", "vocabularies"}


def of_configuration(path: str, body: Any, number: int) -> tuple[str, Any, int]:
    if path.startswith("/api/v1/mappings"):
        return of_mapping(path, number), body, Mapping.objects.filter(active=True).count()
    issued = access.issue_credential(System.objects.get(pk="erp"), ["read"])
    named = {
        "client_id": issued.credential.client_id,
        "entity": "clients",
        "name": "practice" if "{code}" in path else "client_status",
        "code": "partner",
        "system": "crm",
        "value": "Prospekt",
        "from_currency": "USD",
        "to_currency": "EUR",
        "day": "2026-03-31",
    }
    return path.format(**named), body, 1


def of_mapping(path: str, number: int) -> str:
    """An address of a system of its own; where it names a version, the first is in force."""
    System.objects.create(code=f"m{number}", name="m")
    Mapping.objects.update(active=False)
    if "{version}" in path:
        rules = [{"to": "legal_name", "from": "Name"}]
        catalogue.save(
            {"system": f"m{number}", "entity": "client", "version": 1, "rules": rules}, "test"
        )
    return path.format(system=f"m{number}", entity="clients", version=1)


def of_golden(world: World, path: str, body: Any, number: int) -> tuple[str, Any, int]:
    entity = entity_of_path(path.split("/")[3])
    subject = world.record(entity, "crm", f"crm {number}", f"Zephyr {number}")
    second = "10042" if path.endswith("/split") else f"erp {number}"
    world.record(entity, "erp", second, f"Zephyr {number}", same_as=subject.code)
    other = world.record(entity, "psa", f"psa {number}", f"Quillfeather {uuid4().hex}")
    named = {"id": str(other.pk), "version": other.version}
    absorb = {"id": schemas.OTHER_ID, "version": 3}
    if isinstance(body, dict) and body.get("absorb") == [absorb]:
        body = body | {"absorb": [named]}
    subject.refresh_from_db()
    address = path.replace("{id}", str(subject.pk)).replace("{attribute}", NAMED[entity])
    return address, body, subject.version


def merge(world: World, number: int) -> Any:
    one = world.record("client", "crm", f"m {number}", "Zephyr Mining")
    two = world.record("client", "psa", f"n {number}", "Quillfeather Shipping")
    stewardship.merge(one.pk, [two.pk], hub.STEWARD)
    return Merge.objects.latest("at").pk


def review(world: World, number: int) -> Any:
    world.record("client", "crm", f"r {number}", "Kaltenberg Maschinenbau GmbH")
    world.record("client", "erp", f"s {number}", "Kaltenberg Maschinen")
    return Review.objects.filter(state="open").latest("id").pk


def work_item(world: World, number: int) -> Any:
    """One that is closed by hand."""
    named = {"kind": "version_conflict", "subject": f"crm/client/{number}", "title": "crm"}
    return WorkItem.objects.create(**named, opened_at=now()).pk


def upload(world: World, number: int) -> Any:
    """A file that is loaded."""
    content = f"source_id,legal_name\nU-{number},Zephyr {number}\n".encode()
    brought = uploads.bring(hub.SENDER, "crm", "client", "u.csv", content, "source_id")
    uploads.ask(brought, UploadState.LOADING)
    uploads.work_one(brought.pk)
    return brought.pk


def subscription(world: World, number: int) -> Any:
    wanted = {"name": f"s{number}", "system": "crm", "url": "https://example.com/",
              "entities": ["clients"]}  # fmt: skip
    send(world, "post", "/api/v1/subscriptions", "application/json", wanted, 0)
    return Subscription.objects.get(name=f"s{number}").pk


def delivery(world: World, number: int) -> Any:
    return dead_lane(world, number).pk


def difference(world: World, number: int) -> Any:
    lane = dead_lane(world, number)
    found = Drift.objects.create(
        subscription=lane.subscription,
        golden=lane.golden,
        entity="client",
        kind="stale",
        version=lane.desired,
        found_at=now(),
    )
    return found.pk


def dead_lane(world: World, number: int) -> Lane:
    """A delivery that was given up."""
    golden = world.record("client", "crm", f"d {number}", f"Zephyr {uuid4().hex}")
    wanted = Subscription.objects.get(pk=subscription(world, number))
    fanout.fan_out()
    fanout.load_pending()
    lane = Lane.objects.get(subscription=wanted, golden=golden)
    Lane.objects.filter(pk=lane.pk).update(parked="dead")
    return lane


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_every_request_example_succeeds_and_is_answered_as_described(
    world: World, method: str
) -> None:
    wrong = []
    for number, (path, operation, media, example) in enumerate(examples(method)):
        address, body, version = prepared(world, path, example, number)
        address += required(operation)
        answer = send(world, method, address, media, body, version)
        if answer.status_code // 100 != 2:
            wrong.append(f"{method} {path} {answer.status_code}: {answer.content.decode()[:300]}")
        elif fault := misfit(operation, answer):
            wrong.append(f"{method} {path}: {fault}")
    assert not wrong, "\n".join(wrong)


def required(operation: dict[str, Any]) -> str:
    """The examples of the query parameters that the operation cannot do without."""
    told = {
        each["name"]: each["example"]
        for each in operation.get("parameters", ())
        if each.get("in") == "query" and each["required"]
    }
    return f"?{urlencode(told)}" if told else ""


def misfit(operation: dict[str, Any], answer: Any) -> str:
    """What of an answer the document does not describe."""
    described = operation["responses"].get(str(answer.status_code), {})
    if not (content := described.get("content")):
        return "" if not answer.content else "a body that is not described"
    schema = content[answer["Content-Type"].partition(";")[0]]["schema"]
    errors = list(validator(document(), schema).iter_errors(answer.json()))
    return f"{errors[0].message} at {list(errors[0].path)}" if errors else ""
