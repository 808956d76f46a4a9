"""Clients: organisations by name, numbers, web, phone and address."""

from __future__ import annotations

from matching.engine import blocks
from matching.engine.compare.contact import Phone, Web
from matching.engine.compare.exact import Category, Identifier
from matching.engine.compare.names import Name
from matching.engine.compare.places import Place, Street
from matching.engine.fields import contact, identity, organisation, place
from matching.engine.fields.document import Field
from matching.engine.profile import Key, Overlap, Part, Profile, Thresholds

_ADDRESS = ("addresses", "address_line", "address_line_2", "locality", "region", "postal_code")
_WHEREABOUTS = ("website", "phone", "address", "locality", "country")

CLIENT = Profile(
    entity="client",
    fields=(
        Field("name", ("legal_name", "trading_name"), organisation.names),
        Field("tax_id", ("tax_ids", "tax_id", "country"), identity.tax_ids),
        Field("lei", ("lei", "identifiers"), identity.leis),
        Field("duns", ("duns", "identifiers"), identity.duns),
        Field("identifiers", ("identifiers",), identity.identifiers),
        Field("web", ("website", "email", "contacts"), contact.web),
        Field("phone", ("phone", "contacts"), contact.phones),
        Field("address", _ADDRESS, place.addresses),
        Field("country", ("addresses", "country"), place.countries),
    ),
    comparisons=(
        Name("legal_name", "name"),
        Category("legal_form", "name", m=0.85, u=0.25, position=1),
        Identifier("tax_id", "tax_id"),
        Identifier("lei", "lei"),
        Identifier("duns", "duns"),
        Identifier("identifiers", "identifiers", trust=0.8),
        Web("website", "web"),
        Phone("phone", "phone"),
        Street("address", "address"),
        Place("locality", "address"),
        Category("country", "country", m=0.96, u=0.4),
    ),
    keys=(
        Key("lei", (Part("lei", blocks.value),), strong=True),
        Key("tax", (Part("tax_id", blocks.value),), strong=True),
        Key("duns", (Part("duns", blocks.value),), strong=True),
        Key("identifier", (Part("identifiers", blocks.value),), strong=True),
        Key("domain", (Part("web", blocks.domain),)),
        Key("phone", (Part("phone", blocks.whole),)),
        Key("name", (Part("name", blocks.compact),), whole=True),
        Key("words", (Part("name", blocks.word_pairs),)),
        Key("street", (Part("address", blocks.street),)),
        Key("word+postal", (Part("name", blocks.start(4)), Part("address", blocks.postal))),
        Key("word+town", (Part("name", blocks.first_word), Part("address", blocks.town))),
        Key("word+number", (Part("name", blocks.words), Part("address", blocks.street_number))),
        Key("label", (Part("web", blocks.label),)),
        Key("word", (Part("name", blocks.words),)),
        Key("initials", (Part("name", blocks.initials),)),
        Key("letters", (Part("name", blocks.shingles),)),
        Key("sound+town", (Part("name", blocks.sound), Part("address", blocks.town))),
        Key("sound", (Part("name", blocks.sound),)),
    ),
    overlaps=(Overlap(_WHEREABOUTS, against="legal_name", bits=8),),
    thresholds=Thresholds(),
)
