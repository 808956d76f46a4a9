"""Survivorship policies over HTTP: read, looked at, put in force, and back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from canonical.golden import due
from canonical.governance import policies
from canonical.models import AuditEntry, Policy, RecomputeDue
from canonical.survivorship.defaults import DEFAULT_POLICIES
from tests.canonical.api.conftest import Caller
from tests.factories import hub

pytestmark = pytest.mark.django_db
URL = "/api/v1/policies"
CLIENTS = f"{URL}/clients"
ERP_FIRST = {"trust": {"erp": 90, "crm": 10}}


@pytest.fixture
def admin(caller: Caller) -> Client:
    """One client that two systems spell otherwise, and one that a single system knows."""
    hub.open_hub()
    golden = hub.client("Ostwind Werft AG", "crm", "A-1", phone="+49 30 901820")
    data = {"legal_name": "Ostwind Werft", "phone": "+49 30 901821"}
    hub.put("erp", "client", "E-1", data, 1, same_as=golden.code)
    hub.client("Quillfeather Ltd", "crm", "A-2")
    return caller("admin", "read", system="crm")


def post(client: Client, body: Any, version: int | None = None) -> Any:
    headers = {"Idempotency-Key": str(uuid4())}
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    return client.post(CLIENTS, body, "application/json", headers=headers)


def name() -> Any:
    return hub.document(hub.home("crm", "A-1"))["legal_name"]


def test_a_preview_tells_what_changes_and_writes_nothing(admin: Client) -> None:
    told = post(admin, {"rules": ERP_FIRST, "preview": True}).json()
    assert (told["preview"], told["golden_records"], told["effect"]["compared"]) == (True, 1, 1)
    [changed] = told["effect"]["changed"]
    before, after = "Ostwind Werft AG", "Ostwind Werft"
    assert changed["values"]["legal_name"] == {"before": before, "after": after}
    assert (name(), told["policy"]["version"]) == (before, 1)
    assert Policy.objects.filter(entity="client").count() == 1
    assert not RecomputeDue.objects.exists()


def test_rules_come_in_force_records_follow_and_the_way_back_is_open(admin: Client) -> None:
    old = admin.get(CLIENTS)
    assert (old.json()["version"], old["ETag"]) == (1, '"1"')
    told = post(admin, {"rules": ERP_FIRST, "reason": "finance says so"}, 1)
    assert told.status_code == 200, told.content
    assert (told["ETag"], told.json()["golden_records"]) == ('"2"', 1)
    due.work_off()
    assert name() == "Ostwind Werft"
    assert AuditEntry.objects.get().reason == "finance says so"
    assert post(admin, {"rules": {}, "reason": "x"}, 1).status_code == 412
    again = post(admin, {"rules": ERP_FIRST, "reason": "again"}).json()
    assert (again["policy"]["version"], again["golden_records"]) == (2, 0)
    back = post(admin, {"rules": old.json()["rules"], "reason": "back"}, 2).json()
    assert back["policy"]["version"] == 3
    due.work_off()
    assert name() == "Ostwind Werft AG"
    hub.assert_sound()


def test_versions_are_listed_the_newest_first(admin: Client) -> None:
    post(admin, {"rules": ERP_FIRST, "reason": "x"})
    seen, url = [], f"{URL}?limit=1&entity=clients"
    while url:
        page = admin.get(url).json()
        seen += [(row["version"], row["in_force"]) for row in page["results"]]
        url = page["next"]
    assert seen == [(2, True), (1, False)]
    every = [row["entity"] for row in admin.get(URL).json()["results"]]
    assert every == sorted(every)
    assert set(every) == set(DEFAULT_POLICIES)


def test_the_policies_that_ship_are_without_fault() -> None:
    for entity, rules in DEFAULT_POLICIES.items():
        assert policies.faults_in(entity, rules) == []


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ([], "/rules"),
        ({"colour": 1}, "/rules/colour"),
        ({"trust": {"crm": 101}}, "/rules/trust/crm"),
        ({"trust": {"crm": True}}, "/rules/trust/crm"),
        ({"trust": []}, "/rules/trust"),
        ({"attributes": []}, "/rules/attributes"),
        ({"attributes": {"colour": {}}}, "/rules/attributes/colour"),
        ({"attributes": {"addresses.colour": {}}}, "/rules/attributes/addresses.colour"),
        ({"attributes": {"phone": 1}}, "/rules/attributes/phone"),
        ({"attributes": {"phone": {"a": 1}}}, "/rules/attributes/phone/a"),
        ({"attributes": {"phone": {"strategy": []}}}, "/rules/attributes/phone/strategy"),
        ({"attributes": {"phone": {"trust": {"x": "1"}}}}, "/rules/attributes/phone/trust/x"),
        (
            {"attributes": {"phone": {"asserts_empty": [1]}}},
            "/rules/attributes/phone/asserts_empty",
        ),
    ],
)
def test_rules_that_cannot_be_read_are_refused_at_their_place(
    admin: Client, rules: Any, pointer: str
) -> None:
    answer = post(admin, {"rules": rules, "preview": True})
    assert answer.status_code == 400, answer.content
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]


def test_who_and_what_may_be_refused(admin: Client, caller: Caller) -> None:
    assert post(admin, {"rules": {}}).status_code == 400
    assert admin.get(f"{URL}/people").status_code == 404
    steward = caller("read", "steward")
    assert steward.get(CLIENTS).status_code == 200
    assert post(steward, {"rules": {}, "preview": True}).status_code == 403


def test_restricted_values_are_masked_in_a_preview(admin: Client, caller: Caller) -> None:
    person = {"display_name": "Erika Muster", "date_of_birth": "1980-02-03"}
    code = hub.golden_of(hub.put("crm", "resource", "R-1", person, 1)).code
    hub.put("erp", "resource", "R-2", {**person, "date_of_birth": "1980-02-04"}, 1, same_as=code)
    rules = {"trust": {"crm": 90, "erp": 10}}
    body = {"rules": rules, "preview": True}
    for client, seen in ((caller("admin", restricted=True), True), (admin, False)):
        headers = {"Idempotency-Key": str(uuid4())}
        told = client.post(f"{URL}/resources", body, "application/json", headers=headers).json()
        values = [values for each in told["effect"]["changed"] for values in each["values"]]
        assert ("date_of_birth" in values) is seen
