"""Quote to cash in three regions: three companies and currencies, a rate that the PSA charges
otherwise than the contract agrees, a target down for maintenance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import pytest

from canonical.golden import due
from canonical.governance import rates, reference_data
from canonical.models import Crosswalk, Golden, Term, WorkItem, WorkKind
from sync.models import Lane
from sync.outbound import subscriptions
from sync.outbound.delivery.deliver import drain
from tests.factories import hub, targets
from tests.journeys import sales
from tests.journeys.firm import Firm, parents_first

pytestmark = [pytest.mark.tryton, pytest.mark.django_db]

#: Region -> our company, its currency, the client and its country.
REGIONS: Final = {
    "DE": ("Halden Marsh GmbH", "EUR", "Hansekontor Logistik GmbH", "Germany"),
    "UK": ("Halden Marsh LLP", "GBP", "Southgate Textiles Ltd", "United Kingdom"),
    "US": ("Halden Marsh Inc", "USD", "Ironholt Freight Inc", "United States"),
}
ALWAYS: Final = {
    "rrule": "FREQ=DAILY", "starts": "2026-01-01T00:00:00", "minutes": 24 * 60, "time_zone": "UTC"
}  # fmt: skip


def sell(firm: Firm, region: str, amount: int = 120_000) -> dict[str, Golden]:
    """One closed deal of a region, children first."""
    company, currency, name, country = REGIONS[region]
    ours = {"CurrencyIsoCode": currency, "Entity__c": company}
    elsewhere = sales.accounts_elsewhere(name, currency, country)
    plan = sales.schedule(
        f"{name} billing", f"B-{region}", f"800{region}", f"a2P{region}", currency=currency,
        items=[("Report", "2026-09-15", amount, "ReadyToBill")],
    )  # fmt: skip
    terms = sales.agreement(f"HM-{region}", f"{name} audit", f"001{region}", amount, **ours)
    work = sales.project(
        f"{name} audit", f"P-{region}", f"800{region}", amount, CurrencyIsoCode=currency
    )
    deal = sales.opportunity(
        f"{name} audit", f"001{region}", Amount=amount, ContractId=f"800{region}",
        **ours,
    ) | {"StageName": "Closed Won"}  # fmt: skip
    told: dict[str, Any] = {
        "billing_schedule": firm.put("billing", "billing_schedule", f"BLS-{region}", plan),
        "contract": firm.put("crm", "contract", f"800{region}", terms),
        "engagement": firm.put("psa", "engagement", f"a2P{region}", work),
    }
    firm.put("crm", "engagement", f"006{region}", deal)
    firm.put("psa", "client", f"P-{region}", elsewhere["psa"])
    firm.put("billing", "client", f"B-{region}", elsewhere["billing"])
    account = sales.account(name, entity=company, currency=currency, country=country)
    told["client"] = firm.put("crm", "client", f"001{region}", account)
    return {entity: firm.golden(body) for entity, body in told.items()}


def test_a_target_in_maintenance_is_held_and_drained_in_order(firm: Firm) -> None:
    erp = firm.linked.subscription
    down(firm)
    sold = {region: sell(firm, region) for region in REGIONS}
    firm.deliver()
    for target in firm.told.values():
        assert targets.at_rest(target), firm.problems()  # the others do not wait for it
    assert firm.between.calls == []
    owed = Lane.objects.filter(subscription=erp, confirmed=0)
    assert owed.count() == 4 * len(REGIONS)
    assert not owed.filter(attempt__gt=0).exists()  # and no patience is spent on it

    up(firm)
    drain(erp.pk)
    assert firm.between.calls  # carefully at first: a tenth of its width, then more and more
    firm.deliver()
    assert firm.acknowledged(), firm.problems()
    assert parents_first(firm.made_in_erp()), firm.made_in_erp()
    assert len(firm.made_in_erp()) == 4 * len(REGIONS)
    for region, goldens in sold.items():
        stands_in_its_company(firm, region, goldens)
    hub.assert_sound()


def down(firm: Firm) -> None:
    subscriptions.change(firm.linked.subscription, {"windows": [ALWAYS]})
    firm.between.calls.clear()


def up(firm: Firm) -> None:
    subscriptions.change(firm.linked.subscription, {"windows": []})


def stands_in_its_company(firm: Firm, region: str, goldens: dict[str, Golden]) -> None:
    company, currency, _, _ = REGIONS[region]
    fields = ("company.party.name", "currency.code", "party.code")
    for entity, model in (("contract", "sale.sale"), ("engagement", "project.work"),
                          ("billing_schedule", "sale.subscription")):  # fmt: skip
        found = firm.linked.erp.one(model, [["number", "=", goldens[entity].code]], *fields)
        assert found["company."]["party."]["name"] == company, (region, entity)
        assert found["currency."]["code"] == currency
        assert found["party."]["code"] == goldens["client"].code
    sale = firm.linked.erp.one(
        "sale.sale", [["number", "=", goldens["contract"].code]], "untaxed_amount"
    )
    assert sale["untaxed_amount"] == Decimal(120_000)


def test_only_the_newest_version_is_sent_after_the_maintenance(firm: Firm) -> None:
    goldens = sell(firm, "UK")
    firm.deliver()
    down(firm)
    company, currency, name, country = REGIONS["UK"]
    for city in ("Leeds", "York", "Hull"):
        account = sales.account(name, entity=company, currency=currency, country=country)
        firm.put("crm", "client", "001UK", {**account, "BillingCity": city})
        firm.deliver()
    assert firm.between.calls == []
    up(firm)
    firm.deliver()
    assert firm.acknowledged(), firm.problems()
    assert len(firm.between.requests("POST", "party.party.write")) == 1
    held = firm.linked.held(goldens["client"]).values
    assert held["addresses[role=registered].locality"] == "Hull"


def test_a_word_nobody_knows_is_queued_and_heals(firm: Firm) -> None:
    """The PSA says a stage that nobody mapped: the value waits, the rest goes out."""
    goldens = sell(firm, "US")
    _, currency, name, _ = REGIONS["US"]
    odd = sales.project(f"{name} audit", "P-US", "800US", 130_000, CurrencyIsoCode=currency)
    firm.put("psa", "engagement", "a2PUS", {**odd, "pse__Stage__c": "Wrap-up"})
    queued = WorkItem.objects.filter(kind=WorkKind.UNMAPPED_VALUE, state="open")
    assert queued.filter(subject__contains="Wrap-up").exists()
    firm.deliver()
    assert firm.linked.held(goldens["engagement"]).values["fee_budget"] == "130000"
    term = Term.objects.get(vocabulary="engagement_stage", code="completed")
    reference_data.save_crosswalk(
        Crosswalk(system_id="psa", vocabulary_id="engagement_stage", value="Wrap-up", term=term)
    )
    assert not queued.filter(subject__contains="Wrap-up").exists()
    due.work_off()
    firm.deliver()
    assert firm.acknowledged(), firm.problems()
    assert firm.linked.held(goldens["engagement"]).values["engagement_stage"] == "done"


def test_a_rate_of_the_psa_that_is_not_the_contracts_is_queued_and_heals(firm: Firm) -> None:
    """In the UK consultants are agreed at 150 and charged at 165; Germany agrees with itself."""
    sold = {region: sell(firm, region) for region in ("DE", "UK")}
    for region, price in (("DE", 150), ("UK", 165)):
        agree(firm, region, 150)
        charge(firm, region, price)
    firm.deliver()
    rates.look()
    queued = WorkItem.objects.filter(kind=WorkKind.RATE, state="open")
    [item] = queued
    assert item.golden_id == sold["UK"]["engagement"].pk
    assert "165.00 GBP" in item.title
    assert "150.00 GBP" in item.title
    assert firm.acknowledged(), firm.problems()  # told, and nothing held back
    charge(firm, "UK", 150)
    firm.deliver()
    rates.look()
    assert not queued.all().exists()


def agree(firm: Firm, region: str, price: int) -> None:
    """The contract names a price book of the CRM."""
    company, currency, name, _ = REGIONS[region]
    entry = {"ProductCode": "CONSULTANT", "Name": "Consultant", "UnitPrice": price,
             "CurrencyIsoCode": currency, "IsActive": True}  # fmt: skip
    book = {
        "Name": f"Framework with procurement {region}", "IsActive": True, "IsStandard": False,
        "Account__c": f"001{region}", "Valid_From__c": "2025-07-01",
        "PricebookEntries": {"records": [entry]},
    }  # fmt: skip
    terms = sales.agreement(
        f"HM-{region}", f"{name} audit", f"001{region}", 120_000, CurrencyIsoCode=currency,
        Entity__c=company, Pricebook2Id=f"01s{region}",
    )  # fmt: skip
    firm.put("crm", "rate_card", f"01s{region}", book)
    firm.put("crm", "contract", f"800{region}", terms)


def charge(firm: Firm, region: str, price: int) -> None:
    """The PSA has a card of its own for the client."""
    rate = {"Name": f"RC-{region}", "pse__Role__c": "Consultant",
            "pse__Suggested_Bill_Rate__c": price, "pse__Start_Date__c": "2026-01-01"}  # fmt: skip
    _, currency, name, _ = REGIONS[region]
    card = {
        "Name": f"Delivery fees of {name}", "CurrencyIsoCode": currency, "Type__c": "Client",
        "pse__Account__c": f"P-{region}", "pse__Start_Date__c": "2026-01-01",
        "pse__Rate_Cards__r": {"records": [rate]},
    }  # fmt: skip
    firm.put("psa", "rate_card", f"a2R{region}", card)
