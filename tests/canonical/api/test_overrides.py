"""Pinned values over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from canonical.models import Golden
from tests.canonical.api.conftest import Caller
from tests.factories import hub

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward(caller: Caller) -> Client:
    hub.open_hub()
    return caller("steward", "read", system="crm")


@pytest.fixture
def golden(steward: Client) -> Golden:
    return hub.client("Muster GmbH", "erp", "e1", website="https://muster.example")


def send(client: Client, method: str, golden: Golden, attribute: str, body: Any = None) -> Any:
    url = f"/api/v1/clients/{golden.pk}/overrides/{attribute}"
    golden.refresh_from_db()
    headers = {"If-Match": f'"{golden.version}"'}
    return getattr(client, method)(url, body, "application/json", headers=headers)


def test_a_pinned_value_stands_over_every_system_until_it_is_cleared(
    steward: Client, golden: Golden
) -> None:
    body = {"value": "Muster AG", "reason": "the register says so", "expires_at": "2999-01-01"}
    answer = send(steward, "put", golden, "legal_name", body)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["golden"]["legal_name"] == "Muster AG"
    assert (told["override"]["reason"], told["override"]["expires_at"]) == (
        "the register says so",
        "2999-01-01",
    )
    hub.put("erp", "client", "e1", {"legal_name": "Other GmbH"}, 2)
    assert hub.document(golden)["legal_name"] == "Muster AG"
    cleared = send(steward, "delete", golden, "legal_name", {"reason": "outdated"}).json()
    assert (cleared["golden"]["legal_name"], cleared["override"]) == ("Other GmbH", None)
    hub.assert_sound()


def test_nothing_can_be_pinned_too(steward: Client, golden: Golden) -> None:
    told = send(steward, "put", golden, "website", {"value": None, "reason": "closed"}).json()
    assert told["golden"]["website"] is None


BAD: list[tuple[str, dict[str, Any], int, str]] = [
    ("legal_name", {"value": 7, "reason": "x"}, 400, "/value"),
    ("legal_name", {"value": "x"}, 400, "/reason"),
    ("legal_name", {"reason": "x"}, 400, "/value"),
    ("legal_name", {"value": "x", "reason": "x", "expires_at": "soon"}, 400, "/expires_at"),
    ("legal_name", {"value": "x", "reason": "x", "expires_at": "2020-01-01"}, 400, "/expires_at"),
    ("currency", {"value": "XXY", "reason": "x"}, 400, "/value"),
    ("client_status", {"value": "nonsense", "reason": "x"}, 400, "/value"),
]


@pytest.mark.parametrize(("attribute", "body", "status", "pointer"), BAD)
def test_what_does_not_fit_is_named_with_its_place(
    steward: Client, golden: Golden, attribute: str, body: Any, status: int, pointer: str
) -> None:
    answer = send(steward, "put", golden, attribute, body)
    assert answer.status_code == status, answer.content
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_unknown_attributes_and_versions_are_refused(steward: Client, golden: Golden) -> None:
    body = {"value": "x", "reason": "x"}
    assert send(steward, "put", golden, "nonsense", body).status_code == 404
    assert send(steward, "delete", golden, "legal_name", {}).status_code == 404
    url = f"/api/v1/clients/{golden.pk}/overrides/legal_name"
    assert steward.put(url, body, "application/json").status_code == 428
    stale = {"If-Match": '"99"'}
    assert steward.put(url, body, "application/json", headers=stale).status_code == 412


def test_a_restricted_value_needs_the_grant(
    steward: Client, golden: Golden, caller: Caller
) -> None:
    body = {"value": [{"iban": "DE89370400440532013000"}], "reason": "x"}
    assert send(steward, "put", golden, "bank_accounts", body).status_code == 403
    granted = caller("steward", system="erp", restricted=True)
    assert send(granted, "put", golden, "bank_accounts", body).status_code == 200


def test_a_preview_tells_the_record_as_it_would_be_and_writes_nothing(
    steward: Client, golden: Golden
) -> None:
    body = {"value": "Muster AG", "preview": True}
    answer = send(steward, "put", golden, "legal_name", body)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["preview"], told["golden"]["legal_name"]) == (True, "Muster AG")
    assert (told["golden"]["version"], "ETag" in answer.headers) == (golden.version + 1, False)
    assert hub.document(golden)["legal_name"] == "Muster GmbH"
    send(steward, "put", golden, "legal_name", {"value": "Muster AG", "reason": "the register"})
    cleared = send(steward, "delete", golden, "legal_name", {"preview": True}).json()
    assert (cleared["golden"]["legal_name"], cleared["override"]) == ("Muster GmbH", None)
    assert hub.document(golden)["legal_name"] == "Muster AG"
    hub.assert_sound()
