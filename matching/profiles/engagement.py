"""Engagements: by client, name, numbers and dates."""

from __future__ import annotations

from matching.engine import blocks
from matching.engine.compare.dates import Period
from matching.engine.compare.exact import Amount, Category, Code, Reference
from matching.engine.compare.names import Name
from matching.engine.fields import identity, organisation, terms
from matching.engine.fields.document import Field
from matching.engine.profile import Key, Overlap, Part, Profile, Thresholds

_FIRST, _LAST = ("actual_start", "planned_start"), ("actual_end", "planned_end")

ENGAGEMENT = Profile(
    entity="engagement",
    fields=(
        Field("name", ("name",), organisation.titles("name")),
        Field("client", ("client",), identity.references("client")),
        Field("contracts", ("contracts",), identity.references("contracts")),
        Field("wbs_code", ("wbs_code",), identity.numbers("wbs_code")),
        Field("opportunity_ref", ("opportunity_ref",), identity.numbers("opportunity_ref")),
        Field("workspace_uri", ("workspace_uri",), identity.numbers("workspace_uri")),
        Field("period", (*_FIRST, *_LAST), terms.period(_FIRST, _LAST)),
        Field("fee_budget", ("fee_budget", "currency"), terms.amount("fee_budget")),
        Field("currency", ("currency",), identity.categories("currency")),
        Field("billing_method", ("billing_method",), identity.categories("billing_method")),
        Field("service_line", ("service_line",), identity.categories("service_line")),
    ),
    comparisons=(
        Name("name", "name"),
        Reference("client", "client", m=0.98, u=0.5),
        Reference("contracts", "contracts", m=0.8, u=0.1),
        Code("wbs_code", "wbs_code"),
        Code("opportunity_ref", "opportunity_ref"),
        Code("workspace_uri", "workspace_uri"),
        Period("period", "period"),
        Amount("fee_budget", "fee_budget"),
        Category("currency", "currency", m=0.97, u=0.5),
        Category("billing_method", "billing_method", m=0.85, u=0.3),
        Category("service_line", "service_line", m=0.9, u=0.25),
    ),
    keys=(
        Key("wbs", (Part("wbs_code", blocks.whole),), strong=True),
        Key("opportunity", (Part("opportunity_ref", blocks.whole),), strong=True),
        Key("workspace", (Part("workspace_uri", blocks.whole),), strong=True),
        Key("name", (Part("name", blocks.compact),), whole=True),
        Key("client+word", (Part("client", blocks.whole), Part("name", blocks.words))),
        Key("contract", (Part("contracts", blocks.whole),)),
        Key("client+year", (Part("client", blocks.whole), Part("period", blocks.first_year))),
        Key("words", (Part("name", blocks.word_pairs),)),
        Key("client", (Part("client", blocks.whole),)),
        Key("letters", (Part("name", blocks.shingles),)),
    ),
    overlaps=(Overlap(("name", "period", "fee_budget"), against="client", bits=5),),
    thresholds=Thresholds(),
)
