"""Rates that a PSA charges otherwise than the contract agrees, through the real intake."""

from __future__ import annotations

from typing import Any

import pytest

from canonical.governance import rates, reference_data
from canonical.models import Golden, System, Term, WorkItem, WorkKind
from sync.outbound.publishing import fanout
from tests.factories import hub

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _hub() -> None:
    hub.open_hub()
    System.objects.filter(code="psa").update(kind="psa")
    for role in ("consultant", "partner"):
        reference_data.save_term(Term(vocabulary_id="billing_role", code=role, label=role))


def card(system: str, source_id: str, prices: dict[str, str], **more: Any) -> Golden:
    """A card with a price a role, by the hour."""
    sent = {
        "name": source_id, "rate_card_type": "client", "currency": "EUR",
        "effective_from": "2026-01-01", "rate_card_status": "active",
        "lines": [
            {"line_no": role, "billing_role": role, "rate_unit": "HUR", "bill_rate": price}
            for role, price in prices.items()
        ],
        **more,
    }  # fmt: skip
    return hub.golden_of(hub.put(system, "rate_card", source_id, sent, 1))


def deal(**more: Any) -> dict[str, Golden]:
    """A client, a contract with a card of its own, and the work for it."""
    client = hub.client("Acme")
    agreed = card("crm", "agreed", {"consultant": "170", "partner": "300"})
    contract = hub.put("crm", "contract", "K-1", {
        "contract_number": "K-1", "title": "Audit", "client": {"source_id": "Acme"},
        "effective_from": "2026-01-01", "rate_card": {"source_id": "agreed"},
    }, 1)  # fmt: skip
    work = hub.put("psa", "engagement", "P-1", {
        "name": "Audit 2026", "client": {"system": "crm", "source_id": "Acme"},
        "contracts": [{"system": "crm", "source_id": "K-1"}], **more,
    }, 1)  # fmt: skip
    return {"client": client, "agreed": agreed, "contract": hub.golden_of(contract),
            "work": hub.golden_of(work)}  # fmt: skip


def look() -> list[WorkItem]:
    fanout.fan_out()
    rates.look()
    return list(WorkItem.objects.filter(kind=WorkKind.RATE, state="open"))


def by_client(price: str, system: str = "psa", **more: Any) -> Golden:
    scope = {"client": {"system": "crm", "source_id": "Acme"}}
    return card(system, "charged", {"consultant": price}, scope=scope, **more)


def test_what_the_psa_charges_a_client_otherwise_is_told_until_it_is_mended() -> None:
    made = deal()
    charged = by_client("185")
    [item] = look()
    assert item.golden_id == made["work"].pk
    assert (item.owner, item.entity) == ("finance", "engagement")
    assert item.title == (
        f"{charged.code} charges 185.00 EUR for consultant, "
        f"{made['agreed'].code} agrees 170.00 EUR"
    )  # fmt: skip
    by_client("190")
    [changed] = look()
    assert "190.00 EUR" in changed.title
    by_client("170.0")
    assert look() == []
    by_client("185")
    assert len(look()) == 1
    hub.delete("psa", "rate_card", "charged")
    assert look() == []


def test_what_the_psa_says_in_the_contracts_own_card_is_told_though_it_did_not_win() -> None:
    made = deal()
    assert look() == []
    hub.put("psa", "rate_card", "agreed too", {
        "name": "agreed", "rate_card_type": "client", "currency": "EUR",
        "effective_from": "2026-01-01",
        "lines": [{"line_no": "1", "billing_role": "consultant", "rate_unit": "HUR",
                   "bill_rate": "185"}],
    }, same_as=made["agreed"].code)  # fmt: skip
    lines = hub.document(made["agreed"])["lines"]
    winner = next(line["bill_rate"] for line in lines if line["billing_role"] == "consultant")
    [item] = look()
    [row] = item.facts["rates"]
    assert {row["by"], row["charged"]} == {"psa", "185.00 EUR"}
    assert winner.startswith("170")


@pytest.mark.parametrize(
    ("price", "more"),
    [
        ("170", {}),
        ("185", {"effective_to": "2026-02-01"}),
        ("185", {"rate_card_status": "draft"}),
        ("185", {"rate_card_type": "cost"}),
    ],
)
def test_what_agrees_or_does_not_hold_is_not_told(price: str, more: dict[str, Any]) -> None:
    deal()
    by_client(price, **more)
    assert look() == []


def test_another_currency_and_a_discount_on_a_base_card_count() -> None:
    deal()
    by_client("170", currency="USD")
    [item] = look()
    assert "170.00 USD" in item.title
    card("psa", "base", {"consultant": "200"})
    based: dict[str, Any] = {"lines": [], "base_rate_card": {"source_id": "base"}}
    by_client("170", discount_pct="15", **based)
    assert look() == []
    by_client("170", discount_pct="10", **based)
    [item] = look()
    assert "180.00 EUR" in item.title


def test_a_client_card_of_another_system_is_none_of_the_psas() -> None:
    deal()
    by_client("185", system="erp")
    assert look() == []


def test_the_card_that_an_engagement_names_is_what_is_charged() -> None:
    made = deal(rate_card={"source_id": "own"})
    card("psa", "own", {"partner": "310"})
    [item] = look()
    assert item.golden_id == made["work"].pk
    assert "310.00 EUR for partner" in item.title


def test_a_rate_that_begins_later_is_told_before() -> None:
    deal()
    later = {"line_no": "2", "billing_role": "partner", "rate_unit": "HUR", "bill_rate": "350",
             "effective_from": "2999-01-01"}  # fmt: skip
    by_client("", lines=[later])
    [item] = look()
    assert item.facts["rates"][0]["day"] == "2999-01-01"


def test_a_look_goes_on_where_the_last_one_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "AT_ONCE", 2)
    deal()
    by_client("185")
    fanout.fan_out()
    for _ in range(4):
        rates.look()
    assert WorkItem.objects.filter(kind=WorkKind.RATE, state="open").count() == 1
