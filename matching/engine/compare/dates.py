"""Days and periods."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import (
    Atoms,
    Comparator,
    Index,
    Levels,
    Terms,
    Values,
    graded,
    ladder,
)

Days = npt.NDArray[np.int64]


class Birthday(Comparator):
    """Compare two days of birth as people mistype them: swapped, one part or digit off."""

    def __init__(self, attribute: str = "date_of_birth", field: str = "date_of_birth") -> None:
        self.attribute, self.field = attribute, field
        self.levels = ladder(
            ("different", "The dates differ altogether.", 0.06, -4.0),
            ("one part", "Only the year, or month and day, come near.", 0.06, -0.5),
            ("close", "Two of day, month and year agree.", 0.12, 2.5),
            ("typo", "The dates differ by one digit.", 0.1, 4.0),
            ("swapped", "Day and month are swapped.", 0.03, 6.0),
            ("same", "The dates are the same.", 0.63, 6.5),
        )

    def table(self, atoms: Atoms, terms: Terms) -> npt.NDArray[np.uint8]:
        """Eight digits a row, YYYYMMDD."""
        return np.frombuffer("".join(atoms).encode(), np.uint8).reshape(-1, 8) - 48

    def compare(self, table: npt.NDArray[np.uint8], i: Index, j: Index) -> Levels:
        a, b = table[i], table[j]
        equal = a == b
        year, month, day = (equal[:, s].all(1) for s in (slice(0, 4), slice(4, 6), slice(6, 8)))
        swapped = year & (a[:, 4:6] == b[:, 6:8]).all(1) & (a[:, 6:8] == b[:, 4:6]).all(1)
        digits, parts = equal.sum(1), year.astype(np.int8) + month + day
        near = year | (month & day) | (digits >= 6)
        return graded([parts == 3, swapped, digits == 7, parts == 2, near], [6, 5, 4, 3, 2], 1)


class Period(Comparator):
    """Compare two spans of days by how far they overlap."""

    def __init__(self, attribute: str, field: str) -> None:
        self.attribute, self.field = attribute, field
        self.levels = ladder(
            ("apart", "The periods do not overlap.", 0.04, -3.5),
            ("touching", "The periods overlap a little.", 0.08, -1.5),
            ("overlapping", "The periods overlap for the most part.", 0.2, 0.5),
            ("near", "The periods begin within a week of each other.", 0.13, 2.0),
            ("same", "The periods are the same.", 0.55, 4.0),
        )

    def table(self, atoms: Atoms, terms: Terms) -> Days:
        """Start and end as day numbers, the end open where it is unknown."""
        return np.stack([_days(atoms.part(0)), _days(atoms.part(1))], axis=1)

    def compare(self, table: Days, i: Index, j: Index) -> Levels:
        a, b = table[i], table[j]
        open_end = (a[:, 1] == 0) | (b[:, 1] == 0)
        start_gap = np.abs(a[:, 0] - b[:, 0])
        end_gap = np.where(open_end, 0, np.abs(a[:, 1] - b[:, 1]))
        overlap, shorter = _overlap(a, b)
        return graded(
            [
                (start_gap == 0) & (end_gap == 0),
                (start_gap <= 7) & (end_gap <= 31),
                overlap * 2 >= shorter,
                overlap > 0,
            ],
            [5, 4, 3, 2],
            1,
        )


def _overlap(a: Days, b: Days) -> tuple[Days, Days]:
    """Days two periods share and days of the longer one; an open end counts as a year."""
    a_end = np.where(a[:, 1] == 0, a[:, 0] + 365, a[:, 1])
    b_end = np.where(b[:, 1] == 0, b[:, 0] + 365, b[:, 1])
    shared = np.minimum(a_end, b_end) - np.maximum(a[:, 0], b[:, 0])
    longer = np.maximum(a_end - a[:, 0], b_end - b[:, 0])
    return shared, np.maximum(longer, 1)


def _days(texts: Values) -> Days:
    days = [date.fromisoformat(day).toordinal() for day in texts.distinct]
    return texts.of(np.array(days, np.int64), none=0)
