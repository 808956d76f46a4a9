"""Systems in which each kind of record is written in its own way: one object a kind does it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, Generic, TypeVar

from sync.connectors import profile as profiles
from sync.connectors.base import RecordConnector
from sync.connectors.profile import Object, Rendered
from sync.inbound.arrivals import Item
from sync.outbound.content.envelope import Message


class Kind(ABC):
    """One kind of record in one system."""

    @abstractmethod
    def create(self, rendered: Rendered, message: Message) -> str:
        """Make it; returns the id that the hub knows it by."""

    @abstractmethod
    def update(self, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write what differs; Missing where there is none."""

    @abstractmethod
    def end(self, source_id: str, message: Message) -> None:
        """It is used no longer; Missing where there is none."""

    def known_as(self, identity: str) -> str:
        """The id that the hub knows a record by, from that or from another of the system's."""
        return identity

    def settle(self, rendered: Rendered) -> Rendered:
        """The record as the system can hold it."""
        return rendered


K = TypeVar("K", bound=Kind)


class KindsConnector(RecordConnector, Generic[K]):
    """Hands each record to its kind; subclasses fill `kinds`, by entity."""

    kinds: Mapping[str, K]

    def of(self, entity: str) -> K:
        """The kind of an entity; refused as `object_of` refuses what is not held."""
        self.object_of(entity)
        return self.kinds[entity]

    def rendered(self, message: Message) -> Rendered:
        """The record as the system can hold it."""
        return self.of(message.entity).settle(super().rendered(message))

    def projection(self, message: Message) -> Mapping[str, Any]:
        """What the system should hold after the message, per canonical path."""
        thing = self.object_of(message.entity)
        return self.of(message.entity).settle(profiles.render(thing, message)).attributes

    def create(self, thing: Object, rendered: Rendered, message: Message) -> str:
        """Make the record."""
        return self.of(thing.entity).create(rendered, message)

    def update(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write what differs."""
        self.of(thing.entity).update(source_id, rendered, message)

    def deactivate(self, thing: Object, source_id: str, message: Message) -> None:
        """Use it no longer."""
        self.of(thing.entity).end(source_id, message)

    def again(self, entity: str, source_ids: Collection[str]) -> list[Item]:
        """These records read anew; an event may name one by another id than the hub's."""
        known = dict.fromkeys(map(self.of(entity).known_as, source_ids))
        return super().again(entity, list(known))
