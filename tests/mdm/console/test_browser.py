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

from canonical.models import Merge, User
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
    """Note what axe finds serious on the page as it stands."""
    page.wait_for_load_state()
    page.locator("#main").wait_for()
    found = Axe().run(page, context="#main").response["violations"]
    for fault in found:
        if fault["impact"] in SERIOUS:
            faults[f"{page.url} {fault['id']}"] = [node["html"] for node in fault["nodes"]][:3]


def test_a_review_is_worked_by_keyboard_and_its_merge_undone(firm: Firm, page: Page) -> None:
    faults: dict[str, Any] = {}
    sign_in(page, "steward")
    check(page, faults)
    page.goto(reverse("console:queue", query={"kind": "possible_match"}))
    check(page, faults)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_text("As one they would say")).to_be_visible()
    check(page, faults)
    page.keyboard.press("m")
    expect(page.get_by_text(f"{firm.twin.code} is merged into {firm.acme.code}")).to_be_visible()
    page.get_by_role("link", name="Undo…").click()
    expect(page.get_by_text("Nothing has been changed yet")).to_be_visible()
    check(page, faults)
    page.get_by_label("Reason").fill("two firms after all")
    page.get_by_role("button", name="Undo now").click()
    expect(page.get_by_text("The merge is undone")).to_be_visible()
    assert Merge.objects.get().undo_reason == "two firms after all"
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
    for tab in ("Relations", "Deliveries", "History"):
        tabs.get_by_role("link", name=tab).click()
        expect(page).to_have_url(re.compile(f"tab={tab.lower()}"))
        check(page, faults)
    expect(page.get_by_text("as registered")).to_be_visible()
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
