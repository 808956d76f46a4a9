"""An engagement: a piece of work for a client, from the first lead to the closed project."""

from __future__ import annotations

from canonical.attributes import Classification, Kind, ListStrategy
from canonical.entities import columns
from canonical.entities.base import GoldenRecord, History


class Engagement(GoldenRecord):
    """The golden engagement. Refers to its client, contracts, parent, people and rate card."""

    ENTITY, PATH, PREFIX = "engagement", "engagements", "EN"
    TITLE = ("name",)

    name = columns.text(mandatory=True, identifying=True)
    client = columns.reference(
        "client", "canonical.Client", mandatory=True, ordering=True, identifying=True
    )
    bill_to_client = columns.reference("client", "canonical.Client")
    contracts = columns.listing(
        of=Kind.REFERENCE,
        reference="contract",
        ordering=True,
        strategy=ListStrategy.WHOLE,
        help="The primary contract first.",
    )
    parent = columns.reference("engagement", "canonical.Engagement", ordering=True)
    service_line = columns.code("service_line")
    practice = columns.code("practice")
    region = columns.code("region")
    office = columns.code("office")
    engagement_stage = columns.code("engagement_stage", mandatory=True)
    delivery_health = columns.code("delivery_health")
    partner = columns.reference("resource", "canonical.Resource")
    manager = columns.reference("resource", "canonical.Resource")
    delivering_entity = columns.code("legal_entity")
    planned_start = columns.date(identifying=True)
    planned_end = columns.date(identifying=True)
    actual_start = columns.date()
    actual_end = columns.date()
    currency = columns.currency(mandatory=True)
    billing_method = columns.code("billing_method", mandatory=True)
    revenue_treatment = columns.code("revenue_treatment", mandatory=True)
    rate_card = columns.reference("rate_card", "canonical.RateCard")
    fee_budget = columns.money(identifying=True)
    fee_budget_currency = columns.money_currency()
    cost_budget = columns.money(classification=Classification.CONFIDENTIAL)
    cost_budget_currency = columns.money_currency()
    hours_budget = columns.decimal()
    probability = columns.decimal(help="0 to 1.")
    expected_close = columns.date()
    percent_complete = columns.decimal(help="0 to 1.")
    cost_center = columns.code("cost_center")
    profit_center = columns.code("profit_center")
    wbs_code = columns.text(60, identifying=True)
    time_entry_allowed = columns.boolean()
    expenses_allowed = columns.boolean()
    confidential = columns.boolean()
    opportunity_ref = columns.text(120, identifying=True)
    workspace_uri = columns.uri()

    history = History()

    class Meta:
        verbose_name = "engagement"
        verbose_name_plural = "engagements"
