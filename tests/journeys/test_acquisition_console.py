"""The acquisition as a person does it, in a real browser: an unknown export of a hundred rows
is recognised, rehearsed, its words explained, loaded, and taken back when it was the wrong file.
"""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from canonical.models import Golden, System
from sync.inbound import uploads
from tests.factories import hub
from tests.factories.firm import Firm, firm
from tests.mdm.console.test_browser import check, page, sign_in

__all__ = ["firm", "page"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEAD = "Kundennummer;Firma;Straße;PLZ;Ort;Land;USt-IdNr.;Webseite;Status;Geändert am\n"
KNOWN = (
    "K-1;Northwind Advisory Partners Ltd;1 Mill Lane;;Leeds;United Kingdom;;"
    "https://northwind.example;aktiv;12.03.2026 09:15\n"
)


def export(folder: Path, rows: int) -> Path:
    """An export in German, of firms that nobody here has heard of and one that is known."""
    lines = [
        f"K-{n};{name(n)} GmbH;Weg {n};{20000 + n};Kiel;Germany;;https://f{n}.example;"
        f"{'aktiv' if n % 3 else 'Interessent'};12.03.2026 09:15\n"
        for n in range(2, rows + 1)
    ]
    file = folder / "harbour.csv"
    file.write_text(HEAD + KNOWN + "".join(lines), encoding="utf-8")
    return file


def name(number: int) -> str:
    """Names unlike each other: no two of them are the same firm."""
    said = sha256(str(number).encode()).digest()
    word = "".join("bdfgklmnprstvz"[a % 14] + "aeiou"[b % 5] for a, b in pairwise(said[:7]))
    return f"{word[:6].title()} {word[6:].title()}"


def state() -> set[tuple[str, str]]:
    return set(Golden.objects.filter(state="active").values_list("code", "content_hash"))


def test_an_unknown_export_comes_in_and_goes_out_again(
    firm: Firm, page: Page, tmp_path: Path
) -> None:
    faults: dict[str, Any] = {}
    before = state()
    sign_in(page, "admin")
    file = export(tmp_path, 120)
    the_system_is_recognised(page, file, faults)
    the_file_is_rehearsed(page, file, faults)
    a_word_is_explained(page, faults)
    the_file_is_loaded_and_taken_back(page, faults, before)
    hub.assert_sound()
    assert not faults


def the_system_is_recognised(page: Page, file: Path, faults: dict[str, Any]) -> None:
    page.get_by_role("link", name="Add a system").click()
    check(page, faults)
    page.get_by_label("Name of a new one").fill("Harbour CRM")
    page.get_by_label("Or take them").set_input_files(file)
    page.get_by_role("button", name="Recognise the fields").click()
    expect(page.get_by_label("Its id in Harbour CRM")).to_have_value("Kundennummer")
    expect(page.get_by_label("legal name from")).to_have_value("Firma")
    expect(page.get_by_text("nothing fills party type")).to_be_visible()
    check(page, faults)
    page.get_by_label("party type from").fill("= organization")
    expect(page.get_by_text("nothing fills party type")).to_have_count(0)
    page.get_by_label("legal name from").fill("Firma ||")
    expect(page.get_by_text("is not JMESPath")).to_be_visible()
    page.get_by_label("legal name from").fill("Firma")
    expect(page.get_by_text("all 60 can be used")).to_be_visible()
    page.get_by_role("button", name="Put the mapping in force").click()
    expect(page.get_by_text("is in force")).to_be_visible()
    assert System.objects.get(pk="harbour_crm").order_by == "modified_at"


def the_file_is_rehearsed(page: Page, file: Path, faults: dict[str, Any]) -> None:
    check(page, faults)
    page.get_by_label(re.compile("^File")).set_input_files(file)
    page.get_by_role("button", name="Rehearse the file").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    check(page, faults)
    before = state()
    uploads.work_off()
    expect(page.get_by_role("button", name="Load all 120 rows")).to_be_visible()
    assert state() == before
    expect(page.get_by_role("heading", name="What overlaps")).to_be_visible()
    expect(page.locator("details", has_text="New 119")).to_be_visible()
    check(page, faults)


def a_word_is_explained(page: Page, faults: dict[str, Any]) -> None:
    load = page.url
    page.get_by_role("button", name="Load all 120 rows").click()
    uploads.work_off()
    expect(page.get_by_role("link", name="Take the whole load back")).to_be_visible()
    page.goto(reverse("console:vocabulary", args=["client_status"]))
    check(page, faults)
    row = page.get_by_role("row", name=re.compile("aktiv"))
    expect(row).to_contain_text("active")
    row.get_by_role("combobox").select_option("active")
    row.get_by_role("button", name="Preview").click()
    told = page.get_by_role("heading", name=re.compile("golden records will be recomputed"))
    expect(told).to_have_text("80 golden records will be recomputed")
    check(page, faults)
    page.get_by_label("Reason").fill("German for active")
    page.get_by_role("button", name="Map the word").click()
    expect(page.get_by_text("80 golden records were recomputed")).to_be_visible()
    page.goto(load)


def the_file_is_loaded_and_taken_back(
    page: Page, faults: dict[str, Any], before: set[tuple[str, str]]
) -> None:
    assert len(state()) == len(before) + 119
    page.get_by_role("link", name="Take the whole load back").click()
    expect(page.get_by_text("Nothing has been changed yet")).to_be_visible()
    check(page, faults)
    page.get_by_label("Reason").fill("it was last year's export")
    page.get_by_role("button", name="Take it back now").click()
    uploads.work_off()
    expect(page.get_by_role("button", name="Load it again")).to_be_visible()
    expect(page.get_by_role("heading", name="What was taken back")).to_be_visible()
    check(page, faults)
    assert state() == before


def test_a_list_goes_out_as_a_spreadsheet_and_comes_back_changed(
    firm: Firm, page: Page, tmp_path: Path
) -> None:
    faults: dict[str, Any] = {}
    System.objects.create(code="sheet", name="Spreadsheet", order_by="received")
    sign_in(page, "admin")
    page.goto(reverse("admin:canonical_client_changelist"))
    page.get_by_role("link", name="Export this list").click()
    check(page, faults)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    file = tmp_path / "clients.csv"
    download.value.save_as(file)
    text = file.read_text(encoding="utf-8-sig")
    file.write_text(text.replace("Quillfeather & Moss", "Quillfeather & Moss LLP"))
    page.get_by_role("link", name="Loads").click()
    check(page, faults)
    page.get_by_role("link", name="Load a file").click()
    page.get_by_label("System whose records").select_option("sheet")
    page.get_by_label(re.compile("^File")).set_input_files(file)
    page.get_by_role("button", name="Rehearse the file").click()
    uploads.work_off()
    expect(page.get_by_text("Quillfeather & Moss LLP")).to_be_attached()
    page.get_by_role("button", name=re.compile("^Load all")).click()
    uploads.work_off()
    expect(page.get_by_role("link", name="Take the whole load back")).to_be_visible()
    assert not faults
