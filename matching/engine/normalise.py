"""From the canonical document of a source record to its features, once, at intake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import phonenumbers

from matching.engine.fields.document import Cell
from matching.engine.profile import Profile

NORMALISER_VERSION = f"2/{phonenumbers.__version__}"
"""Features of another version are not compared: they are read again from the record."""

_FIELDS, _ATOMS = "\x1d", "\x1e"


class OutdatedFeatures(ValueError):
    """Packed by another version of the normaliser: build them again from the record."""


@dataclass(frozen=True, slots=True)
class Features:
    """What matching knows of one record: normalised atoms for each field of the profile."""

    entity: str
    cells: tuple[Cell, ...]

    def pack(self) -> bytes:
        """A compact form that sorts and compares like the features themselves."""
        cells = (_ATOMS.join(cell) for cell in self.cells)
        return _FIELDS.join((NORMALISER_VERSION, self.entity, *cells)).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> Features:
        """Read `pack`'s answer; raises OutdatedFeatures for that of another version."""
        version, entity, *cells = bytes(packed).decode().split(_FIELDS)
        if version != NORMALISER_VERSION:
            raise OutdatedFeatures(f"packed by {version}, this is {NORMALISER_VERSION}")
        return cls(entity, tuple(tuple(c.split(_ATOMS)) if c else () for c in cells))

    @property
    def empty(self) -> bool:
        """Whether nothing that could identify the record is left."""
        return not any(self.cells)


def features(profile: Profile, values: Mapping[str, Any]) -> Features:
    """Read a canonical document, nested or flattened; unknown attributes are ignored."""
    return Features(profile.entity, tuple(f.read(values) for f in profile.fields))
