"""The wizard and the loads, page by page: who may, what is told, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from canonical.models import Golden, System
from sync.inbound import catalogue, uploads
from sync.models import Upload, UploadState
from tests.factories.firm import Firm, SignIn

pytestmark = pytest.mark.django_db
HEAD = "Kundennummer;Firma;Ort;Land;Webseite;Status\n"
ROWS = (
    "K1;Northwind Advisory Partners Ltd;Leeds;United Kingdom;northwind.example;aktiv\n"
    "K2;Ostwind Beratung AG;Rostock;Germany;ow.example;aktiv\n"
    "K3;Quill Ltd;York;United Kingdom;quill.example;warm\n"
)
SYSTEM = {"name": "Harbour CRM", "kind": "crm", "entity": "client", "samples": HEAD + ROWS}


def send(browser: Browser, address: str, /, *args: Any, **form: Any) -> Any:
    return browser.post(reverse(f"console:{address}", args=args), form, follow=True)


def mapping_form(browser: Browser, **changes: str) -> dict[str, str]:
    """What the mapping page's form holds as it opens."""
    context = browser.get(reverse("console:mapping")).context
    form = {"id_column": context["draft"].id_column, "modified_at": context["draft"].modified_at}
    for _, rows, _ in context["sections"]:
        for row in rows:
            form[f"from:{row.path}"] = row.source
            form[f"way:{row.path}"] = row.options[0][0]
    return {**form, **changes}


def set_up(browser: Browser) -> None:
    send(browser, "onboarding", **SYSTEM)
    form = mapping_form(browser, **{"from:party_type": "= organization"})
    answer = send(browser, "mapping", **form, act="save")
    assert "is in force" in answer.content.decode()


def bring(browser: Browser, text: str = HEAD + ROWS) -> Upload:
    file = SimpleUploadedFile("export.csv", text.encode())
    send(browser, "new_load", system="harbour_crm", entity="client", id_column="Kundennummer",
         file=file)  # fmt: skip
    return Upload.objects.latest("uploaded_at")


def test_the_wizard_recognises_tries_and_sets_up(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("admin")
    text = send(browser, "onboarding", **SYSTEM).content.decode()
    for said in ("Firma", "Webseite", "all 3 can be used", "nothing fills party type"):
        assert said in text
    assert not System.objects.filter(pk="harbour_crm").exists()
    form = mapping_form(browser, **{"from:party_type": "= organization"})
    fragment = browser.post(reverse("console:mapping"), form, headers={"X-Fragment": "1"})
    assert "<html" not in fragment.content.decode()
    assert "organization" in fragment.content.decode()
    wrong = {**form, "from:legal_name": "Firma ||"}
    assert "is not JMESPath" in send(browser, "mapping", **wrong).content.decode()
    answer = send(browser, "mapping", **form, act="save")
    assert answer.request["PATH_INFO"] == reverse("console:new_load")
    mapping = catalogue.active("harbour_crm", "client")
    assert mapping is not None
    assert {"legal_name", "party_type", "website", "addresses"} <= set(mapping.targets)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"samples": ""}, "Paste three sample payloads"),
        ({"samples": '{"a": '}, "at line 1"),
        ({"name": ""}, "needs a name"),
        ({"entity": "nothing"}, "Choose what the system sends"),
        ({"code": "no good"}, "short code"),
    ],
)
def test_samples_that_cannot_be_used_are_said(
    sign_in: SignIn, change: dict[str, str], said: str
) -> None:
    answer = send(sign_in("admin"), "onboarding", **{**SYSTEM, **change})
    assert said in answer.content.decode()


def test_a_mapping_needs_an_id_and_something_that_identifies(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("admin")
    send(browser, "onboarding", **SYSTEM)
    form = mapping_form(browser)
    text = send(browser, "mapping", **{**form, "id_column": ""}, act="save").content.decode()
    assert "own id of a record" in text
    empty = {name: "" for name in form if name.startswith("from:")}
    text = send(browser, "mapping", **{**form, **empty}, act="save").content.decode()
    assert "cannot be used yet" in text
    assert not System.objects.filter(pk="harbour_crm").exists()


def test_a_file_is_rehearsed_loaded_and_taken_back(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("admin")
    set_up(browser)
    before = set(Golden.objects.filter(state="active").values_list("code", "content_hash"))
    upload = bring(browser)
    page = reverse("console:load", args=[upload.pk])
    assert "data-working" in browser.get(page).content.decode()
    uploads.work_off()
    text = browser.get(page).content.decode()
    for said in ("rehearsed", "New", "Matching", "aktiv", firm.acme.code):
        assert said in text
    send(browser, "load_step", upload.pk, wish="loading")
    uploads.work_off()
    assert Golden.objects.filter(state="active").count() == len(before) + 2
    text = browser.get(reverse("console:withdraw", args=[upload.pk])).content.decode()
    assert "Nothing has been changed yet" in text
    answer = send(browser, "withdraw", upload.pk, back=page)
    assert "Say why" in answer.content.decode()
    send(browser, "withdraw", upload.pk, reason="the wrong year")
    uploads.work_off()
    text = browser.get(page).content.decode()
    assert "the wrong year" in text
    assert set(Golden.objects.filter(state="active").values_list("code", "content_hash")) == before


def test_a_step_twice_is_refused_in_words(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("admin")
    set_up(browser)
    upload = bring(browser)
    page = reverse("console:load", args=[upload.pk])
    answer = send(browser, "load_step", upload.pk, wish="loading", back=page)
    assert "is being rehearsed" in answer.content.decode()
    upload.refresh_from_db()
    assert upload.state == UploadState.REHEARSING


@pytest.mark.parametrize("name", ["x.pdf", "x.csv"])
def test_a_file_that_cannot_be_read_is_refused(firm: Firm, sign_in: SignIn, name: str) -> None:
    browser = sign_in("integrator")
    file = SimpleUploadedFile(name, b"\xff\xfe nothing")
    answer = send(browser, "new_load", system="crm", entity="client", id_column="id", file=file)
    assert name in answer.content.decode()
    assert not Upload.objects.exists()


def test_who_may(firm: Firm, sign_in: SignIn) -> None:
    allowed = {"loads": {"integrator", "admin"}, "onboarding": {"admin"}}
    for group in ("steward", "finance", "integrator", "auditor", "admin"):
        browser = sign_in(group)
        for name, groups in allowed.items():
            status = browser.get(reverse(f"console:{name}")).status_code
            assert status == (200 if group in groups else 403), (group, name)


def test_pages_ask_as_much_for_many_rows_as_for_few(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("admin")
    set_up(browser)

    def asked(upload: Upload) -> list[int]:
        counts = []
        for address in (
            reverse("console:loads"),
            reverse("console:load", args=[upload.pk]),
            reverse("console:onboarding"),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(address).status_code == 200
            counts.append(len(queries))
        return counts

    few = bring(browser)
    uploads.work_off()
    first = asked(few)
    many = "".join(f"M{n};Firm number {n} AG;Kiel;Germany;f{n}.example;w{n}\n" for n in range(40))
    upload = bring(browser, HEAD + many)
    uploads.work_off()
    assert asked(upload) == first
    assert json.dumps(upload.report) != ""
