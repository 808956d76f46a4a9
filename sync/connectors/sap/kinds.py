"""What is asked of each kind of record in SAP S/4HANA, which each has a service of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from sync.connectors.odata import OData
from sync.connectors.profile import Object, Rendered

Row = Mapping[str, Any]


class Kind(ABC):
    """One kind of record: `id` is the field of its key, `key_field` that of our code, `expand` the
    parts that it is read with."""

    id: ClassVar[str]
    expand: ClassVar[str] = ""

    def __init__(self, thing: Object, odata: OData, settings: Mapping[str, Any]) -> None:
        self.thing, self.odata, self.settings = thing, odata, settings
        self.key_field = thing.key

    def key(self, source_id: str) -> dict[str, Any]:
        """The key of a record."""
        return {self.id: source_id}

    @abstractmethod
    def found(self, key: str) -> list[Row]:
        """The records that keep our key."""

    @abstractmethod
    def create(self, rendered: Rendered, key: str) -> str:
        """Make a record with our key in it; its id."""

    @abstractmethod
    def update(self, source_id: str, rendered: Rendered, key: str) -> None:
        """Write to a record; Missing where there is none."""

    @abstractmethod
    def end(self, source_id: str) -> None:
        """Say that it is used no longer."""

    @abstractmethod
    def since(self, moment: datetime | None) -> str:
        """A filter for what changed on or after a moment, or for all."""

    @abstractmethod
    def changed_at(self, row: Row) -> datetime | None:
        """When a record was changed last."""

    @abstractmethod
    def inward(self, row: Row) -> dict[str, Any]:
        """A record as the profile and the mapping read it."""

    def compared(self, row: Row) -> dict[str, Any]:
        """A record as it is compared with ours: without what we never write."""
        return self.inward(row)

    def pages(self, moment: datetime | None) -> Iterator[Sequence[Row]]:
        """What changed on or after a moment, in no order."""
        yield from self.odata.query(self.thing.name, filter=self.since(moment), expand=self.expand)

    def rows(self, source_ids: Iterable[str]) -> Iterator[Row]:
        """The records of these ids; missing ones are left out."""
        for source_id in source_ids:
            row = self.odata.get(self.thing.name, self.key(source_id), expand=self.expand)
            if row is not None:
                yield row
