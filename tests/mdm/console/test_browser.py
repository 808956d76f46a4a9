"""A steward at work in a real browser: keyboard, previews, the way back; axe minds nothing."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from canonical.entities import Client
from canonical.models import Merge, User, WorkItem
from tests.factories.firm import Firm

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long pass phrase"
SERIOUS = {"serious", "critical"}


@pytest.fixture
def page(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A page that fails the test when the browser refuses or misses anything."""
    # The driver keeps an event loop in this thread; the test's own queries are not in it.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    complaints: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(base_url=live_server.url, reduced_motion="reduce")
        page.set_default_timeout(20_000)
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
    assert not complaints


def sign_in(page: Page, group: str) -> None:
    user = User.objects.create_user("sam", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    page.goto("/admin/")
    page.get_by_label("Username").fill("sam")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="My work")).to_be_visible()


def check(page: Page, faults: dict[str, Any]) -> None:
    """Note what axe finds serious on the page as it stands, in the light and in the dark."""
    page.wait_for_load_state()
    page.locator("#main").wait_for()
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, context="#main").response["violations"]
        for fault in found:
            if fault["impact"] in SERIOUS:
                where = f"{page.url} {scheme} {fault['id']}"
                faults[where] = [node["html"] for node in fault["nodes"]][:3]


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def test_the_worklist_is_worked_with_the_keyboard_alone(firm: Firm, page: Page) -> None:
    faults: dict[str, Any] = {}
    sign_in(page, "steward")
    check(page, faults)
    page.goto(reverse("console:queue"))
    check(page, faults)
    press(page, "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press(page, "Escape j j j k")
    expect(page.locator("tr.at a.open")).to_be_focused()
    page.goto(reverse("console:queue", query={"kind": "possible_match"}))
    press(page, "j a")
    expect(page.get_by_text("1 item assigned to you.")).to_be_visible()
    press(page, "j x s")
    expect(page.get_by_text("1 item put off for a week.")).to_be_visible()
    WorkItem.objects.update(snoozed_until=None)
    page.goto(reverse("console:queue", query={"kind": "possible_match"}))
    press(page, "j m")
    expect(page.get_by_text("Nothing has been changed yet")).to_be_visible()
    expect(page.get_by_label("Reason")).to_be_focused()
    check(page, faults)
    page.get_by_label("Reason").focus()
    page.keyboard.type("one firm")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 item answered.")).to_be_visible()
    page.goto(reverse("console:queue"))
    press(page, "u")
    expect(page.get_by_role("heading", name="Undo", exact=True)).to_be_visible()
    check(page, faults)
    page.get_by_label("Reason").focus()
    page.keyboard.type("two firms after all")
    press(page, "Tab Enter")
    expect(page.get_by_text("The merge is undone")).to_be_visible()
    assert Merge.objects.get().undo_reason == "two firms after all"
    assert not faults


def test_a_question_is_looked_at_explained_and_answered_with_a_pick(firm: Firm, page: Page) -> None:
    faults: dict[str, Any] = {}
    sign_in(page, "steward")
    page.goto(reverse("console:queue", query={"kind": "possible_match"}))
    press(page, "j e")
    expect(page.get_by_role("heading", name="Evidence")).to_be_in_viewport()
    check(page, faults)
    press(page, "u")
    expect(page.get_by_role("heading", name="Worklist").first).to_be_visible()
    page.wait_for_url(re.compile("worklist/$"))
    page.goto(reverse("console:queue", query={"kind": "possible_match"}))
    press(page, "j Enter")
    page.get_by_label("Legal name: take this value").nth(1).check()
    survivor = page.locator("#survivor")
    expect(survivor).to_contain_text("pinned by you: Legal name")
    expect(survivor).to_contain_text("What each target will be told")
    expect(page.locator('[data-result="legal_name"]')).to_have_text("Northwind Advisory")
    check(page, faults)
    press(page, "m")
    expect(page.get_by_text(f"{firm.twin.code} is merged into {firm.acme.code}")).to_be_visible()
    page.goto(reverse("console:why"))
    page.get_by_label("One record").fill("crm/A-1")
    page.get_by_label("And another").fill("psa/P-1")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"They are one golden record, {firm.acme.code}")).to_be_visible()
    check(page, faults)
    page.goto(reverse("admin:canonical_golden_change", args=[firm.acme.pk]) + "?tab=merges")
    check(page, faults)
    page.get_by_label(f"Choose the merge of {firm.twin.code}").check()
    page.get_by_role("button", name="Undo the chosen").click()
    page.get_by_label("Reason").fill("two firms after all")
    page.get_by_role("button", name="Undo 1 merge now").click()
    expect(page.get_by_text("all are kept apart from now on")).to_be_visible()
    assert not faults


def test_chosen_records_are_compared_and_merged(firm: Firm, page: Page) -> None:
    faults: dict[str, Any] = {}
    sign_in(page, "steward")
    ids = [str(firm.acme.pk), str(firm.twin.pk)]
    page.goto(reverse("console:compare", query={"golden": ids}))
    row = page.get_by_role("row", name=re.compile("^Legal name"))
    row.get_by_text("type another").click()
    row.get_by_label("Legal name: another value").fill("Northwind Group")
    page.keyboard.press("Tab")
    expect(page.locator('[data-result="legal_name"]')).to_have_text("Northwind Group")
    check(page, faults)
    page.get_by_label("Reason").fill("one firm")
    page.get_by_role("button", name="Preview the merge").click()
    expect(page.get_by_text("golden records will change")).to_be_visible()
    check(page, faults)
    page.get_by_role("button", name="Merge now").click()
    expect(page.get_by_role("heading", name="Merged into it")).to_be_visible()
    assert Client.objects.get(pk=firm.acme.pk).legal_name == "Northwind Group"
    assert not faults


def test_a_golden_record_tells_its_story_and_is_split(firm: Firm, page: Page) -> None:
    faults: dict[str, Any] = {}
    sign_in(page, "steward")
    page.goto(reverse("admin:canonical_client_changelist"))
    page.get_by_role("link", name=firm.acme.code).first.click()
    row = page.get_by_role("row", name=re.compile("^Legal name")).first
    row.get_by_text("1 other").click()
    expect(row.get_by_text("Northwind Advisory Partners Limited")).to_be_visible()
    row.get_by_role("link", name="Pin this").click()
    expect(page.get_by_role("textbox", name="Value")).to_have_value(
        "Northwind Advisory Partners Limited"
    )
    check(page, faults)
    page.get_by_label("Reason", exact=True).fill("as registered")
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.get_by_text("legal_name is pinned.")).to_be_visible()
    tabs = page.get_by_role("navigation", name="About this record")
    for tab in ("Relations", "Timeline", "Quality", "Deliveries", "History"):
        tabs.get_by_role("link", name=tab).click()
        expect(page).to_have_url(re.compile(f"tab={tab.lower()}"))
        check(page, faults)
    expect(page.get_by_text("as registered")).to_be_visible()
    tabs.get_by_role("link", name="Timeline").click()
    slider = page.get_by_label("As of version")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("heading", name="Version 1: created")).to_be_visible()
    tabs.get_by_role("link", name="Records").click()
    expect(page).to_have_url(re.compile("tab=records"))
    check(page, faults)
    page.get_by_label("Split off erp/E-1").check()
    page.get_by_role("button", name="Preview the split").click()
    expect(page.get_by_text("2 golden records will change")).to_be_visible()
    page.get_by_label("Reason").fill("another firm")
    page.get_by_role("button", name="Split now").click()
    expect(page.get_by_text("1 source record split off.")).to_be_visible()
    assert not faults
