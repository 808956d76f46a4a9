"""What a profile of an entity says: fields, comparisons, keys, thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.engine.blocks import Parts
from matching.engine.compare.base import Comparator
from matching.engine.fields.document import Field

LITTLE = 1.0
"""Bits with which a level starts that may yet turn out to speak against a match."""

Blocks = Callable[[Parts], str | Sequence[str] | Sequence[int]]
"""From the parts of one atom to what records that may match are filed under; see `blocks`."""


@dataclass(frozen=True, slots=True)
class Part:
    """One half of a key: blocks of one field."""

    field: str
    blocks: Blocks


@dataclass(frozen=True, slots=True)
class Key:
    """A way in which two records of one thing are found: they share a block of every part."""

    name: str
    parts: tuple[Part, ...]
    strong: bool = False
    whole: bool = False
    """Whether sharing it means sharing the whole name: crowds under it are worth a look."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Attributes that neighbours share, such as phone and address: where another attribute
    says nothing for a match, together they count for no more than `bits`."""

    attributes: tuple[str, ...]
    against: str
    bits: float


class Shared(NamedTuple):
    """An overlap: places in `comparisons`, the place that objects, the weight from which
    each of its levels does no longer object, the cap in bits."""

    places: list[int]
    against: int
    objects: npt.NDArray[np.float64]
    bits: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities from which a record is linked, or reviewed; bits the best must lead by."""

    link: float = 0.95
    review: float = 0.35
    margin: float = 3.0


@dataclass(frozen=True)
class Profile:
    """How records of one entity are matched: a list to be read from top to bottom."""

    entity: str
    fields: tuple[Field, ...]
    comparisons: tuple[Comparator, ...]
    keys: tuple[Key, ...]
    thresholds: Thresholds = field(default_factory=Thresholds)
    overlaps: tuple[Overlap, ...] = ()
    prior: float = 0.05
    """Share of candidate pairs that match where nothing has been learned yet."""

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """Every canonical attribute that is looked at."""
        return tuple(dict.fromkeys(name for f in self.fields for name in f.inputs))

    @cached_property
    def shared(self) -> tuple[Shared, ...]:
        """Each overlap by places in `comparisons`."""
        at = {c.attribute: k for k, c in enumerate(self.comparisons)}
        return tuple(
            Shared(
                [at[a] for a in o.attributes],
                at[o.against],
                _objections(self.comparisons[at[o.against]]),
                o.bits,
            )
            for o in self.overlaps
        )

    @cached_property
    def first(self) -> npt.NDArray[np.int64]:
        """Where the levels of each comparison begin, all of them one after the other."""
        size = np.array([len(c.levels) + 1 for c in self.comparisons], np.int64)
        return (np.cumsum(size) - size)[:, None]

    @cached_property
    def compared(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """The place of each field that is compared, with the places of its comparisons."""
        found: dict[int, list[int]] = {}
        for place, comparator in enumerate(self.comparisons):
            found.setdefault(self.position[comparator.field], []).append(place)
        return tuple((field, tuple(places)) for field, places in found.items())

    @cached_property
    def parts(self) -> dict[str, tuple[int, ...]]:
        """The name of each key -> the numbers of its parts: equal parts are one."""
        distinct = dict.fromkeys(part for key in self.keys for part in key.parts)
        number = {part: place for place, part in enumerate(distinct)}
        return {key.name: tuple(number[part] for part in key.parts) for key in self.keys}

    @cached_property
    def position(self) -> dict[str, int]:
        """Field name -> its place in `Features.cells`."""
        return {f.name: place for place, f in enumerate(self.fields)}


def _objections(comparator: Comparator) -> npt.NDArray[np.float64]:
    """For each level, 0 first, the weight from which it does not object to a match.

    What starts without evidence for a match always objects; what starts with little, where it has
    learned to; a clear agreement never does.
    """
    limits = ((-np.inf, 0.0, np.inf)[(v.bits <= LITTLE) + (v.bits <= 0)] for v in comparator.levels)
    return np.array([-np.inf, *limits])
