"""The pictures of the documentation, taken from a demo hub in a real browser."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdm.demo import HOST, Demo, is_ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

Say = Callable[[str], object]
SIZE = (1360, 850)
STARTED_WITHIN = 600.0  # seconds; a busy machine loads the demo firm slowly
DELIVERED_WITHIN = 120.0
ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def running_demo() -> Iterator[dict[str, Any]]:
    """Run a demo in a folder that goes away with it; its facts."""
    with tempfile.TemporaryDirectory(prefix="assay-pictures-") as folder:
        demo = Demo(Path(folder) / "demo", _free_port(), empty=False)
        command = ["manage.py", "demo", "--dir", str(demo.folder), "--port", str(demo.port)]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=quiet, stderr=quiet)
        try:
            yield _facts(demo, process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def _facts(demo: Demo, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + STARTED_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        facts = demo.facts()
        if facts and facts["loaded"] and is_ready(demo):
            return facts
        time.sleep(1)
    raise RuntimeError("The demo did not start.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def take(facts: dict[str, Any], folder: Path, say: Say) -> None:
    """Take every picture, one after the other; each step begins where the last one ended."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(
            base_url=facts["base_url"],
            viewport={"width": SIZE[0], "height": SIZE[1]},
            reduced_motion="reduce",
        )
        _sign_in(page, facts["admin"])
        for name, step in STEPS.items():
            step(page)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / f"{name}.png")
            say(f"{name}.png")
        browser.close()


def _sign_in(page: Page, person: dict[str, str]) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill(person["username"])
    page.locator("input[name=password]").fill(person["password"])
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="My work").wait_for()


def _home(page: Page) -> None:
    page.goto("/admin/")


def _queue(page: Page) -> None:
    page.goto("/admin/worklist/?entity=client")


def _legible(page: Page) -> Any:
    """The first item in letters that every machine can draw."""
    return next(a for a in page.locator("a.open").all() if a.inner_text().isascii())


def _compare(page: Page) -> None:
    page.goto("/admin/worklist/?entity=client&kind=possible_match")
    _legible(page).click()
    page.get_by_text("As one they would say").wait_for()
    page.wait_for_load_state("networkidle")


def _evidence(page: Page) -> None:
    page.get_by_role("heading", name="Evidence").evaluate("e => e.scrollIntoView()")


def _client(page: Page) -> None:
    """Open a client that several systems know, in letters that every machine can draw."""
    page.goto("/admin/canonical/client/?known_to=billing&in_review=no&state=active")
    rows = page.locator("#result_list tbody tr").all()
    row = next(row for row in rows if row.inner_text().isascii())
    row.locator("th a").first.click()


def _golden_page(page: Page) -> None:
    _client(page)
    page.locator("table.profile summary", has_text="other").first.click()


def _decide_all(page: Page) -> None:
    """What one answer to the first three questions would do."""
    page.goto("/admin/worklist/?entity=client&kind=possible_match")
    for _ in range(3):
        page.keyboard.press("j")
        page.keyboard.press("x")
    page.keyboard.press("n")
    page.get_by_text("Nothing has been changed yet").wait_for()


def _survivor(page: Page) -> None:
    """Pick a value and look at what would follow."""
    _compare(page)
    page.locator("label.pick input").nth(1).check()
    page.get_by_text("If they were merged now").wait_for()
    page.locator("#survivor").evaluate("e => e.scrollIntoView({ block: 'center' })")


def _why(page: Page) -> None:
    page.goto("/admin/worklist/?entity=client&kind=possible_match")
    codes = page.locator("table.queue tr", has=_legible(page)).first.locator("td .quiet")
    first, second = codes.nth(1).inner_text(), codes.nth(2).inner_text()
    page.goto(f"/admin/why/?a={first}&b={second}")


def _tab(page: Page, name: str) -> None:
    _client(page)
    page.get_by_role("navigation", name="About this record").get_by_text(name).click()


def _records(page: Page) -> None:
    _tab(page, "Records")
    page.locator("summary", has_text="hang together").click()


def _timeline(page: Page) -> None:
    _tab(page, "Timeline")


