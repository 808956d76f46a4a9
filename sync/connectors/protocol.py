"""What every connector offers: send; and where its system allows it, read and changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from sync.inbound.arrivals import Item
from sync.outbound.answers.retry import Answer
from sync.outbound.content.envelope import Message


class Guarantee(StrEnum):
    """Why a message that is sent twice has one effect."""

    KEY = "idempotency key"  # the target remembers the message's id
    UPSERT = "upsert"  # the target finds its record by our key
    CONDITIONAL = "conditional write"  # the target refuses what it did not expect
    READ_BACK = "read back"  # we look for our key before we create


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector's system can do. Without a guarantee no subscription may use it.

    `erases` are the entities of which it can forget a person; elsewhere that is done by hand.
    """

    guarantees: frozenset[Guarantee]
    reads: bool = False
    pulls: bool = False
    merges: bool = False
    erases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Held:
    """What a target holds of one record now.

    `values` are comparable with `Connector.projection` of a message, attribute by attribute;
    `key` is our golden code where the target keeps it, `version` its own mark of the version.
    """

    entity: str
    source_id: str
    key: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True
    version: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Records that changed, read anew, and the cursor to go on from once they are taken in."""

    items: Sequence[Item]
    cursor: str


class Connector(Protocol):
    """How a target is spoken to; `batch` messages go in one call, and one answer comes for each."""

    batch: int

    def send(self, messages: Sequence[Message]) -> list[Answer]:
        """Send and answer; a failure is an answer, never an exception."""
        ...


class SystemConnector(Connector, Protocol):
    """A connector that speaks a system's own language, in both directions where it can."""

    capabilities: ClassVar[Capabilities]

    def projection(self, message: Message) -> Mapping[str, Any]:
        """What the target should hold after the message, per canonical attribute; no HTTP."""
        ...

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the target holds now, of these ids or of all; missing ones are left out.

        Raises egress.Unreachable and rest.Turned.
        """
        ...

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """What changed since the cursor, oldest first; with an empty cursor everything.

        Raises egress.Unreachable and rest.Turned; pages that came before may be kept.
        """
        ...

    def again(self, entity: str, source_ids: Collection[str]) -> Sequence[Item]:
        """These records as `changes` would bring them now; one that is gone is retired.

        Raises egress.Unreachable and rest.Turned.
        """
        ...
