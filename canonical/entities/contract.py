"""A contract: what was agreed with a client, and its lines."""

from __future__ import annotations

from django.db import models

from canonical.attributes import Kind, ListStrategy
from canonical.entities import columns, parts
from canonical.entities.base import GoldenRecord, GoldenRow, History, rows


class Contract(GoldenRecord):
    """The golden contract. Refers to its client, the contract above it and a rate card."""

    ENTITY, PATH, PREFIX = "contract", "contracts", "CT"
    TITLE = ("title", "contract_number")

    contract_number = columns.text(80, mandatory=True, identifying=True)
    title = columns.text(mandatory=True, identifying=True)
    contract_type = columns.code("contract_type", mandatory=True)
    contract_status = columns.code("contract_status", mandatory=True)
    client = columns.reference(
        "client", "canonical.Client", mandatory=True, ordering=True, identifying=True
    )
    contracting_entity = columns.code("legal_entity", mandatory=True)
    parent = columns.reference("contract", "canonical.Contract", ordering=True)
    signed_by_us_on = columns.date()
    signed_by_client_on = columns.date()
    effective_from = columns.date(mandatory=True, identifying=True)
    effective_to = columns.date(identifying=True)
    term_months = columns.integer()
    renewal = columns.code("renewal")
    notice_days = columns.integer()
    currency = columns.currency(mandatory=True)
    total_value = columns.money(approval="contract", identifying=True)
    total_value_currency = columns.money_currency()
    cap_amount = columns.money()
    cap_amount_currency = columns.money_currency()
    cap_alert_pct = columns.decimal()
    payment_terms = columns.record(*parts.PAYMENT_TERMS, approval="terms")
    po_number = columns.text(80, identifying=True)
    billing_method = columns.code("billing_method")
    rate_card = columns.reference("rate_card", "canonical.RateCard")
    governing_law = columns.text(80)
    tax_category = columns.code("tax_category", approval="tax")
    document_refs = columns.listing(*parts.DOCUMENT_REF, keys=(("uri",),))

    history = History()

    class Meta:
        verbose_name = "contract"
        verbose_name_plural = "contracts"


class ContractLine(GoldenRow):
    """One line of a contract; amounts are in the contract's currency."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="lines")
    line_no = columns.text(40, mandatory=True)
    description = columns.text(500)
    engagement = columns.reference("engagement", "canonical.Engagement")
    billing_method = columns.code("billing_method")
    quantity = columns.decimal()
    unit = columns.code("rate_unit")
    unit_price = columns.rate()
    amount = columns.decimal()
    standalone_selling_price = columns.decimal()
    revenue_treatment = columns.code("revenue_treatment")
    includes = columns.listing(of=Kind.CODE, vocabulary="line_includes")

    class Meta(GoldenRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["contract", "line_no"], name="contract_line_no_unique")
        ]


rows(
    ContractLine,
    "lines",
    mandatory=True,
    strategy=ListStrategy.WHOLE,
    keys=(("line_no",),),
)
