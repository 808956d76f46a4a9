"""Value at risk: what is still to be invoiced of all that hangs on a record."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from canonical.governance import lateness, value
from canonical.models import ExchangeRate, Golden, SourceRecord, System, WorkItem
from tests.factories.firm import Firm, firm, send

__all__ = ["firm"]
pytestmark = pytest.mark.django_db
CLIENT = {"system": "crm", "source_id": "A-1"}


def contract(source_id: str, amount: str, currency: str = "EUR", **more: Any) -> Golden:
    said = {"client": CLIENT, "total_value": {"amount": amount, "currency": currency}, **more}
    title = f"Work {source_id}"
    answer = send("erp", "contract", source_id, contract_number=source_id, title=title, **said)
    assert answer.golden
    return Golden.objects.get(pk=answer.golden.pk)


def schedule(source_id: str, of: str, *items: dict[str, Any], **more: Any) -> Golden:
    said = {
        "currency": "EUR",
        "contract": {"system": "erp", "source_id": of},
        "bill_to_client": CLIENT,
        "total_amount": {"amount": "1000", "currency": "EUR"},
        "items": list(items),
        **more,
    }
    answer = send("billing", "billing_schedule", source_id, name=f"Plan {source_id}", **said)
    assert answer.golden
    return Golden.objects.get(pk=answer.golden.pk)


@pytest.fixture(autouse=True)
def _billing(firm: Firm) -> None:
    System.objects.create(code="billing", name="Billing")


def worth(golden: Golden) -> Decimal:
    return value.at_risk([golden.pk])[golden.pk]


def test_a_contract_without_a_schedule_is_at_risk_whole(firm: Firm) -> None:
    assert worth(firm.acme) == 0
    assert worth(contract("C-1", "500")) == 500
    assert worth(firm.acme) == 500


def test_what_was_invoiced_or_cancelled_is_at_risk_no_more(firm: Firm) -> None:
    agreed = contract("C-1", "5000")
    plan = schedule(
        "B-1", "C-1",
        {"item_no": "1", "amount": "300", "item_status": "invoiced"},
        {"item_no": "2", "amount": "200", "item_status": "cancelled"},
        {"item_no": "3", "amount": "150", "item_status": "not_ready"},
        {"item_no": "4", "percent": "10"},
    )  # fmt: skip
    assert [worth(plan), worth(agreed), worth(firm.acme)] == [250, 250, 250]


def test_other_currencies_count_by_the_newest_rate_either_way_or_not_at_all(firm: Firm) -> None:
    contract("C-1", "100", "GBP")
    contract("C-2", "100", "USD")
    contract("C-3", "100", "CHF")
    for base, quoted, day, rate in (
        ("GBP", "EUR", date(2026, 1, 1), "9"),
        ("GBP", "EUR", date(2026, 2, 1), "1.2"),
        ("EUR", "USD", date(2026, 2, 1), "1.25"),
    ):
        ExchangeRate.objects.create(from_currency=base, to_currency=quoted, day=day, rate=rate)
    assert worth(firm.acme) == 120 + 80


def test_an_engagement_carries_its_contract_lines_until_a_schedule_names_it(firm: Firm) -> None:
    project = {"system": "psa", "source_id": "J-1"}
    contract(
        "C-1", "900", currency="EUR",
        lines=[
            {"line_no": "1", "engagement": project, "amount": "400"},
            {"line_no": "2", "amount": "500"},
        ],
    )  # fmt: skip
    assert worth(firm.engagement) == 400
    schedule("B-1", "C-1", {"item_no": "1", "amount": "70"}, engagement=project)
    assert worth(firm.engagement) == 70


def test_items_are_valued_once_and_again_when_something_changes(firm: Firm) -> None:
    assert value.revalue() == WorkItem.objects.filter(state="open").count()
    WorkItem.objects.update(valued_at=timezone.now() + timedelta(minutes=10))
    assert value.revalue() == 0
    WorkItem.objects.update(valued_at=timezone.now() - timedelta(minutes=5))
    Golden.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    assert value.revalue() == 0
    contract("C-1", "700")
    assert value.revalue() >= 1
    item = WorkItem.objects.get(kind="possible_match")
    assert item.value_at_risk == 700
    WorkItem.objects.update(valued_at=timezone.now() - timedelta(days=2))
    assert value.revalue() == WorkItem.objects.filter(state="open").count()


def test_an_unmapped_word_weighs_what_its_sayers_weigh(firm: Firm) -> None:
    contract("C-1", "300", client={"system": "crm", "source_id": "A-2"})
    value.revalue()
    assert WorkItem.objects.get(subject__endswith="luke-warm").value_at_risk == 300


def test_a_reference_that_waits_too_long_is_told_once_and_closed_when_it_comes(firm: Firm) -> None:
    missing = {"system": "crm", "source_id": "A-77"}
    answer = send("psa", "engagement", "J-7", name="Tax 2026", client=missing)
    assert lateness.look() == 0
    SourceRecord.objects.update(received_at=timezone.now() - timedelta(days=2))
    assert [lateness.look(), lateness.look()] == [1, 0]
    item = WorkItem.objects.get(kind="pending_reference")
    assert item.title == "Waits for client: crm/A-77"
    assert answer.golden
    assert item.golden_id == answer.golden.pk
    send("crm", "client", "A-77", legal_name="Late Arrivals plc")
    lateness.look()
    item.refresh_from_db()
    assert item.state == "done"
