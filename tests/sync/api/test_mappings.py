"""Mappings over HTTP: drafted, looked at, put in force, followed by what is held, and back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from canonical import access
from canonical.models import AuditEntry, SourceRecord, System
from sync.inbound import catalogue, remapping
from sync.models import Mapping
from tests.canonical.api.conftest import Caller, token
from tests.factories import hub
from tests.sync.api.source import fits

pytestmark = pytest.mark.django_db
URL = "/api/v1/mappings"
CRM = f"{URL}/crm/clients"
PLACE = f"{URL}/{{system}}/{{entity}}"
NAME = {"to": "legal_name", "from": "Name"}
SITE = {"to": "website", "from": "Site"}


@pytest.fixture
def admin(caller: Caller) -> Client:
    """The hub's administrator, and a system whose mapping leaves the website out."""
    hub.open_hub()
    catalogue.save({"system": "crm", "entity": "client", "version": 1, "rules": [NAME]}, "Ann")
    hub.put("crm", "client", "A-1", {"Name": "Ostwind Werft AG", "Site": "ostwind.example"}, 1)
    hub.put("crm", "client", "A-2", {"Firma": "Quillfeather Ltd", "Site": "q.example"}, 1)
    return caller("admin", "read")


def post(client: Client, url: str, body: Any, **headers: str) -> Any:
    keyed = {"Idempotency-Key": str(uuid4()), **headers}
    return client.post(url, body, "application/json", headers=keyed)


def website() -> Any:
    return hub.document(hub.home("crm", "A-1")).get("website")


def test_a_draft_is_recognised_and_tried_and_writes_nothing(admin: Client) -> None:
    samples = [
        {"Kundennummer": f"K-{n}", "Firma": firm, "Webseite": f"https://w{n}.example"}
        for n, firm in enumerate(["Ostwind Werft AG", "Quillfeather Ltd", "Acme GmbH"])
    ]
    answer = post(admin, f"{CRM}/draft", {"samples": samples})
    told = fits(f"{PLACE}/draft", "post", answer)
    assert told["id_column"] == "Kundennummer"
    found = {each["attribute"]: each["from"] for each in told["suggestions"]}
    assert (found["legal_name"], found["website"]) == ("Firma", "Webseite")
    assert told["trial"]["samples"][0]["values"]["legal_name"] == "Ostwind Werft AG"
    mine = {"rules": [{"to": "legal_name", "from": "Firma"}, {"to": "currency", "from": "Firma"}]}
    tried = post(admin, f"{CRM}/draft", {"samples": samples, "spec": mine}).json()["trial"]
    assert (tried["sound"], bool(tried["samples"][0]["errors"])) == (False, True)
    broken = {"rules": [{"to": "colour", "from": "Firma"}]}
    told = post(admin, f"{CRM}/draft", {"samples": samples, "spec": broken}).json()["trial"]
    assert [issue["pointer"] for issue in told["issues"]] == ["/spec/rules/0/to"]
    assert Mapping.objects.count() == 1


def test_a_preview_tells_what_becomes_of_records_held(admin: Client) -> None:
    answer = post(admin, CRM, {"spec": {"rules": [NAME, SITE]}, "preview": True})
    told = fits(PLACE, "post", answer)
    assert (told["preview"], told["mapping"]["version"]) == (True, 2)
    effect = told["effect"]
    assert (effect["records"], effect["compared"]) == (2, 2)
    assert effect["outcomes"] == {"updated": 1, "created": 1}
    [changed] = effect["changed"]
    assert changed["values"]["website"]["before"] is None
    assert "ostwind.example" in changed["values"]["website"]["after"]
    assert Mapping.objects.count() == 1
    assert website() is None
    hub.assert_sound()


def test_what_could_not_be_read_before_is_told_as_new(admin: Client) -> None:
    spec = {"rules": [{"to": "legal_name", "from": "Name || Firma"}]}
    effect = post(admin, CRM, {"spec": spec, "preview": True}).json()["effect"]
    assert effect["outcomes"] == {"unchanged": 1, "created": 1}
    assert SourceRecord.objects.get(source_id="A-2").state == "quarantined"


