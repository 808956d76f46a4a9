"""Addresses: the street, and the place it lies in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import (
    PART,
    Comparator,
    Flags,
    Index,
    Ints,
    Levels,
    Terms,
    codes,
    graded,
    ladder,
    part,
)
from matching.engine.compare.similarity import Texts, indel, jaro_winkler, one_slip, texts

CROWDED = 12
"""An address or town carried by more records than this is an office block, or a city."""


@dataclass(frozen=True, slots=True)
class StreetTable:
    """Streets as columns: house number, street name, and the whole line."""

    number: Ints
    name: Texts
    name_code: Ints
    line_code: Ints
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
        return (PART.join(atom.split(PART)[:2]),)

    def table(self, atoms: Sequence[str], terms: Terms) -> StreetTable:
        numbers, names = part(atoms, 0), part(atoms, 1)
        lines = [PART.join(pair) if pair[1] else "" for pair in zip(numbers, names, strict=True)]
        return StreetTable(
            number=codes(numbers),
            name=texts(names),
            name_code=codes(names),
            line_code=codes(lines),
            shared=terms.occurrences(lines),
        )

    def compare(self, table: StreetTable, i: Index, j: Index) -> Levels:
        known = (table.name_code[i] >= 0) & (table.name_code[j] >= 0)
        same = known & (table.line_code[i] == table.line_code[j])
        out = np.zeros(len(i), np.int8)
        out[same] = np.where(table.shared[i[same]] > CROWDED, 5, 6)
        rest = np.flatnonzero(known & ~same)
        out[rest] = _grade_streets(table, i[rest], j[rest])
        return out


def _grade_streets(table: StreetTable, i: Index, j: Index) -> Levels:
    likeness = jaro_winkler(table.name, i, j, 0.8)
    letters = indel(table.name, i, j, 0.7)
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
    """Places as columns: town, postal code, region."""

    town: Texts
    town_code: Ints
    postal: Texts
    postal_code: Ints
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

    def table(self, atoms: Sequence[str], terms: Terms) -> PlaceTable:
        towns, postal = part(atoms, 2), part(atoms, 3)
        crowded = terms.occurrences(towns) > max(CROWDED, terms.total // 500)
        return PlaceTable(
            town=texts(towns),
            town_code=codes(towns),
            postal=texts(postal),
            postal_code=codes(postal),
            start=codes([code[:3] for code in postal]),
            crowded=crowded,
        )

    def compare(self, table: PlaceTable, i: Index, j: Index) -> Levels:
        town, town_near = _agree(table.town, table.town_code, i, j)
        postal, postal_near = _agree(table.postal, table.postal_code, i, j)
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


def _agree(column: Texts, code: Ints, i: Index, j: Index) -> tuple[npt.NDArray[np.int8], Flags]:
    """0 unknown, 1 different, 2 same; and whether different ones are one or two slips apart."""
    a, b = code[i], code[j]
    known = (a >= 0) & (b >= 0)
    grade = np.where(known, np.where(a == b, 2, 1), 0).astype(np.int8)
    near = np.zeros(len(i), np.bool_)
    rest = np.flatnonzero(grade == 1)
    near[rest] = one_slip(column, i[rest], j[rest])
    return grade, near
