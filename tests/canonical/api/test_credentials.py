"""Credentials over HTTP: issued with a secret shown once, rotated with an overlap, revoked."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from canonical import access
from canonical.models import AuditEntry, Credential, System
from tests.canonical.api.conftest import Caller, token

pytestmark = pytest.mark.django_db
URL = "/api/v1/credentials"


@pytest.fixture
def admin(db: None) -> Client:
    """One who reaches every system and may give everything."""
    for code in ("crm", "erp"):
        System.objects.create(code=code, name=code.upper())
    issued = access.issue_credential(
        None, ["admin", "read", "ingest"], restricted=True, every_system=True
    )
    return Client(headers={"Authorization": f"Bearer {token(issued)}"})


def post(client: Client, url: str, key: str = "", **body: Any) -> Any:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return client.post(url, body, "application/json", headers=headers)


def enters(told: Any, secret: str) -> int:
    form = {"grant_type": "client_credentials", "client_id": told["client_id"]}
    return Client().post("/oauth/token/", form | {"client_secret": secret}).status_code


def test_a_credential_is_issued_rotated_and_revoked(admin: Client) -> None:
    answer = post(admin, URL, key="one", system="erp", name="ERP feed", scopes=["ingest", "read"])
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    told = answer.json()
    first, one = told["client_secret"], f"{URL}/{told['client_id']}"
    assert enters(told, first) == 200
    assert post(admin, URL, key="one", system="erp", name="ERP feed",
                scopes=["ingest", "read"]).content == answer.content  # fmt: skip
    assert "client_secret" not in admin.get(one).json()

    second = post(admin, f"{one}/rotate-secret").json()["client_secret"]
    assert [enters(told, secret) for secret in (first, second)] == [200, 200]
    third = post(admin, f"{one}/rotate-secret", keep_hours=0).json()["client_secret"]
    assert [enters(told, secret) for secret in (first, second, third)] == [401, 401, 200]

    credential = Credential.objects.get(client_id=told["client_id"])
    bearer = token(access.IssuedCredential(credential, third))
    client = Client(headers={"Authorization": f"Bearer {bearer}"})
    assert client.get("/api/v1/clients").status_code == 200
    assert post(admin, f"{one}/revoke", reason="gone").json()["active"] is False
    assert client.get("/api/v1/clients").status_code == 401
    assert enters(told, third) == 401
    assert post(admin, f"{one}/rotate-secret").status_code == 409
    assert post(admin, f"{one}/revoke").status_code == 200
    words = AuditEntry.objects.order_by("id").values_list("subject", flat=True)
    assert [said.split()[0] for said in words] == ["issued", "rotated", "rotated", "revoked"]


def test_a_service_is_no_system(admin: Client) -> None:
    told = post(admin, URL, scopes=["read"], name="warehouse").json()
    assert (told["system"], told["name"]) == (None, "warehouse")


def test_nobody_gives_what_they_do_not_have(admin: Client, caller: Caller) -> None:
    assert post(admin, URL, system="erp", scopes=["steward"]).status_code == 403
    own = caller("admin", "read", system="crm")
    assert post(own, URL, system="crm", scopes=["ingest"]).status_code == 403
    assert post(own, URL, system="crm", scopes=["read"], restricted=True).status_code == 403
    assert post(own, URL, scopes=["read"]).status_code == 403
    assert post(own, URL, system="erp", scopes=["read"]).status_code == 404
    assert post(own, URL, system="crm", scopes=["read"]).status_code == 201


def test_who_looks_after_one_system_sees_its_credentials_alone(
    admin: Client, caller: Caller
) -> None:
    theirs = post(admin, URL, system="erp", scopes=["read"]).json()["client_id"]
    own = caller("admin", system="crm")
    assert {row["system"] for row in own.get(URL).json()["results"]} == {"crm"}
    for url in (f"{URL}/{theirs}", f"{URL}?system=erp"):
        assert own.get(url).status_code == 404
    for deed in ("rotate-secret", "revoke"):
        assert post(own, f"{URL}/{theirs}/{deed}").status_code == 404
    seen, url = [], f"{URL}?limit=1"
    while url:
        page = admin.get(url).json()
        seen += [row["client_id"] for row in page["results"]]
        url = page["next"]
    assert len(seen) == Credential.objects.count()


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({}, 400, "/scopes"),
        ({"scopes": []}, 400, "/scopes"),
        ({"scopes": ["all"]}, 400, "/scopes/0"),
        ({"scopes": ["read"], "all_systems": True}, 400, "/all_systems"),
        ({"scopes": ["read"], "system": "nowhere"}, 422, "/system"),
    ],
)
def test_what_makes_no_sense_is_refused(
    admin: Client, body: dict[str, Any], status: int, pointer: str
) -> None:
    answer = post(admin, URL, **body)
    assert answer.status_code == status, answer.content
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]
