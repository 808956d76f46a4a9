"""Addresses: the street, and the place it lies in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    Values,
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
        return atoms.once(_lines).counted(carried)

    def table(self, atoms: Atoms, terms: Terms) -> StreetTable:
        name, line = atoms.part(1), atoms.once(_lines)
        return StreetTable(
            number=atoms.part(0).code,
            name=name.code,
            text=texts(name.distinct),
            shared=line.of(terms.occurrences(line.distinct), none=0),
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


def _lines(atoms: Atoms) -> Values:
    return values(list(map(_line, atoms)))


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
    """Places as columns: town, postal code, how that starts; texts by town and by postal code."""

    town: Ints
    towns: Texts
    postal: Ints
    postals: Texts
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
        return PlaceTable(
            town=town.code,
            towns=texts(town.distinct),
            postal=postal.code,
            postals=texts(postal.distinct),
            start=postal.of(start, none=-1),
            crowded=town.of(crowded, none=False),
        )

    def compare(self, table: PlaceTable, i: Index, j: Index) -> Levels:
        town, town_near = _agree(table.towns, table.town[i], table.town[j])
        postal, postal_near = _agree(table.postals, table.postal[i], table.postal[j])
        small = (town == 2) & ~table.crowded[i]
        start = (table.start[i] >= 0) & (table.start[i] == table.start[j])
        nothing = (town == 0) & (postal == 0)
        return graded(
            [
                nothing,
                (town == 2) & (postal == 2),
                (postal == 2) | (small & (postal != 1)),
                town_near | postal_near,
                town == 2,
                start,
            ],
            [0, 6, 5, 4, 3, 2],
            1,
        )


def _agree(column: Texts, a: Ints, b: Ints) -> tuple[npt.NDArray[np.int8], Flags]:
    """0 unknown, 1 different, 2 same; and whether different ones are one or two slips apart."""
    known = (a >= 0) & (b >= 0)
    grade = np.where(known, np.where(a == b, 2, 1), 0).astype(np.int8)
    near = np.zeros(len(a), np.bool_)
    rest = np.flatnonzero(grade == 1)
    near[rest] = one_slip(column, a[rest], b[rest])
    return grade, near
