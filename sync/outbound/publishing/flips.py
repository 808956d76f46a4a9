"""Flips: an attribute that two systems overwrite in turn, each passing on what the other undid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Said:
    """One version: its values, and the system whose record won each attribute."""

    values: Mapping[str, Any]
    systems: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Flip:
    """An attribute that went to and fro: how often, and the newest value of either system."""

    attribute: str
    times: int
    newest: Mapping[str, Any]


def find(versions: Sequence[Said]) -> list[Flip]:
    """The attributes that flipped at least 5 times between two systems, oldest version first.

    One that is quiet in the newest version's hands, because a third system or a person has it,
    flips no more.
    """
    names = sorted({name for version in versions for name in version.systems})
    flips = [_flip(name, versions) for name in names]
    return [flip for flip in flips if flip.times >= ENOUGH and len(flip.newest) == 2]


def _flip(name: str, versions: Sequence[Said]) -> Flip:
    said = [(v.systems[name], v.values.get(name)) for v in versions if name in v.systems]
    changes = [after for before, after in pairwise(said) if _overwrites(before, after)]
    return Flip(name, len(changes), dict(said))


def _overwrites(before: tuple[str, Any], after: tuple[str, Any]) -> bool:
    return before[0] != after[0] and before[1] != after[1]
