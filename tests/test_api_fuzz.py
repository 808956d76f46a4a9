"""Generated requests to every operation: never a server error, never an undescribed answer.

`--cases` says how many in all; `manage.py fuzz` is the long form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from django.utils.timezone import now
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django.live_server_helper import LiveServer
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from canonical.access import issue_credential
from canonical.entities import schema_of
from canonical.models import System, WorkItem
from canonical.models.access import SCOPES
from tests import openapi
from tests.canonical.api.conftest import token
from tests.canonical.arrivals import arrive

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PARTS = 4  # so that worker processes share them
RECORDS = {
    "client": {"legal_name": "Acme Holdings PLC", "currency": "GBP"},
    "resource": {"display_name": "Erika Muster"},
    "contract": {"title": "Framework"},
    "engagement": {"name": "Migration"},
    "rate_card": {"name": "Standard"},
    "billing_schedule": {"currency": "EUR"},
}


@pytest.fixture
def known(transactional_db: None) -> dict[str, dict[str, str]]:
    """Path variables that lead somewhere, by the entity's path."""
    known = {}
    for entity, data in RECORDS.items():
        golden = arrive(entity, data, source_id="A-1")
        path = schema_of(entity).path
        known[path] = {"system": "crm", "entity": path, "source_id": "A-1", "id": golden.code}
    known["vocabularies"] = {
        "name": "client_status",
        "system": "crm",
        "value": "Prospekt",
        "code": "active",
    }
    known["mappings"] = {"system": "crm", "entity": "clients", "version": "1"}
    known["exchange-rates"] = {"from_currency": "USD", "to_currency": "EUR", "day": "2026-03-31"}
    known["policies"] = {"entity": "clients"}
    item = WorkItem.objects.create(kind="version_conflict", subject="x", title="x", opened_at=now())
    known["work-items"] = {"id": str(item.pk)}
    return known


@pytest.fixture
def headers(transactional_db: None) -> dict[str, str]:
    """A caller who may do everything."""
    System.objects.get_or_create(code="crm", defaults={"name": "CRM"})
    issued = issue_credential(None, SCOPES, restricted=True, every_system=True)
    return {"Authorization": f"Bearer {token(issued)}"}


def operations(base_url: str, part: int) -> Iterator[Any]:
    """Every fourth operation of the API."""
    schema = schemathesis.openapi.from_dict(openapi.document())
    schema.config.update(base_url=base_url)
    for place, found in enumerate(schema.get_all_operations()):
        assert isinstance(found, Ok), found
        if place % PARTS == part and found.ok().path.startswith("/api/"):
            yield found.ok()


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_sent_is_answered_as_described(
    live_server: LiveServer,
    known: dict[str, dict[str, str]],
    headers: dict[str, str],
    part: int,
    request: pytest.FixtureRequest,
) -> None:
    cases = request.config.getoption("--cases")
    tried = list(operations(live_server.url, part))
    examples = max(1, cases // PARTS // len(tried))
    failures = [
        f"{operation.label}: {failure}"
        for operation in tried
        if (failure := fuzz(operation, known, headers, examples))
    ]
    assert not failures, "\n".join(failures)


def fuzz(operation: Any, known: dict[str, Any], headers: dict[str, str], examples: int) -> str:
    """What went wrong, in words; empty if nothing did."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), leads=st.sampled_from(["", *known]))
    def send(case: Any, leads: str) -> None:
        place_in_path = next((path for path in known if f"/{path}" in operation.path), leads)
        if leads and case.path_parameters:
            there = known[place_in_path]
            case.path_parameters |= {n: there[n] for n in case.path_parameters if n in there}
        fresh = {"Idempotency-Key": str(uuid4())} if leads else {}
        case.call_and_validate(headers=headers | fresh, checks=CHECKS)

    try:
        send()
    except (Exception, BaseExceptionGroup) as error:  # every failure of every operation is told
        return "; ".join(str(each) for each in getattr(error, "exceptions", [error]))
    return ""
