"""The change order: contract, budget and billing schedule change together, from a day on.

A second person's approval is not part of it yet.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from canonical.models import Change, ChangeKind, Golden
from sync.models import Lane
from tests.factories import hub
from tests.journeys import sales
from tests.journeys.firm import Firm
from tests.tryton.billing import bill, billed

pytestmark = [pytest.mark.tryton, pytest.mark.django_db]

NAME = "Hansekontor Logistik GmbH"
EUR = {"CurrencyIsoCode": "EUR", "Entity__c": "Halden Marsh GmbH"}
ITEMS = [("Inception", "2026-04-15", 40_000, "ReadyToBill"),
         ("Report", "2026-09-15", 80_000, "Pending")]  # fmt: skip
MORE = [("Inception", "2026-04-15", 40_000, "ReadyToBill"),
        ("Report", "2026-10-15", 80_000, "Pending"),
        ("Carve-out support", "2026-08-31", 30_000, "Pending")]  # fmt: skip


def agree(firm: Firm) -> dict[str, Golden]:
    """The fixed-price contract, its project and its schedule, delivered everywhere."""
    account = sales.account(NAME, entity="Halden Marsh GmbH", currency="EUR", country="Germany")
    elsewhere = sales.accounts_elsewhere(NAME, "EUR", "Germany")
    firm.put("psa", "client", "P-1", elsewhere["psa"])
    firm.put("billing", "client", "B-1", elsewhere["billing"])
    told = {
        "client": firm.put("crm", "client", "0018A", account),
        "contract": firm.put("crm", "contract", "8008A", terms(120_000)),
        "engagement": sell(firm, 120_000),
        "billing_schedule": firm.put("billing", "billing_schedule", "BLS-1", plan(120_000, ITEMS)),
    }
    firm.deliver()
    assert firm.acknowledged(), firm.problems()
    return {entity: firm.golden(body) for entity, body in told.items()}


def sell(firm: Firm, amount: int) -> Any:
    """The deal as the CRM has it, the project as the PSA has it: one engagement."""
    deal = sales.opportunity("Group audit", "0018A", Amount=amount, ContractId="8008A", **EUR)
    firm.put("crm", "engagement", "0068A", {**deal, "StageName": "Closed Won"})
    return firm.put("psa", "engagement", "a2P8A", work(amount))


def terms(amount: int) -> dict[str, Any]:
    return sales.agreement("HM-2026-7", "Group audit", "0018A", amount, **EUR)


def work(amount: int) -> dict[str, Any]:
    return sales.project("Group audit", "P-1", "8008A", amount, CurrencyIsoCode="EUR")


def plan(amount: int, items: list[Any]) -> dict[str, Any]:
    return sales.schedule("Group audit billing", "B-1", "8008A", "a2P8A", currency="EUR",
                          totalAmount=str(amount), items=items)  # fmt: skip


def change_order(firm: Firm) -> Golden:
    """Time and materials up to 30,000 from July on, under the contract it amends."""
    amendment = sales.agreement(
        "HM-2026-7-CO1", "Carve-out support", "0018A", 30_000, Parent_Contract__c="8008A", **EUR
    ) | {"Type__c": "Change Order", "StartDate": "2026-07-01", "Fee_Cap__c": 30_000,
         "Billing_Method__c": "T&M Capped"}  # fmt: skip
    made = firm.golden(firm.put("crm", "contract", "8008B", amendment))
    amended = terms(150_000)
    amended["Lines__r"]["records"] = [
        {"LineNumber": 10, "Description": "Group audit", "TotalPrice": 120_000},
        {"LineNumber": 20, "Description": "Carve-out support", "TotalPrice": 30_000,
         "Billing_Method__c": "T&M Capped"},
    ]  # fmt: skip
    firm.put("crm", "contract", "8008A", amended)
    sell(firm, 150_000)
    firm.put("billing", "billing_schedule", "BLS-1", plan(150_000, MORE))
    return made


def test_a_change_order_reaches_every_target_together(firm: Firm) -> None:
    agreed = agree(firm)
    bill(firm.linked.erp, "2026-05-01")
    assert billed(firm.linked.erp) == [("1: Inception", Decimal(40_000))]
    before = {entity: golden.version for entity, golden in agreed.items()}

    amendment = change_order(firm)
    firm.deliver()
    assert firm.acknowledged(), firm.problems()
    every_target_confirmed(firm, [*agreed.values(), amendment])
    in_the_erp(firm, agreed, amendment)
    effective_from_its_day(agreed, amendment, before)
    assert billed(firm.linked.erp) == [("1: Inception", Decimal(40_000))]  # what is billed stays
    hub.assert_sound()


def every_target_confirmed(firm: Firm, goldens: list[Golden]) -> None:
    """Each target holds the newest version of each of these records.

    It was told the newest but for versions that only know an id which another target gave since.
    """
    for golden in goldens:
        golden.refresh_from_db()
        lanes = Lane.objects.filter(golden=golden)
        assert lanes.count() == len(firm.subscriptions)
        assert {lane.confirmed for lane in lanes} == {golden.version}
    for target in firm.told:
        newest = {e.event["subject"]: e.event["data"]["version"] for e in firm.events(target)}
        heard = [g for g in goldens if (target, g.entity) != ("billing", "billing_schedule")]
        assert {str(g.pk) for g in heard} == newest.keys(), target  # nobody hears itself
        for golden in heard:
            later = Change.objects.filter(golden=golden, version__gt=newest[str(golden.pk)])
            assert {change.kind for change in later} <= {ChangeKind.LINKED}, target


def in_the_erp(firm: Firm, agreed: dict[str, Golden], amendment: Golden) -> None:
    erp = firm.linked.erp
    fields = ("untaxed_amount", "state", "origin", "sale_date", "lines.description")
    main = erp.one("sale.sale", [["number", "=", agreed["contract"].code]], *fields)
    order = erp.one("sale.sale", [["number", "=", amendment.code]], *fields)
    assert (main["untaxed_amount"], main["state"]) == (Decimal(150_000), "quotation")
    assert {line["description"] for line in main["lines."]} == {
        "10: Group audit", "20: Carve-out support"}  # fmt: skip
    assert order["origin"] == f"sale.sale,{main['id']}"
    assert (order["untaxed_amount"], order["sale_date"]) == (Decimal(30_000), date(2026, 7, 1))
    project = erp.one(
        "project.work", [["number", "=", agreed["engagement"].code]], "list_price", "company"
    )
    assert project["list_price"] == Decimal(150_000)
    subscription = erp.one(
        "sale.subscription", [["number", "=", agreed["billing_schedule"].code]], "state",
        "lines.description", "lines.start_date", "lines.unit_price",
    )  # fmt: skip
    assert subscription["state"] == "running"
    lines = {line["description"]: line for line in subscription["lines."]}
    assert lines["2: Report"]["start_date"] == date(2026, 10, 15)
    assert lines["3: Carve-out support"]["start_date"] == date(2026, 8, 31)
    assert lines["3: Carve-out support"]["unit_price"] == Decimal(30_000)


def effective_from_its_day(
    agreed: dict[str, Golden], amendment: Golden, before: dict[str, int]
) -> None:
    """What was agreed first can still be read, and the change says from when it counts."""
    document = hub.document(amendment)
    assert document["contract_type"] == "change_order"
    assert document["effective_from"] == "2026-07-01"
    assert document["parent"] == str(agreed["contract"].pk)
    for entity, attribute, was, now in (
        ("contract", "total_value", 120_000, 150_000),
        ("engagement", "fee_budget", 120_000, 150_000),
        ("billing_schedule", "total_amount", 120_000, 150_000),
    ):
        then = Change.objects.get(golden=agreed[entity], version=before[entity]).after
        assert then is not None
        assert Decimal(then[attribute]["amount"]) == was, entity
        assert Decimal(hub.document(agreed[entity])[attribute]["amount"]) == now, entity