def _quality(page: Page) -> None:
    """A contract, because it has most that can be at odds."""
    page.goto("/admin/canonical/contract/?state=active")
    page.locator("#result_list tbody tr th a").first.click()
    page.get_by_role("navigation", name="About this record").get_by_text("Quality").click()


def _undo_preview(page: Page) -> None:
    """Answer the first question with yes, and begin to take the answer back."""
    _compare(page)
    page.keyboard.press("m")
    page.get_by_role("link", name="Undo…").first.click()


def _deliveries(page: Page) -> None:
    _tab(page, "Deliveries")
    deadline = time.monotonic() + DELIVERED_WITHIN
    while not page.get_by_text("up to date").count() and time.monotonic() < deadline:
        page.wait_for_timeout(1000)
        page.reload()


def _vocabulary(page: Page) -> None:
    page.goto("/admin/vocabularies/client_status/")


SAMPLES = (
    "Kundennummer;Firma;Straße;PLZ;Ort;Land;USt-IdNr.;Telefon;Webseite;Status;Geändert am\n"
    "K-1;Nordlicht Beratung GmbH;Am Kai 3;20457;Hamburg;DE;DE136695976;040 1234567;"
    "nordlicht.example;Aktiv;12.03.2026 09:15\n"
    "K-2;Ostwind AG;Strandweg 1;18055;Rostock;DE;;0381 555123;ostwind.example;Interessent;"
    "13.03.2026 10:00\n"
)


def _onboarding(page: Page) -> None:
    page.goto("/admin/onboarding/")
    page.get_by_label("Name of a new one").fill("Harbour CRM")
    page.get_by_label("Paste three payloads").fill(SAMPLES)
    page.get_by_role("button", name="Recognise the fields").click()
    page.get_by_label("party type from").fill("= organization")
    page.get_by_text("nothing fills").wait_for(state="detached")


def _rehearsal(page: Page) -> None:
    """The clients that the CRM sends, as if they came from a system that nobody knew."""
    page.get_by_role("button", name="Put the mapping in force").click()
    page.get_by_text("is in force").wait_for()
    file = {"name": "harbour.csv", "mimeType": "text/csv", "buffer": _export().encode()}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Rehearse the file").click()
    page.get_by_role("heading", name="What overlaps").wait_for(timeout=120_000)


def _export() -> str:
    rows = (ROOT / "fixtures" / "demo_firm" / "data" / "crm.client.jsonl").read_text("utf-8")
    lines = [SAMPLES.splitlines()[0]]
    for number, row in enumerate(map(json.loads, rows.splitlines()), start=1):
        said = row["data"]
        names = ("Name", "BillingStreet", "BillingPostalCode", "BillingCity", "BillingCountry")
        cells = [str(said.get(name) or "").replace(";", ",") for name in names]
        cells = [" ".join(cell.split()) for cell in cells]
        vat, site = said.get("VAT_Number__c") or "", said.get("Website") or ""
        lines.append(";".join([f"K-{number}", *cells, vat, "", site, "Aktiv", "12.03.2026 09:15"]))
    return "\n".join(lines) + "\n"


def _match_quality(page: Page) -> None:
    page.goto("/admin/boards/matching/?entity=client")


def _api_docs(page: Page) -> None:
    page.goto("/api/docs/")
    page.locator(".opblock").first.wait_for()


STEPS: dict[str, Callable[[Page], None]] = {
    "home": _home,
    "queue": _queue,
    "compare": _compare,
    "evidence": _evidence,
    "survivor": _survivor,
    "decide-all": _decide_all,
    "why": _why,
    "golden-page": _golden_page,
    "records": _records,
    "timeline": _timeline,
    "quality": _quality,
    "undo-preview": _undo_preview,
    "deliveries": _deliveries,
    "vocabulary": _vocabulary,
    "onboarding": _onboarding,
    "rehearsal": _rehearsal,
    "match-quality": _match_quality,
    "api-docs": _api_docs,
}


def facts_in(folder: Path) -> dict[str, Any]:
    """The facts of a demo that is running in a folder."""
    facts: dict[str, Any] = json.loads((folder / "demo.json").read_text())
    return facts
