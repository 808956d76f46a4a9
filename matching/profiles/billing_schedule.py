"""Billing schedules: by contract and line, engagement, client, dates and amount."""

from __future__ import annotations

from matching.engine import blocks
from matching.engine.compare.dates import Period
from matching.engine.compare.exact import Amount, Category, Code, Reference
from matching.engine.fields import identity, terms
from matching.engine.fields.document import Field
from matching.engine.profile import Key, Part, Profile, Thresholds

_FIRST, _LAST = ("starts_on",), ("ends_on",)

BILLING_SCHEDULE = Profile(
    entity="billing_schedule",
    fields=(
        Field("contract", ("contract",), identity.references("contract")),
        Field("line", ("contract_line_no",), identity.categories("contract_line_no")),
        Field("engagement", ("engagement",), identity.references("engagement")),
        Field("client", ("bill_to_client",), identity.references("bill_to_client")),
        Field("po_number", ("po_number",), identity.numbers("po_number")),
        Field("period", (*_FIRST, *_LAST), terms.period(_FIRST, _LAST)),
        Field("total_amount", ("total_amount", "currency"), terms.amount("total_amount")),
        Field("currency", ("currency",), identity.categories("currency")),
        Field("schedule_type", ("schedule_type",), identity.categories("schedule_type")),
        Field("trigger", ("billing_trigger",), identity.categories("billing_trigger")),
    ),
    comparisons=(
        Reference("contract", "contract", m=0.97, u=0.25),
        Category("contract_line_no", "line", m=0.97, u=0.25),
        Reference("engagement", "engagement", m=0.95, u=0.25),
        Reference("bill_to_client", "client", m=0.97, u=0.6),
        Code("po_number", "po_number", trust=0.5),
        Period("period", "period"),
        Amount("total_amount", "total_amount"),
        Category("currency", "currency", m=0.98, u=0.7),
        Category("schedule_type", "schedule_type", m=0.92, u=0.35),
        Category("billing_trigger", "trigger", m=0.9, u=0.35),
    ),
    keys=(
        Key("contract+line", (Part("contract", blocks.whole), Part("line", blocks.whole))),
        Key("contract", (Part("contract", blocks.whole),)),
        Key("engagement", (Part("engagement", blocks.whole),)),
        Key("po", (Part("po_number", blocks.whole),)),
        Key("client+year", (Part("client", blocks.whole), Part("period", blocks.first_year))),
        Key("client+amount", (Part("client", blocks.whole), Part("total_amount", blocks.amount))),
    ),
    thresholds=Thresholds(),
)
