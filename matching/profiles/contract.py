"""Contracts: by number, client, title, dates and value."""

from __future__ import annotations

from matching.engine import blocks
from matching.engine.compare.dates import Period
from matching.engine.compare.exact import Amount, Category, Code, Reference
from matching.engine.compare.names import Name
from matching.engine.fields import identity, organisation, terms
from matching.engine.fields.document import Field
from matching.engine.profile import Key, Overlap, Part, Profile, Thresholds

_FIRST, _LAST = ("effective_from", "signed_by_client_on", "signed_by_us_on"), ("effective_to",)

CONTRACT = Profile(
    entity="contract",
    fields=(
        Field("number", ("contract_number",), identity.numbers("contract_number")),
        Field("client", ("client",), identity.references("client")),
        Field("title", ("title",), organisation.titles("title")),
        Field("po_number", ("po_number",), identity.numbers("po_number")),
        Field("parent", ("parent",), identity.references("parent")),
        Field("period", (*_FIRST, *_LAST), terms.period(_FIRST, _LAST)),
        Field("total_value", ("total_value", "currency"), terms.amount("total_value")),
        Field("currency", ("currency",), identity.categories("currency")),
        Field("contract_type", ("contract_type",), identity.categories("contract_type")),
        Field("entity", ("contracting_entity",), identity.categories("contracting_entity")),
    ),
    comparisons=(
        Code("contract_number", "number"),
        Reference("client", "client", m=0.98, u=0.45),
        Name("title", "title"),
        Code("po_number", "po_number"),
        Reference("parent", "parent", m=0.9, u=0.3),
        Period("period", "period"),
        Amount("total_value", "total_value"),
        Category("currency", "currency", m=0.97, u=0.5),
        Category("contract_type", "contract_type", m=0.9, u=0.3),
        Category("contracting_entity", "entity", m=0.95, u=0.5),
    ),
    keys=(
        Key(
            "number+client",
            (Part("number", blocks.whole), Part("client", blocks.whole)),
            strong=True,
        ),
        Key("number", (Part("number", blocks.whole),)),
        Key("po", (Part("po_number", blocks.whole),)),
        Key("client+year", (Part("client", blocks.whole), Part("period", blocks.first_year))),
        Key("client+word", (Part("client", blocks.whole), Part("title", blocks.words))),
        Key("client+value", (Part("client", blocks.whole), Part("total_value", blocks.amount))),
        Key("title", (Part("title", blocks.compact),), whole=True),
        Key("number slip", (Part("number", blocks.slips(0)),)),
        Key("client", (Part("client", blocks.whole),)),
        Key("letters", (Part("title", blocks.shingles),)),
    ),
    overlaps=(Overlap(("contract_number", "title", "period"), against="client", bits=6),),
    thresholds=Thresholds(),
)
