"""How well records were put together, measured against what they truly stand for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Record = TypeVar("Record", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Pairs of records: put together and truly the same (`right`), put together, truly the same.

    With no pair to find, recall is 1; with no pair found, precision is 1.
    """

    records: int
    right: int
    found: int
    true: int

    @property
    def precision(self) -> float:
        """The share of the pairs put together that are the same."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of the pairs that are the same that were put together."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def pairwise(truth: Mapping[Record, Hashable], found: Mapping[Record, Hashable]) -> Accuracy:
    """Compare two partitions of the same records, each given as record -> group.

    Records that `truth` does not know do not count; those that `found` does not know stand alone.
    """
    groups: dict[Record, Hashable] = {
        record: found.get(record, ("alone", record)) for record in truth
    }
    return Accuracy(
        records=len(truth),
        right=_pairs((groups[record], real) for record, real in truth.items()),
        found=_pairs(groups.values()),
        true=_pairs(truth.values()),
    )


def _pairs(labels: Iterable[Hashable]) -> int:
    return sum(size * (size - 1) // 2 for size in Counter(labels).values())