def test_a_mapping_comes_in_force_and_records_held_follow(admin: Client) -> None:
    body, seen = {"spec": {"rules": [NAME, SITE]}, "reason": "sites"}, {"If-Match": '"1"'}
    answer = post(admin, CRM, body, **seen)
    told = fits(PLACE, "post", answer)
    assert (answer["ETag"], told["mapping"]["behind"]) == ('"2"', True)
    assert AuditEntry.objects.get().reason == "sites"
    assert remapping.work_off() == 1
    assert "ostwind.example" in website()
    now = fits(PLACE, "get", admin.get(CRM))
    assert (now["version"], now["behind"], now["spec"]["rules"]) == (2, False, [NAME, SITE])
    assert remapping.work_off() == 0
    assert post(admin, CRM, body, **seen).status_code == 412


def test_the_way_back_is_a_new_version_with_the_old_rules(admin: Client) -> None:
    post(admin, CRM, {"spec": {"rules": [NAME, SITE]}, "reason": "sites"})
    remapping.work_off()
    ahead = post(admin, f"{CRM}/1/restore", {"preview": True}).json()
    assert [list(each["values"]) for each in ahead["effect"]["changed"]] == [["website"]]
    told = fits(
        f"{PLACE}/{{version}}/restore",
        "post",
        post(admin, f"{CRM}/1/restore", {"reason": "wrong sites"}),
    )
    assert (told["mapping"]["version"], told["mapping"]["spec"]["rules"]) == (3, [NAME])
    remapping.work_off()
    assert website() is None
    hub.assert_sound()


def test_versions_are_listed_and_read(admin: Client, caller: Caller) -> None:
    post(admin, CRM, {"spec": {"rules": [NAME, SITE]}, "reason": "sites"})
    seen, url = [], f"{URL}?limit=1&system=crm&entity=clients"
    while url:
        page = fits(URL, "get", admin.get(url))
        seen += [(row["version"], row["in_force"]) for row in page["results"]]
        url = page["next"]
    assert seen == [(2, True), (1, False)]
    first = fits(f"{PLACE}/{{version}}", "get", admin.get(f"{CRM}/1"))
    assert first["spec"]["rules"] == [NAME]
    for missing in (f"{CRM}/9", f"{CRM}/x", f"{URL}/crm/people", f"{URL}/crm/contracts"):
        assert admin.get(missing).status_code == 404, missing
    assert caller("read", system="erp").get(URL).json()["results"] == []


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"reason": "x"}, 400, "/spec"),
        ({"spec": [], "reason": "x"}, 400, "/spec"),
        ({"spec": {"rules": [NAME]}}, 400, "/reason"),
        (
            {"spec": {"rules": [{"to": "colour", "from": "C"}]}, "preview": True},
            400,
            "/spec/rules/0/to",
        ),
        (
            {"spec": {"rules": [{"to": "lei", "from": "]"}]}, "preview": True},
            400,
            "/spec/rules/0/from",
        ),
        ({"spec": {"system": "erp", "rules": [NAME]}, "preview": True}, 400, "/spec/system"),
        ({"spec": {"entity": "contract", "rules": [NAME]}, "preview": True}, 400, "/spec/entity"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_place(
    admin: Client, body: Any, status: int, pointer: str
) -> None:
    answer = post(admin, CRM, body)
    assert answer.status_code == status, answer.content
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]
    assert Mapping.objects.count() == 1


def test_a_system_that_is_new_is_made_with_its_mapping(caller: Caller, admin: Client) -> None:
    issued = access.issue_credential(None, ["admin"], every_system=True)
    every = Client(headers={"Authorization": f"Bearer {token(issued)}"})
    url, body = f"{URL}/harbour/clients", {"spec": {"rules": [NAME]}, "reason": "new"}
    assert post(every, url, body).status_code == 422
    told = post(every, url, {**body, "name": "Harbour CRM", "kind": "crm"})
    assert (told.status_code, told.json()["mapping"]["behind"]) == (200, False)
    assert System.objects.get(pk="harbour").order_by == "received"
    assert post(admin, url, body).status_code == 404
