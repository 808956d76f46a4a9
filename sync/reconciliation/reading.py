"""How a target is asked what it holds: by its connector, or by a webhook's read-back address."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

from sync import connectors, egress
from sync.connectors.webhook import ReadBack
from sync.models import Connection, Subscription
from sync.outbound.content.envelope import Message


class Held(Protocol):
    """What a target holds of one record now, comparable with `projection` of a message.

    `key` is our golden code or id where the target keeps it, `version` the version it holds.
    """

    @property
    def source_id(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def values(self) -> Mapping[str, Any]: ...
    @property
    def active(self) -> bool: ...
    @property
    def version(self) -> str: ...


class Reader(Protocol):
    """What a connector offers whose system can be asked."""

    def projection(self, message: Message) -> Mapping[str, Any]:
        """What the target should hold after the message, per canonical attribute."""
        ...

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the target holds, of these of its ids or of all."""
        ...


def can_be_read(subscription: Subscription) -> bool:
    """Whether this target can be asked at all."""
    if subscription.connector == connectors.WEBHOOK:
        return bool(subscription.read_url)
    return connectors.SYSTEMS[subscription.connector].capabilities.reads


def reader(subscription: Subscription, client: egress.Client) -> Reader | None:
    """How to ask it; None where it cannot be asked."""
    if not can_be_read(subscription):
        return None
    if subscription.connector == connectors.WEBHOOK:
        return ReadBack(subscription, client)
    connection = Connection.objects.get(pk=subscription.system_id)
    return connectors.for_connection(connection, client)
