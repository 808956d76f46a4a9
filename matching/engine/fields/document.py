"""Reaching into a canonical document, whose lists may be flattened to columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Values = Mapping[str, Any]
Cell = tuple[str, ...]
"""The normalised values (atoms) of one field of one record."""


class Reader(Protocol):
    """Turns the values of one record into normalised atoms."""

    def __call__(self, values: Values, /) -> Cell: ...


@dataclass(frozen=True, slots=True)
class Field:
    """A named set of atoms with the attributes it is read from."""

    name: str
    inputs: tuple[str, ...]
    read: Reader


def text(values: Values, name: str) -> str:
    """One attribute as text; "" where it is absent, null or not a scalar."""
    value = values.get(name)
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, dict | list | bool) else str(value)


def items(values: Values, name: str) -> Iterator[Values]:
    """The objects of a list attribute, or the one object of an object attribute."""
    value = values.get(name)
    for item in [value] if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield item


def unique(atoms: Iterator[str]) -> Cell:
    """Drop empty atoms and repetitions, keep the order."""
    return tuple(dict.fromkeys(atom for atom in atoms if atom))
