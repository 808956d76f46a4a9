"""Terms and exchange rates over HTTP, as administrators add and change them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from canonical.models import AuditEntry, ExchangeRate, LegalEntity, PaymentTerm, Term
from tests.canonical.api.conftest import Caller
from tests.factories import hub

pytestmark = pytest.mark.django_db
URL = "/api/v1/vocabularies"
RATES = "/api/v1/exchange-rates"


@pytest.fixture
def admin(caller: Caller) -> Client:
    hub.open_hub()
    return caller("admin", "read")


def put(client: Client, url: str, **body: Any) -> Any:
    return client.put(url, body, "application/json")


def test_a_term_is_added_changed_and_made_inactive(admin: Client) -> None:
    url = f"{URL}/practice/terms/tax"
    answer = put(admin, url, label="Tax", reason="new")
    assert answer.status_code == 201, answer.content
    assert put(admin, url, position=3, reason="order").json()["term"]["label"] == "Tax"
    hub.put("crm", "engagement", "P-1", {"name": "Audit", "practice": "tax"}, 1)
    ahead = put(admin, url, active=False, preview=True).json()
    assert (ahead["term"]["active"], ahead["golden_records"]) == (False, 1)
    assert Term.objects.get(vocabulary="practice", code="tax").active
    assert put(admin, url, active=False, reason="closed").json()["golden_records"] == 1
    assert not Term.objects.get(vocabulary="practice", code="tax").active
    reasons = AuditEntry.objects.order_by("id").values_list("reason", flat=True)
    assert list(reasons) == ["new", "order", "closed"]


def test_typed_terms_come_with_their_details(admin: Client) -> None:
    firm = {"name": "Halden GmbH", "country": "DE", "currency": "EUR", "time_zone": "Europe/Berlin"}
    told = put(admin, f"{URL}/legal_entity/terms/DE01", details=firm, reason="new").json()
    assert told["term"]["details"] == {**firm, "tax_ids": []}
    assert LegalEntity.objects.get().time_zone == "Europe/Berlin"
    days = {"net_days": 30, "discount_pct": "2.5", "discount_days": 10}
    url = f"{URL}/payment_terms/terms/n30"
    assert put(admin, url, details=days, reason="new").status_code == 201
    assert put(admin, url, details={"net_days": 14}, reason="now").status_code == 200
    assert (PaymentTerm.objects.get().net_days, PaymentTerm.objects.get().discount_days) == (
        14,
        None,
    )


@pytest.mark.parametrize(
    ("place", "body", "status", "pointer"),
    [
        ("practice/terms/tax", {"label": "Tax"}, 400, "/reason"),
        ("practice/terms/%20tax", {"reason": "x"}, 400, ""),
        (f"practice/terms/{'x' * 61}", {"reason": "x"}, 400, ""),
        ("nonsense/terms/tax", {"reason": "x"}, 404, None),
        ("client_status/terms/lukewarm", {"reason": "x"}, 422, None),
        ("practice/terms/tax", {"details": {}, "reason": "x"}, 422, "/details"),
        ("payment_terms/terms/n", {"details": {}, "reason": "x"}, 400, "/details/net_days"),
        (
            "payment_terms/terms/n",
            {"details": {"net_days": 1, "discount_pct": "NaN"}, "reason": "x"},
            400,
            "/details/discount_pct",
        ),
        (
            "legal_entity/terms/n",
            {"details": {"name": "x", "country": "de", "currency": "EUR"}, "reason": "x"},
            400,
            "/details/country",
        ),
        (
            "legal_entity/terms/n",
            {
                "details": {"name": "x", "country": "DE", "currency": "EUR", "time_zone": "Mars"},
                "reason": "x",
            },
            400,
            "/details/time_zone",
        ),
    ],
)
def test_a_term_that_makes_no_sense_is_refused(
    admin: Client, place: str, body: Any, status: int, pointer: str | None
) -> None:
    answer = put(admin, f"{URL}/{place}", **body)
    assert answer.status_code == status, answer.content
    assert pointer in [None, *(each["pointer"] for each in answer.json()["errors"])]


def test_rates_are_set_corrected_and_listed(admin: Client) -> None:
    assert put(admin, f"{RATES}/USD/EUR/2026-03-31", rate="0.9215").status_code == 201
    assert put(admin, f"{RATES}/USD/EUR/2026-03-31", rate=0.93, reason="typo").status_code == 200
    assert put(admin, f"{RATES}/GBP/EUR/2026-03-31", rate="1.2").status_code == 201
    assert put(admin, f"{RATES}/USD/EUR/2026-03-30", rate=100).json()["rate"] == "100"
    seen, url = [], f"{RATES}?limit=1"
    while url:
        page = admin.get(url).json()
        seen += [(row["from"], row["day"], row["rate"]) for row in page["results"]]
        url = page["next"]
    assert seen == [
        ("GBP", "2026-03-31", "1.2"),
        ("USD", "2026-03-31", "0.93"),
        ("USD", "2026-03-30", "100"),
    ]
    [only] = admin.get(RATES, {"from": "USD", "day": "2026-03-31"}).json()["results"]
    assert only["rate"] == "0.93"
    assert admin.get(RATES, {"day": "soon"}).status_code == 400


@pytest.mark.parametrize(
    ("place", "rate", "status"),
    [
        ("USD/EUR/2026-03-31", 0, 400),
        ("USD/EUR/2026-03-31", "1.1234567", 400),
        ("USD/EUR/2026-03-31", True, 400),
        ("USD/EUR/2026-03-31", "1e400", 400),
        ("USD/USD/2026-03-31", 1, 404),
        ("usd/EUR/2026-03-31", 1, 404),
        ("USD/EUR/2026-02-30", 1, 404),
    ],
)
def test_a_rate_that_makes_no_sense_is_refused(
    admin: Client, place: str, rate: Any, status: int
) -> None:
    assert put(admin, f"{RATES}/{place}", rate=rate).status_code == status
    assert not ExchangeRate.objects.exists()
