"""From the canonical document of a source record to its features, once, at intake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import repeat
from operator import contains
from typing import Any

import phonenumbers

from matching.engine.fields.document import Cell
from matching.engine.profile import Profile

NORMALISER_VERSION = f"2/{phonenumbers.__version__}"
"""Features of another version are not compared: they are read again from the record."""

_FIELDS, _ATOMS = "\x1d", "\x1e"


class OutdatedFeatures(ValueError):
    """Packed by another version of the normaliser: build them again from the record."""


class Features:
    """What matching knows of one record: normalised atoms for each field of the profile.

    `texts` holds each field's atoms as one text, as they are kept; most that are read are only
    told apart by it.
    """

    __slots__ = ("_cells", "entity", "texts")

    def __init__(self, entity: str, cells: Iterable[Cell]) -> None:
        self.entity, self.texts = entity, tuple(map(text_of, cells))
        self._cells: tuple[Cell, ...] | None = None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The atoms, field by field."""
        if self._cells is None:
            self._cells = tuple(map(cell_of, self.texts))
        return self._cells

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Features):
            return NotImplemented
        return self.texts == other.texts and self.entity == other.entity

    def __hash__(self) -> int:
        return hash((self.entity, self.texts))

    def pack(self) -> bytes:
        """A compact form that sorts and compares like the features themselves."""
        return _FIELDS.join((NORMALISER_VERSION, self.entity, *self.texts)).encode()

    @classmethod
    def unpack(cls, packed: bytes | memoryview) -> Features:
        """Read `pack`'s answer; raises OutdatedFeatures for that of another version."""
        version, entity, *texts = str(packed, "utf-8").split(_FIELDS)
        if version != NORMALISER_VERSION:
            raise OutdatedFeatures(f"packed by {version}, this is {NORMALISER_VERSION}")
        found = cls.__new__(cls)
        found.entity, found.texts, found._cells = entity, tuple(texts), None
        return found

    @property
    def empty(self) -> bool:
        """Whether nothing that could identify the record is left."""
        return not any(self.texts)


def cell_of(text: str) -> Cell:
    """The atoms that one of a record's texts holds."""
    return tuple(text.split(_ATOMS)) if text else ()


def any_several(texts: Iterable[str]) -> bool:
    """Whether any of the texts holds several atoms."""
    return any(map(contains, texts, repeat(_ATOMS)))


def text_of(cell: Cell) -> str:
    """The text that holds the atoms of a cell."""
    return _ATOMS.join(cell)


def features(profile: Profile, values: Mapping[str, Any]) -> Features:
    """Read a canonical document, nested or flattened; unknown attributes are ignored."""
    return Features(profile.entity, tuple(f.read(values) for f in profile.fields))
