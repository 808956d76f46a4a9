"""Proposal to billing: a deal closes, becomes golden, and reaches PSA, ERP and billing in order.

The readiness check is not part of it yet; what is billed is what Tryton itself consumes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from canonical.models import Golden
from tests.factories import hub
from tests.journeys import sales
from tests.journeys.firm import Firm, parents_first
from tests.tryton.billing import bill, billed

pytestmark = [pytest.mark.tryton, pytest.mark.django_db]

NAME = "Hansekontor Logistik GmbH"
ACCOUNT = sales.account(
    NAME, entity="Halden Marsh GmbH", currency="EUR", country="Germany",
    VAT_Number__c="DE136695976", Website="https://hansekontor.example",
)  # fmt: skip
EUR = {"CurrencyIsoCode": "EUR", "Entity__c": "Halden Marsh GmbH"}


def test_a_closed_deal_reaches_every_target_and_its_milestone_is_billed(firm: Firm) -> None:
    assert firm.knows("crm", ACCOUNT)["candidates"] == []  # nobody knows the client yet
    client = firm.golden(firm.put("crm", "client", "0018A", ACCOUNT))
    deal = sales.opportunity("Group audit 2026", "0018A", Amount=120_000, **EUR)
    engagement = firm.golden(firm.put("crm", "engagement", "0068A", deal))
    firm.deliver()
    assert firm.acknowledged(), firm.problems()
    assert hub.document(client)["responsible_entity"] == "HM-DE"
    assert firm.linked.held(engagement).values["engagement_stage"] == "open"

    firm.between.calls.clear()
    heard = {target: len(firm.events(target)) for target in firm.told}
    goldens = close_the_deal(firm)
    assert goldens["engagement"] == engagement  # PSA project and opportunity are one
    assert goldens["client"] == client  # and so are the accounts of three systems
    firm.deliver()
    assert firm.acknowledged(), firm.problems()
    reaches_everyone(firm, goldens, heard)
    in_the_erp(firm, goldens)

    nothing_is_billed_before_its_milestone(firm, goldens["billing_schedule"])
    hub.assert_sound()


def close_the_deal(firm: Firm) -> dict[str, Golden]:
    """Everything the closed deal carries, children before their parents."""
    elsewhere = sales.accounts_elsewhere(NAME, "EUR", "Germany")
    items = [("Inception", "2026-04-15", 40_000, "Pending"),
             ("Report", "2026-09-15", 80_000, "Pending")]  # fmt: skip
    plan = sales.schedule(
        "Group audit 2026 billing", "B-1", "8008A", "a2P8A", items=items, currency="EUR",
        totalAmount="120000.00", poNumber="PO-4711",
    )  # fmt: skip
    schedule = firm.put("billing", "billing_schedule", "BLS-1", plan)
    work = sales.project(
        "Group audit 2026", "P-1", "8008A", 120_000, CurrencyIsoCode="EUR",
        pse__Opportunity__c="0068A",
    )  # fmt: skip
    engagement = firm.put("psa", "engagement", "a2P8A", work)
    card = {"Name": "Hansekontor 2026", "CurrencyIsoCode": "EUR", "Type__c": "Client",
            "pse__Account__c": "P-1", "pse__Start_Date__c": "2026-01-01", "pse__Rate_Cards__r": {
                "records": [{"Name": "RC-1", "pse__Role__c": "Consultant",
                             "pse__Suggested_Bill_Rate__c": 185.0,
                             "pse__Start_Date__c": "2026-01-01"}]}}  # fmt: skip
    rate_card = firm.put("psa", "rate_card", "a2R8A", card)
    terms = sales.agreement(
        "HM-2026-7", "Group audit 2026", "0018A", 120_000, PO_Number__c="PO-4711", **EUR
    )
    contract = firm.put("crm", "contract", "8008A", terms)
    firm.put("psa", "client", "P-1", elsewhere["psa"])
    client = firm.put("billing", "client", "B-1", elsewhere["billing"])
    deal = sales.opportunity(
        "Group audit 2026", "0018A", Amount=120_000, ContractId="8008A", **EUR,
    ) | {"StageName": "Closed Won", "Probability": 100}  # fmt: skip
    firm.put("crm", "engagement", "0068A", deal)
    told = {"client": client, "engagement": engagement, "contract": contract,
            "rate_card": rate_card, "billing_schedule": schedule}  # fmt: skip
    return {entity: firm.golden(body) for entity, body in told.items()}


def reaches_everyone(firm: Firm, goldens: dict[str, Golden], before: dict[str, int]) -> None:
    assert firm.made_in_erp() == ["contract", "billing_schedule"]
    for target, own in (("psa", "rate_card"), ("billing", "billing_schedule")):
        heard = [each.event for each in firm.events(target)]
        others = {str(g.pk) for entity, g in goldens.items() if entity != own}
        assert {event["subject"] for event in heard} == others  # nobody hears its own words
        later = [event["data"]["entity"] for event in heard[before[target] :]]
        assert parents_first(["client", *later]), target
    assert firm.receiver.truth.older_after_newer == 0


def in_the_erp(firm: Firm, goldens: dict[str, Golden]) -> None:
    """Every golden value of the deal, as Tryton holds it."""
    erp = firm.linked.erp
    sale = erp.one(
        "sale.sale", [["number", "=", goldens["contract"].code]], "state", "untaxed_amount",
        "party.code", "company.party.name", "payment_term.name", "reference", "currency.code",
    )  # fmt: skip
    assert sale["party."]["code"] == goldens["client"].code
    assert sale["company."]["party."]["name"] == "Halden Marsh GmbH"
    assert sale["payment_term."]["name"] == "30 days net"
    assert (sale["state"], sale["untaxed_amount"]) == ("quotation", Decimal(120000))
    assert (sale["reference"], sale["currency."]["code"]) == ("PO-4711", "EUR")
    work = erp.one(
        "project.work", [["number", "=", goldens["engagement"].code]], "party.code", "list_price"
    )
    assert (work["party."]["code"], work["list_price"]) == (goldens["client"].code, Decimal(120000))
    assert firm.linked.held(goldens["billing_schedule"]).values["items"].keys() == {"1", "2"}


def nothing_is_billed_before_its_milestone(firm: Firm, schedule: Golden) -> None:
    erp = firm.linked.erp
    bill(erp, "2026-11-01")
    assert billed(erp) == []
    done: dict[str, Any] = sales.milestones(
        "Group audit 2026 milestones", "P-1", "8008A", "a2P8A", Inception="2026-04-10"
    )
    assert firm.golden(firm.put("psa", "billing_schedule", "a2M8A", done)) == schedule
    firm.deliver()
    assert firm.acknowledged(), firm.problems()
    first, second = hub.document(schedule)["items"]
    assert (first["completed_on"], second.get("completed_on")) == ("2026-04-10", None)
    bill(erp, "2026-11-01")
    assert billed(erp) == [("1: Inception", Decimal(40000))]
