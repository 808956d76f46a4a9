"""One profile an entity: how its records are read, compared, found and decided on."""

from __future__ import annotations

from matching.engine.profile import Profile
from matching.profiles.billing_schedule import BILLING_SCHEDULE
from matching.profiles.client import CLIENT
from matching.profiles.contract import CONTRACT
from matching.profiles.engagement import ENGAGEMENT
from matching.profiles.rate_card import RATE_CARD
from matching.profiles.resource import RESOURCE

PROFILES = {
    profile.entity: profile
    for profile in (CLIENT, ENGAGEMENT, CONTRACT, RESOURCE, RATE_CARD, BILLING_SCHEDULE)
}


class UnknownEntity(KeyError):
    """No profile of this name: one of client, engagement, contract, resource, ..."""


def profile_for(entity: str) -> Profile:
    """The profile of an entity; raises UnknownEntity."""
    try:
        return PROFILES[entity]
    except KeyError:
        raise UnknownEntity(f"{entity!r} is none of {', '.join(PROFILES)}") from None


def entity_named(name: str) -> str:
    """The entity a path or a person means by `clients`, `rate-cards` or `client`."""
    plain = name.strip().lower().replace("-", "_")
    entity = plain if plain in PROFILES else plain.removesuffix("s")
    return profile_for(entity).entity
