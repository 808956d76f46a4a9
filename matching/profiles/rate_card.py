"""Rate cards: by what they cover, name, currency, dates and version."""

from __future__ import annotations

from matching.engine import blocks
from matching.engine.compare.dates import Period
from matching.engine.compare.exact import Category, Reference
from matching.engine.compare.names import Name
from matching.engine.fields import identity, organisation, terms
from matching.engine.fields.document import Field
from matching.engine.profile import Key, Overlap, Part, Profile, Thresholds

_FIRST, _LAST = ("effective_from",), ("effective_to",)

RATE_CARD = Profile(
    entity="rate_card",
    fields=(
        Field("name", ("name",), organisation.titles("name")),
        Field("scope", ("scope",), identity.references("scope")),
        Field("period", (*_FIRST, *_LAST), terms.period(_FIRST, _LAST)),
        Field("currency", ("currency",), identity.categories("currency")),
        Field("rate_card_type", ("rate_card_type",), identity.categories("rate_card_type")),
        Field("purpose", ("purpose",), identity.categories("purpose")),
        Field("card_version", ("card_version",), identity.categories("card_version")),
        Field("base_rate_card", ("base_rate_card",), identity.references("base_rate_card")),
    ),
    comparisons=(
        Name("name", "name"),
        Reference("scope", "scope", m=0.9, u=0.2),
        Period("period", "period"),
        Category("currency", "currency", m=0.98, u=0.4),
        Category("rate_card_type", "rate_card_type", m=0.92, u=0.35),
        Category("purpose", "purpose", m=0.96, u=0.5),
        Category("card_version", "card_version", m=0.93, u=0.3),
        Reference("base_rate_card", "base_rate_card", m=0.9, u=0.3),
    ),
    keys=(
        Key("name", (Part("name", blocks.compact),), whole=True),
        Key("scope+year", (Part("scope", blocks.whole), Part("period", blocks.first_year))),
        Key("scope", (Part("scope", blocks.whole),)),
        Key("words", (Part("name", blocks.word_pairs),)),
        Key("letters", (Part("name", blocks.shingles),)),
    ),
    overlaps=(Overlap(("name", "period"), against="scope", bits=5),),
    thresholds=Thresholds(),
)
