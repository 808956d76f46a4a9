"""Resources: people by worker number, e-mail, name, date of birth and home."""

from __future__ import annotations

from matching.engine import blocks
from matching.engine.compare.contact import Email, Phone
from matching.engine.compare.dates import Birthday
from matching.engine.compare.exact import Category, Identifier
from matching.engine.compare.people import PersonName
from matching.engine.compare.places import Place, Street
from matching.engine.fields import contact, identity, person, place
from matching.engine.fields.document import Field
from matching.engine.profile import Key, Overlap, Part, Profile, Thresholds

_NAMES = ("given_name", "family_name", "display_name", "preferred_name")
_ADDRESS = (
    "home_address",
    "address_line",
    "address_line_2",
    "locality",
    "region",
    "postal_code",
    "country",
)
_HOUSEHOLD = ("family_name", "phone", "address", "locality")

RESOURCE = Profile(
    entity="resource",
    fields=(
        Field("name", _NAMES, person.people),
        Field("date_of_birth", ("date_of_birth",), person.birthdays),
        Field("worker_id", ("worker_id",), identity.numbers("worker_id", scheme="worker")),
        Field("national_id", ("national_id",), identity.numbers("national_id", scheme="national")),
        Field("user_name", ("user_name",), identity.numbers("user_name", scheme="user")),
        Field("email", ("email",), contact.emails),
        Field("phone", ("phone",), contact.phones),
        Field("address", _ADDRESS, place.addresses),
        Field("supplier", ("supplier",), identity.references("supplier")),
        Field("employing_entity", ("employing_entity",), identity.categories("employing_entity")),
    ),
    comparisons=(
        PersonName("given_name", 0),
        PersonName("family_name", 1),
        Birthday(),
        Identifier("worker_id", "worker_id", slip=-2.0),
        Identifier("national_id", "national_id"),
        Identifier("user_name", "user_name", trust=0.8),
        Email(),
        Phone(),
        Street(),
        Place(),
        Category("supplier", "supplier", m=0.95, u=0.2),
        Category("employing_entity", "employing_entity", m=0.95, u=0.4),
    ),
    keys=(
        Key("worker", (Part("worker_id", blocks.value),), strong=True),
        Key("national", (Part("national_id", blocks.value),), strong=True),
        Key("user", (Part("user_name", blocks.value),)),
        Key("email", (Part("email", blocks.whole),), strong=True),
        Key("phone", (Part("phone", blocks.whole),)),
        Key("name+born", (Part("name", blocks.any_name), Part("date_of_birth", blocks.whole))),
        Key("full name", (Part("name", blocks.full_name),), whole=True),
        Key("nickname", (Part("name", blocks.formal_name),)),
        Key("mailbox", (Part("email", blocks.mailbox),)),
        Key("mail host", (Part("email", blocks.mail_host),)),
        Key("street", (Part("address", blocks.street),)),
        Key("born", (Part("date_of_birth", blocks.whole),)),
        Key(
            "name+month", (Part("name", blocks.any_name), Part("date_of_birth", blocks.year_month))
        ),
        Key("name+day", (Part("name", blocks.any_name), Part("date_of_birth", blocks.month_day))),
        Key("name+postal", (Part("name", blocks.any_name), Part("address", blocks.postal))),
        Key("name+town", (Part("name", blocks.any_name), Part("address", blocks.town))),
        Key(
            "sound+born", (Part("name", blocks.name_sound), Part("date_of_birth", blocks.year_day))
        ),
        Key("letters", (Part("name", blocks.letters),)),
        Key("mailbox slip", (Part("email", blocks.shingles),)),
    ),
    overlaps=(Overlap(_HOUSEHOLD, against="given_name", bits=7),),
    thresholds=Thresholds(),
)
