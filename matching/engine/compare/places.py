"""Addresses: the street, and the place it lies in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from matching.engine.compare.base import (
    PART,
    Atoms,
    Comparator,
    Counted,
    Flags,
    Index,
    Ints,
    Levels,
    Terms,
    graded,
    ladder,
    values,
)
from matching.engine.compare.similarity import Texts, indel, jaro_winkler, one_slip, texts

CROWDED = 12
"""An address or town carried by more records than this is an office block, or a city."""


@dataclass(frozen=True, slots=True)
class StreetTable:
    """Streets as columns: house number, street name, and how many share both; `text` by name."""

    number: Ints
    name: Ints
    text: Texts
    shared: Ints


class Street(Comparator):
    """Compare street lines by house number and name, abbreviations made alike."""

    def __init__(self, attribute: str = "address", field: str = "address") -> None:
        self.attribute, self.field = attribute, field
        self.levels = ladder(
            ("different", "The streets differ.", 0.12, -4.0),
            ("faint", "The streets have something in common.", 0.06, -1.5),
            ("same street", "It is the same street, another number.", 0.08, 0.0),
            ("number", "It is the same number, a similar street.", 0.1, 6.0),
            ("same, crowded", "It is the same address, shared by many.", 0.09, 4.0),
            ("same", "It is the same address.", 0.55, 7.0),
        )

    def words(self, atom: str) -> Iterable[str]:
        return (_line(atom),)

    def counted(self, atoms: Atoms, carried: Index) -> Counted:
        return values(list(map(_line, atoms))).counted(carried)

    def table(self, atoms: Atoms, terms: Terms) -> StreetTable:
        name = atoms.part(1)
        return StreetTable(
            number=atoms.part(0).code,
            name=name.code,
            text=texts(name.distinct),
            shared=terms.occurrences(list(map(_line, atoms))),
        )

    def compare(self, table: StreetTable, i: Index, j: Index) -> Levels:
        a, b = table.name[i], table.name[j]
        known = (a >= 0) & (b >= 0)
        same = known & (a == b) & (table.number[i] == table.number[j])
        out = np.zeros(len(i), np.int8)
        out[same] = np.where(table.shared[i[same]] > CROWDED, 5, 6)
        rest = np.flatnonzero(known & ~same)
        out[rest] = _grade_streets(table, i[rest], j[rest])
        return out


def _line(atom: str) -> str:
    """House number and street name of an address."""
    return atom.rsplit(PART, 2)[0]


def _grade_streets(table: StreetTable, i: Index, j: Index) -> Levels:
    likeness = jaro_winkler(table.text, table.name[i], table.name[j], 0.8)
    letters = indel(table.text, table.name[i], table.name[j], 0.7)
    alike = (likeness >= 0.9) | (letters >= 0.85)
    left, right = table.number[i], table.number[j]
    number = (left >= 0) & (left == right)
    unnumbered = (left < 0) | (right < 0)
    similar = (likeness >= 0.8) | (letters >= 0.7)
    return graded(
        [number & alike, alike & unnumbered, number & similar, alike, similar | number],
        [6, 4, 4, 3, 2],
        1,
    )


@dataclass(frozen=True, slots=True)
class PlaceTable:
    """Places as columns: the number of the town above that of the postal code, -1 where there is
    none, and the text of each number; how the postal code starts; whether the town is large."""

    place: Ints
    text: Texts
    start: Ints
    crowded: Flags


class Place(Comparator):
    """Compare towns and postal codes; either may be missing or misspelt."""

    def __init__(self, attribute: str = "locality", field: str = "address") -> None:
        self.attribute, self.field = attribute, field
        self.levels = ladder(
            ("different", "The places differ.", 0.08, -3.5),
            ("faint", "The postal codes begin alike.", 0.05, -2.5),
            ("same town", "It is the same town.", 0.2, 0.5),
            ("near", "Town or postal code differ by spelling only.", 0.1, 1.0),
            ("same", "Postal code, or a small town, agree.", 0.27, 3.5),
            ("same, both", "Town and postal code agree.", 0.3, 6.0),
        )

    def words(self, atom: str) -> Iterable[str]:
        return (atom.split(PART)[2],)

    def counted(self, atoms: Atoms, carried: Index) -> Counted:
        return atoms.part(2).counted(carried)

    def table(self, atoms: Atoms, terms: Terms) -> PlaceTable:
        town, postal = atoms.part(2), atoms.part(3)
        crowded = terms.occurrences(town.distinct) > max(CROWDED, terms.total // 500)
        start = values([code[:3] for code in postal.distinct]).code
        behind = np.where(postal.code < 0, -1, postal.code + len(town.distinct))
        return PlaceTable(
            place=np.array((town.code, behind), np.int32),
            text=texts([*town.distinct, *postal.distinct]),
            start=postal.of(start, none=-1),
            crowded=town.of(crowded, none=False),
        )

    def compare(self, table: PlaceTable, i: Index, j: Index) -> Levels:
        a, b = table.place[:, i], table.place[:, j]
        known, equal = (a >= 0) & (b >= 0), a == b
        same, other = known & equal, known & ~equal
        near = np.zeros(other.shape, np.bool_)
        near[other] = one_slip(table.text, a[other], b[other])
        town, postal = same
        small = town & ~table.crowded[i] & ~other[1]
        start = (table.start[i] >= 0) & (table.start[i] == table.start[j])
        return graded(
            [~(known[0] | known[1]), town & postal, postal | small, near[0] | near[1], town, start],
            [0, 6, 5, 4, 3, 2],
            1,
        )
