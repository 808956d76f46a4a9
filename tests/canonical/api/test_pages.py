"""The documentation pages in a browser: they work under their policy and call nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer


@pytest.fixture
def page(live_server: LiveServer) -> Iterator[Page]:
    """Opened after the database and closed before it: Playwright's loop may not span Django."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        # What is far below the window is not drawn before one scrolls there.
        yield browser.new_page(viewport={"width": 1200, "height": 4000})
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "shown"), [("/api/docs/", ".opblock"), ("/api/redoc/", "[data-section-id]")]
)
def test_the_documentation_is_drawn_and_calls_nobody(
    live_server: LiveServer, page: Page, path: str, shown: str
) -> None:
    got: list[str] = []
    page.on("requestfinished", lambda request: got.append(request.url))
    page.goto(live_server.url + path)
    page.locator(shown).nth(20).wait_for()
    assert all(url.startswith((live_server.url, "blob:", "data:")) for url in got)
