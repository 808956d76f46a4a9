"""How right clusters and probabilities are, measured against a truth."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import Index

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Pairs within found clusters against pairs within true ones."""

    right: int
    found: int
    true: int

    @property
    def precision(self) -> float:
        """Share of found pairs that are true; 1 where nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of true pairs that were found; 1 where there are none."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def accuracy(truth: Index, found: Index) -> Accuracy:
    """Compare two clusterings of the same rows, given as labels."""
    together = truth.astype(np.int64) << 32 | found.astype(np.int64)
    return Accuracy(_pairs(together), _pairs(found), _pairs(truth))


def _pairs(label: Index) -> int:
    count = np.unique(label, return_counts=True)[1].astype(np.int64)
    return int((count * (count - 1) // 2).sum())


def recall_at(
    truth: Index, i: Index, j: Index, weight: Index | Floats, precision: float = 0.99
) -> float:
    """Largest recall of scored pairs above some threshold with at least this precision."""
    order = np.argsort(-weight, kind="stable")
    right = np.cumsum(truth[i[order]] == truth[j[order]])
    last = np.append(np.diff(weight[order]) != 0, True)
    good = np.flatnonzero(last & (right >= precision * np.arange(1, len(order) + 1)))
    return float(right[good[-1]] / max(_pairs(truth), 1)) if len(good) else 0.0


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs whose stated probability lies in one tenth: how many, what was said, what was so."""

    pairs: int
    stated: float
    observed: float


def reliability(probability: Floats, match: npt.NDArray[np.bool_]) -> list[Bin]:
    """Stated against observed, by tenths."""
    tenth = np.minimum((probability * 10).astype(np.int64), 9)
    return [
        Bin(int(inside.sum()), float(probability[inside].mean()), float(match[inside].mean()))
        for inside in (tenth == k for k in range(10))
        if inside.any()
    ]


def calibration_error(bins: list[Bin]) -> float:
    """Expected calibration error: the mean gap of stated and observed, weighed by pairs."""
    total = sum(b.pairs for b in bins)
    return sum(b.pairs * abs(b.stated - b.observed) for b in bins) / max(total, 1)


def interval(right: float, of: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (E. B. Wilson, JASA 22, 1927)."""
    if not of:
        return 0.0, 1.0
    z, share = 1.959964, right / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    reach = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(middle - reach, 0.0), min(middle + reach, 1.0)
