"""A billing schedule: what will be invoiced under a contract, and when."""

from __future__ import annotations

from django.db import models

from canonical.attributes import ListStrategy
from canonical.entities import columns, parts
from canonical.entities.base import GoldenRecord, GoldenRow, History, rows


class BillingSchedule(GoldenRecord):
    """The golden billing schedule. Refers to its contract, engagement and the client billed."""

    ENTITY, PATH, PREFIX = "billing_schedule", "billing-schedules", "BS"
    TITLE = ("name",)

    name = columns.text(identifying=True)
    contract = columns.reference(
        "contract", "canonical.Contract", mandatory=True, ordering=True, identifying=True
    )
    contract_line_no = columns.text(40, identifying=True)
    engagement = columns.reference("engagement", "canonical.Engagement", identifying=True)
    bill_to_client = columns.reference(
        "client", "canonical.Client", mandatory=True, ordering=True, identifying=True
    )
    currency = columns.currency(mandatory=True, identifying=True)
    schedule_type = columns.code("billing_method", mandatory=True)
    billing_trigger = columns.code("billing_trigger", mandatory=True)
    recurrence = columns.record(*parts.RECURRENCE)
    billing_timing = columns.code("billing_timing")
    starts_on = columns.date(mandatory=True, identifying=True)
    ends_on = columns.date(identifying=True)
    total_amount = columns.money(identifying=True)
    total_amount_currency = columns.money_currency()
    retainage_pct = columns.decimal()
    payment_terms = columns.record(*parts.PAYMENT_TERMS, approval="terms")
    po_number = columns.text(80, identifying=True)
    invoice_grouping = columns.text(80)
    bill_actuals_only = columns.boolean()
    schedule_status = columns.code("schedule_status")

    history = History()

    class Meta:
        verbose_name = "billing schedule"
        verbose_name_plural = "billing schedules"


class BillingItem(GoldenRow):
    """One thing to be invoiced; amounts are in the schedule's currency."""

    billing_schedule = models.ForeignKey(
        BillingSchedule, on_delete=models.CASCADE, related_name="items"
    )
    item_no = columns.text(40, mandatory=True)
    description = columns.text(500)
    trigger = columns.code("billing_trigger")
    milestone_name = columns.text()
    milestone_due = columns.date()
    service_from = columns.date()
    service_to = columns.date()
    bill_date = columns.date(mandatory=True)
    amount = columns.decimal()
    percent = columns.decimal()
    quantity = columns.decimal()
    unit = columns.code("rate_unit")
    tax_category = columns.code("tax_category", approval="tax")
    item_status = columns.code("item_status")
    completed_on = columns.date(help="The day the milestone was completed.")
    invoice_ref = columns.text(120)
    invoiced_on = columns.date()
    revenue_treatment = columns.code("revenue_treatment")

    class Meta(GoldenRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["billing_schedule", "item_no"], name="billing_item_no_unique"
            )
        ]


rows(
    BillingItem,
    "items",
    mandatory=True,
    strategy=ListStrategy.OVERLAY,
    keys=(("item_no",), ("milestone_name",)),
    overlay=("item_status", "invoice_ref", "invoiced_on", "completed_on"),
)
