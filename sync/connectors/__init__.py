"""How targets are spoken to: protocol clients, and one short profile a system.

`protocol` says what a connector offers, `base` what those by profile share, `profile` and `forms`
how a system is described; docs/connectors.md tells how to add one.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from sync import egress
from sync.connectors.base import ProfileConnector
from sync.connectors.confluence.connector import Confluence
from sync.connectors.dynamics.connector import Dynamics
from sync.connectors.hubspot.connector import HubSpot
from sync.connectors.kantata.connector import Kantata
from sync.connectors.killbill.connector import KillBill
from sync.connectors.netsuite.connector import NetSuite
from sync.connectors.oracle.connector import Oracle
from sync.connectors.protocol import Connector
from sync.connectors.salesforce.certinia import Certinia
from sync.connectors.salesforce.connector import Salesforce
from sync.connectors.sap.connector import S4Hana
from sync.connectors.scim import Scim
from sync.connectors.tryton import Tryton
from sync.connectors.webhook import Webhook
from sync.connectors.workday.connector import Workday
from sync.connectors.zuora.connector import Zuora
from sync.models import Connection, Subscription

WEBHOOK: Final = "webhook"
SYSTEMS: Final[dict[str, type[ProfileConnector]]] = {
    kind.profile.name: kind
    for kind in (
        Salesforce,
        Certinia,
        HubSpot,
        Scim,
        Tryton,
        Workday,
        NetSuite,
        Dynamics,
        KillBill,
        S4Hana,
        Kantata,
        Zuora,
        Oracle,
        Confluence,
    )
}


class Unusable(ValueError):
    """A connector may not be used as asked; the message says why."""


@cache
def attributes(connector: str, entity: str) -> frozenset[str] | None:
    """The canonical attributes that a connector has a place for; None: all there are."""
    if connector == WEBHOOK:
        return None
    thing = SYSTEMS[connector].profile.objects.get(entity)
    return thing.attributes if thing else frozenset()


@cache
def parents(connector: str, entity: str) -> frozenset[str]:
    """The references that a connector's system must hold before it takes such a record."""
    if connector == WEBHOOK:
        return frozenset()
    thing = SYSTEMS[connector].profile.objects.get(entity)
    return thing.parents if thing else frozenset()


@cache
def words(connector: str) -> dict[tuple[str, str], str]:
    """The word per vocabulary and term that systems of this kind usually have."""
    if connector == WEBHOOK:
        return {}
    shipped = SYSTEMS[connector].profile.words
    return {(name, term): word for name, terms in shipped.items() for term, word in terms.items()}


def erases(connector: str, entity: str) -> bool:
    """Whether a target forgets a person by itself; one that takes events is told to."""
    return connector == WEBHOOK or entity in SYSTEMS[connector].capabilities.erases


def for_subscription(subscription: Subscription, client: egress.Client) -> Connector:
    """The connector that delivers a subscription."""
    if subscription.connector == WEBHOOK:
        return Webhook(subscription, client)
    return for_connection(Connection.objects.get(pk=subscription.system_id), client)


def for_connection(connection: Connection, client: egress.Client) -> ProfileConnector:
    """The connector that speaks to a system, in both directions."""
    return SYSTEMS[connection.connector](connection, client)


def check(connector: str, system: str, entities: list[str]) -> None:
    """Raise Unusable where a subscription could not be delivered by this connector.

    A system in which a repeat could have a second effect gets no subscription at all.
    """
    if connector == WEBHOOK:
        return
    kind = SYSTEMS.get(connector)
    if kind is None:
        raise Unusable(f"A connector is one of {', '.join([WEBHOOK, *sorted(SYSTEMS)])}.")
    if not kind.capabilities.guarantees:
        raise Unusable(
            f"{kind.profile.title} could apply a repeated message twice; it is only read."
        )
    if not Connection.objects.filter(pk=system, connector=connector).exists():
        raise Unusable(f"The system {system} is not connected by {connector}.")
    foreign = [entity for entity in entities if entity not in kind.profile.objects]
    if foreign:
        raise Unusable(f"{kind.profile.title} has no place for: {', '.join(foreign)}.")
