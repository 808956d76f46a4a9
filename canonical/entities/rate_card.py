"""A rate card: the prices, or costs, of work, and when they hold."""

from __future__ import annotations

from django.db import models

from canonical.attributes import Classification, ListStrategy
from canonical.entities import columns, parts
from canonical.entities.base import GoldenRecord, GoldenRow, History, rows


class RateCard(GoldenRecord):
    """The golden rate card. Refers to what it is for (`scope`) and the card it is based on."""

    ENTITY, PATH, PREFIX = "rate_card", "rate-cards", "RC"
    TITLE = ("name",)

    name = columns.text(mandatory=True, identifying=True)
    rate_card_type = columns.code("rate_card_type", mandatory=True)
    scope = columns.record(*parts.RATE_SCOPE, identifying=True)
    purpose = columns.code("rate_purpose")
    currency = columns.currency(mandatory=True, identifying=True)
    base_rate_card = columns.reference("rate_card", "canonical.RateCard")
    discount_pct = columns.decimal()
    effective_from = columns.date(mandatory=True, identifying=True)
    effective_to = columns.date(identifying=True)
    card_version = columns.text(40)
    rate_card_status = columns.code("rate_card_status")

    history = History()

    class Meta:
        verbose_name = "rate card"
        verbose_name_plural = "rate cards"


class RateLine(GoldenRow):
    """One rate: what a role, resource, grade, location or service costs per unit, from when."""

    rate_card = models.ForeignKey(RateCard, on_delete=models.CASCADE, related_name="lines")
    line_no = columns.text(40)
    billing_role = columns.code("billing_role")
    resource = columns.reference("resource", "canonical.Resource")
    grade = columns.text(60)
    location = columns.text(80)
    service_code = columns.text(80)
    rate_unit = columns.code("rate_unit", mandatory=True)
    price_calculation = columns.code("price_calculation")
    bill_rate = columns.rate(approval="rates")
    cost_rate = columns.rate(classification=Classification.RESTRICTED)
    markup_pct = columns.decimal()
    min_rate = columns.rate()
    overtime_multiplier = columns.decimal()
    effective_from = columns.date()
    effective_to = columns.date()

    class Meta(GoldenRow.Meta):
        pass


rows(
    RateLine,
    "lines",
    mandatory=True,
    strategy=ListStrategy.WHOLE,
    keys=(
        (
            "billing_role",
            "resource",
            "grade",
            "location",
            "service_code",
            "rate_unit",
            "effective_from",
        ),
    ),
    approval="rates",
)
