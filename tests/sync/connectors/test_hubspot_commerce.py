"""HubSpot beyond companies and deals: orders, subscriptions, products, and companies in groups."""

from __future__ import annotations

from typing import Any

import pytest

from canonical.models import Golden, SourceRecord
from sync import egress
from sync.connectors.hubspot import prices
from sync.models import Lane, Parked, Subscription
from sync.outbound.content.envelope import Message
from tests.factories import targets
from tests.standins.hubspot import HubSpot
from tests.sync.connectors.samples import (
    CLIENT_1,
    CLIENT_2,
    CONTRACT,
    ENGAGEMENT,
    RATE_CARD,
    SCHEDULE,
)
from tests.sync.connectors.test_hubspot import ALONE, HubSpotBench

LINE = {"line_no": "2", "description": "Training", "quantity": "3", "amount": "4500"}


@pytest.mark.django_db
class TestGroups(HubSpotBench):
    """Companies below companies."""

    def above(self, vendor: HubSpot, golden: Golden) -> str | None:
        """The company above the one of a code."""
        held = vendor.table("companies")[self.id_of(vendor, golden)]["properties"]
        parent = held.get("hs_parent_company_id")
        return str(parent) if parent else None

    def test_a_company_is_taken_from_one_parent_and_put_below_another(
        self, vendor: HubSpot, target: Subscription
    ) -> None:
        first = self.say("client", "C-1", **CLIENT_1)
        child = self.say("client", "C-2", **CLIENT_2)
        other = self.say("client", "C-3", **{**ALONE, "legal_name": "Lindquist Holding AB"})
        self.deliver(target)
        assert self.above(vendor, child) == self.id_of(vendor, first)
        self.say("client", "C-2", **{**CLIENT_2, "parent": {"source_id": "C-3"}})
        self.deliver(target)
        assert self.above(vendor, child) == self.id_of(vendor, other)
        self.say("client", "C-2", **ALONE)
        self.deliver(target)
        assert self.above(vendor, child) is None
        assert targets.at_rest(target)

    def test_what_is_joined_already_is_not_joined_again(
        self, vendor: HubSpot, target: Subscription
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        self.say("client", "C-2", **CLIENT_2)
        self.deliver(target)
        self.say("client", "C-2", **{**CLIENT_2, "legal_name": "Southgate Mills Ltd"})
        self.deliver(target)
        assert len(vendor.requests("PUT", "/child_to_parent_company")) == 1

    def test_a_deal_moves_to_another_primary_company(
        self, vendor: HubSpot, target: Subscription
    ) -> None:
        """The association with the first one stays: it may be somebody's."""
        self.say("client", "C-1", **CLIENT_1)
        second = self.say("client", "C-2", **ALONE)
        self.say("engagement", "E-1", **ENGAGEMENT)
        self.deliver(target)
        self.say("engagement", "E-1", **{**ENGAGEMENT, "client": {"source_id": "C-2"}})
        self.deliver(target)
        assert list(vendor.primary.values()) == [self.id_of(vendor, second)]
        assert len(vendor.links["deals", "companies"]) == 2
        self.pull("engagement")
        [deal] = vendor.table("deals")
        held = SourceRecord.objects.get(system=self.system, entity="engagement", source_id=deal)
        assert held.current is not None
        assert held.current.values["client"] == {"source_id": self.id_of(vendor, second)}
        assert not held.current.values.get("contracts")


@pytest.mark.django_db
class TestCommerce(HubSpotBench):
    """Contracts, billing schedules and rate cards."""

    def lines(self, vendor: HubSpot) -> dict[str, dict[str, Any]]:
        """Line items that are not archived, by name."""
        rows = vendor.table("line_items").values()
        live = [row["properties"] for row in rows if not row["archived"]]
        return {row["name"]: row for row in live}

    def test_a_contract_is_an_order_with_its_lines(
        self, vendor: HubSpot, target: Subscription
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        self.say("contract", "CT-1", **{**CONTRACT, "lines": [*CONTRACT["lines"], LINE]})
        self.deliver(target)
        training = self.lines(vendor)["Training"]
        assert (training["quantity"], training["price"], training["amount"]) == (
            "3.00", "1500", "4500.00",
        )  # fmt: skip
        self.say("contract", "CT-1", **CONTRACT)
        self.deliver(target)
        assert list(self.lines(vendor)) == ["Advice"]
        assert targets.at_rest(target)

    def test_an_order_belongs_to_one_company(self, vendor: HubSpot, target: Subscription) -> None:
        self.say("client", "C-1", **CLIENT_1)
        second = self.say("client", "C-2", **ALONE)
        self.say("contract", "CT-1", **CONTRACT)
        self.deliver(target)
        self.say("contract", "CT-1", **{**CONTRACT, "client": {"source_id": "C-2"}})
        self.deliver(target)
        [order] = vendor.table("orders")
        assert vendor.links["orders", "companies"] == {(order, self.id_of(vendor, second))}

    def test_a_deal_loses_what_it_has_no_longer_from_us(
        self, vendor: HubSpot, target: Subscription
    ) -> None:
        """An order that somebody joined with the deal stays with it, and is not taken for ours."""
        theirs = vendor.insert("orders", hs_order_name="Theirs")
        self.say("client", "C-1", **CLIENT_1)
        self.say("contract", "CT-1", **CONTRACT)
        second = self.say("contract", "CT-2", **{**CONTRACT, "contract_number": "NL-2026-8"})
        under = {**ENGAGEMENT, "contracts": [{"source_id": "CT-1"}]}
        self.say("engagement", "E-1", **under)
        self.deliver(target)
        [deal] = vendor.table("deals")
        vendor.links["deals", "orders"] |= {(deal, theirs)}
        self.say("engagement", "E-1", **{**under, "contracts": [{"source_id": "CT-2"}]})
        self.deliver(target)
        orders = {p["golden_id"]: n for n, o in vendor.table("orders").items()
                  if (p := o["properties"]).get("golden_id")}  # fmt: skip
        assert vendor.links["deals", "orders"] == {(deal, theirs), (deal, orders[second.code])}
        with egress.Client() as client:
            [held] = self.speaker(client).read("engagement")
        assert held.values["contracts[0]"] == orders[second.code]
        self.say("engagement", "E-1", **{**under, "client": None, "contracts": []})
        self.deliver(target)
        assert vendor.links["deals", "orders"] == {(deal, theirs)}
        assert not vendor.links["deals", "companies"]
        assert targets.at_rest(target)

    def test_an_order_made_there_comes_in_with_its_lines(
        self, vendor: HubSpot, target: Subscription
    ) -> None:
        order = vendor.insert("orders", hs_order_name="Framework", hs_currency_code="EUR")
        item = vendor.insert("line_items", name="Advice", quantity="2", price="100")
        vendor.links["line_items", "orders"] = {(item, order)}
        assert self.pull("contract") == {"created": 1}
        held = SourceRecord.objects.get(system=self.system, entity="contract")
        assert held.current is not None
        [line] = held.current.values["lines"]
        assert (line["line_no"], line["description"], line["amount"]) == (item, "Advice", "200.00")

    def test_a_schedule_is_a_subscription_that_bills_nobody(
        self, vendor: HubSpot, target: Subscription
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        self.say("contract", "CT-1", **CONTRACT)
        self.say("engagement", "E-1", **ENGAGEMENT)
        monthly = {**SCHEDULE, "recurrence": {"frequency": "monthly"}}
        golden = self.say("billing_schedule", "BS-1", **monthly)
        self.deliver(target)
        held = self.one(vendor, "billing_schedule", golden)
        assert held["hs_invoice_creation"] == "off"
        assert held["hs_recurring_billing_frequency"] == "monthly"
        days = {n: i.get("hs_recurring_billing_start_date") for n, i in self.lines(vendor).items()}
        assert days == {"Advice": None, "Kick-off": "2026-02-15", "Report": "2026-09-15"}
        [subscription] = vendor.table("subscriptions")
        for other in ("companies", "orders", "deals"):
            assert [a for a, _ in vendor.links["subscriptions", other]] == [subscription]
        vendor.update("subscriptions", subscription, hs_invoice_creation="on")
        self.say("billing_schedule", "BS-1", **{**monthly, "name": "Renamed"})
        self.deliver(target)
        assert self.one(vendor, "billing_schedule", golden)["hs_invoice_creation"] == "on"

    def test_a_rate_card_is_its_products(self, vendor: HubSpot, target: Subscription) -> None:
        golden = self.say("rate_card", "RC-1", **{**RATE_CARD, "currency": "GBP"})
        self.deliver(target)
        products = {p["properties"]["hs_sku"]: p["properties"]
                    for p in vendor.table("products").values()}  # fmt: skip
        assert products["CONS"]["hs_price_gbp"] == "185.50"
        assert "price" not in products["CONS"]
        assert {p["golden_list"] for p in products.values()} == {golden.code}
        one = {**RATE_CARD, "currency": "GBP", "lines": RATE_CARD["lines"][1:]}
        self.say("rate_card", "RC-1", **one)
        self.deliver(target)
        states = {p["properties"]["hs_sku"]: p["properties"]["golden_status"]
                  for p in vendor.table("products").values()}  # fmt: skip
        assert states == {"CONS": "inactive", "PART": "active"}

    def test_a_currency_without_prices_there_is_named(
        self, vendor: HubSpot, target: Subscription
    ) -> None:
        self.say("rate_card", "RC-1", **{**RATE_CARD, "currency": "CHF"})
        self.deliver(target)
        [dead] = Lane.objects.filter(parked=Parked.DEAD)
        assert "no prices in CHF" in dead.last_error
        assert not vendor.table("products")


@pytest.mark.parametrize(
    ("line", "price"),
    [
        ({"amount": "100", "quantity": "3"}, "33.333333"),
        ({"amount": "250000"}, "250000"),
        ({"amount": "100", "quantity": "0"}, None),
        ({"amount": "100", "quantity": "4", "unit_price": "20"}, "20"),
        ({"quantity": "4"}, None),
    ],
)
def test_a_line_that_says_its_amount_gets_a_price(line: dict[str, str], price: str | None) -> None:
    message = Message("1", 1, b"", {}, entity="contract", content={"lines": [line]})
    [told] = prices.by_unit(message).content["lines"]
    assert told.get("unit_price") == price
