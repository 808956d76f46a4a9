"""Every read operation of the consumer API answers as its schema in the document says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from canonical.api.schemas import component
from canonical.entities import ENTITIES, schema_of
from canonical.identity import merging
from canonical.models import Golden
from tests.canonical.api.conftest import Caller
from tests.canonical.arrivals import CAUSE, arrive
from tests.openapi import document, operations, validator


def reference(golden: Golden) -> dict[str, str]:
    return {"golden_id": str(golden.pk)}


@pytest.fixture
def firm(db: None) -> dict[str, Golden]:
    """One record of each entity that refers to the others, the client from two systems."""
    client = arrive("client", {"legal_name": "Acme", "addresses": [{"country": "DE"}]})
    client = arrive("client", {"legal_name": "ACME"}, system="erp", same_as=client)
    resource = arrive("resource", {"display_name": "Erika", "date_of_birth": "1980-02-29"})
    line = {"line_no": "1", "rate_unit": "HUR", "bill_rate": "180.00", "cost_rate": "75.00"}
    card = arrive(
        "rate_card",
        {
            "name": "2026",
            "currency": "EUR",
            "lines": [line],
            "scope": {"client": reference(client)},
        },
    )
    contract = arrive(
        "contract",
        {
            "title": "Framework",
            "client": reference(client),
            "effective_from": "2026-01-01",
            "total_value": {"amount": "240000.00", "currency": "EUR"},
            "lines": [{"line_no": "1", "amount": "240000.00"}],
        },
    )
    engagement = arrive(
        "engagement",
        {"name": "Move", "client": reference(client), "contracts": [reference(contract)]},
    )
    schedule = arrive(
        "billing_schedule",
        {
            "contract": reference(contract),
            "items": [{"item_no": "1", "bill_date": "2026-03-31", "amount": "1000.00"}],
        },
    )
    found = [client, resource, card, contract, engagement, schedule]
    return {golden.entity: golden for golden in found}  # fmt: skip


def address(path: str, firm: dict[str, Golden]) -> str:
    by_path = {schema_of(entity).path: entity for entity in ENTITIES}
    entity = by_path.get(path.split("/")[3], "client")
    code = firm[entity].code
    if path.endswith("/rates"):
        return f"{path}?engagement={firm['engagement'].code}&resource={firm['resource'].code}"
    return path.replace("{id}", code).replace("{name}", "client_status")


def reads() -> list[tuple[str, dict[str, Any]]]:
    paths = {schema_of(entity).path for entity in ENTITIES} | {"rates", "vocabularies"}
    return [
        (path, operation)
        for path, method, operation in operations(document())
        if method == "get" and path.split("/")[3] in paths
    ]


@pytest.mark.parametrize("restricted", [False, True], ids=["masked", "granted"])
def test_answers_fit_their_schemas(
    caller: Caller, firm: dict[str, Golden], restricted: bool
) -> None:
    client = caller("read", restricted=restricted)
    assert len(reads()) == len(ENTITIES) * 6 + 4
    for path, operation in reads():
        answer = client.get(address(path, firm))
        assert answer.status_code == 200, (path, answer.content)
        fits(path, answer.json(), operation, "200")


def fits(path: str, body: Any, operation: dict[str, Any], status: str) -> None:
    schema = operation["responses"][status]["content"]["application/json"]["schema"]
    errors = list(validator(document(), schema).iter_errors(body))
    assert not errors, (path, errors[0].message, list(errors[0].path))


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_document_has_no_member_that_is_not_declared(
    caller: Caller, firm: dict[str, Golden], entity: str
) -> None:
    url = f"/api/v1/{schema_of(entity).path}/{firm[entity].pk}?effective_on=2026-03-12"
    declared = document()["components"]["schemas"][component(entity)]["properties"]
    assert set(caller("read").get(url).json()) <= set(declared)


def test_the_answer_of_a_merged_record_fits(caller: Caller, firm: dict[str, Golden]) -> None:
    other = arrive("client", {"legal_name": "Beta"}, source_id="B")
    merging.merge(other.pk, [firm["client"].pk], CAUSE)
    answer = caller("read").get(f"/api/v1/clients/{firm['client'].pk}")
    operation = document()["paths"]["/api/v1/clients/{id}"]["get"]
    fits("merged", answer.json(), operation, "308")


def test_a_problem_fits(client: Client, db: None) -> None:
    answer = client.get("/api/v1/clients")
    schema = {"$ref": "#/components/schemas/Problem"}
    assert validator(document(), schema).is_valid(json.loads(answer.content))
