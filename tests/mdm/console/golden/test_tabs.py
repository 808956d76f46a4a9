"""The tabs of a golden record's page: timeline, quality, hierarchy, versions, the bridge."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from canonical.models import Golden
from tests.factories.firm import Firm, SignIn, send

pytestmark = pytest.mark.django_db


def tab(browser: Browser, golden: Golden, name: str, **query: Any) -> str:
    address = reverse("admin:canonical_golden_change", args=[golden.pk])
    answer = browser.get(address, {"tab": name, **query})
    assert answer.status_code == 200
    return answer.content.decode()


def pin(browser: Browser, golden: Golden, path: str, value: str) -> None:
    form = {"path": path, "value": value, "reason": "as the register says"}
    browser.post(reverse("console:pin", args=[golden.pk]), form)
    golden.refresh_from_db()


def test_the_timeline_has_lanes_and_shows_any_version(firm: Firm, sign_in: SignIn) -> None:
    browser, acme = sign_in("steward"), firm.acme
    pin(browser, acme, "legal_name", "Northwind plc")
    text = tab(browser, acme, "timeline")
    for words in (
        f"As of version <output>{acme.version}</output>",
        "crm/A-1 said something new",
        "pinned or unpinned a value",
        "as the register says",
        "Before and after",
    ):
        assert words in text
    first = tab(browser, acme, "timeline", version=1)
    assert "Version 1: created" in first
    assert "Northwind plc" not in first.split('id="then"')[1]
    assert f"Version {acme.version}:" in tab(browser, acme, "timeline", version="9" * 9)
    assert "Version 1:" in tab(browser, acme, "timeline", version="0")


def test_any_two_versions_are_compared(firm: Firm, sign_in: SignIn) -> None:
    browser, acme = sign_in("steward"), firm.acme
    for name in ("Northwind plc", "Northwind Group"):
        pin(browser, acme, "legal_name", name)
    text = tab(browser, acme, "history", **{"from": acme.version, "to": acme.version - 2})
    between = text.split('id="between"')[1].split("</section>")[0]
    assert "Northwind Advisory Partners Ltd" in between
    assert "Northwind Group" in between
    assert "Northwind plc" not in between
    for bad in ("0", "x", "99"):
        assert 'id="between"' not in tab(browser, acme, "history", **{"from": bad, "to": "1"})


def test_quality_tells_where_and_what(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("auditor")
    duns = send("crm", "client", "A-6", legal_name="Ninefold", duns="12", client_status="luke-warm")
    assert duns.golden
    golden = Golden.objects.get(pk=duns.golden.pk)
    text = tab(browser, golden, "quality")
    for words in (
        "A D-U-N-S number has nine digits.",
        "It is mandatory and missing.",
        "No crosswalk row explains “luke-warm”.",
        "crm/A-6",
    ):
        assert words in text
    waits: dict[str, Any] = {"client": {"system": "crm", "source_id": "A-66"}}
    project = send("psa", "engagement", "J-6", name="Tax 2026", **waits)
    assert project.golden
    text = tab(browser, Golden.objects.get(pk=project.golden.pk), "quality")
    assert "Waits for crm/A-66." in text


def test_the_family_is_drawn_from_the_top(firm: Firm, sign_in: SignIn) -> None:
    browser = sign_in("auditor")
    parent = {"system": "crm", "source_id": "A-1"}
    for number, above in ((1, parent), (2, {"system": "crm", "source_id": "K-1"})):
        made = send(
            "crm", "client", f"K-{number}", legal_name=f"Kestrel {number * 7}", parent=above
        )
    assert made.golden
    lowest = Golden.objects.get(pk=made.golden.pk)
    text = tab(browser, lowest, "relations").split("Hierarchy")[1].split("</section>")[0]
    assert text.index(firm.acme.code) < text.index("Kestrel 7") < text.index("Kestrel 14")
    assert "Hierarchy" not in tab(browser, firm.twin, "relations")


def test_the_records_hang_together_by_their_weakest_bridge(firm: Firm, sign_in: SignIn) -> None:
    text = tab(sign_in("auditor"), firm.acme, "records")
    assert "Weakest bridge: crm/A-1 to the rest" in text or "erp/E-1 to the rest" in text
    assert text.count("<circle") == 2
    assert "Weakest bridge" not in tab(sign_in("finance"), firm.twin, "records")
