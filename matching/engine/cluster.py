"""Clusters of records: the strongest evidence between sets first, contradictions counted in.

Chains do not form: two sets join on the evidence between all their records, not on one pair.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.compare.base import Index, Ints
from matching.engine.linkage import CAP, joined

FORBIDDEN = -(10**15)
"""Weight of a pair that a person, or a veto, keeps apart: no sum outweighs it."""

CLOSED_SIZE = 400
"""Groups up to this size have all their pairs scored before they are clustered."""


@dataclass(frozen=True, slots=True)
class Seam:
    """Where a cluster is held together least: the two sides, and the evidence between them."""

    weight: int
    left: tuple[int, ...]
    right: tuple[int, ...]


def seam(weight: npt.NDArray[np.int64]) -> Seam | None:
    """The weakest join of rows that are one cluster, joined strongest first until all are one.

    `weight` is a symmetric matrix in 1/1024 bit, the diagonal unused; None for a lone row.
    """
    sets: list[tuple[int, ...]] = [(row,) for row in range(len(weight))]
    capped = np.clip(weight, -CAP, CAP)
    found = None
    while len(sets) > 1:
        _, a, b = max(
            (_between(capped, sets[a], sets[b]), -a, -b)
            for a in range(len(sets))
            for b in range(a + 1, len(sets))
        )
        right, left = sets.pop(-b), sets[-a]
        evidence = _between(capped, left, right)
        if found is None or evidence <= found.weight:
            found = Seam(evidence, left, right)
        sets[-a] = tuple(sorted((*left, *right)))
    return found


def _between(weight: npt.NDArray[np.int64], a: tuple[int, ...], b: tuple[int, ...]) -> int:
    return joined(int(weight[np.ix_(a, b)].sum()), len(a) * len(b))


@dataclass(frozen=True, slots=True)
class Clusters:
    """`label[row]` is the smallest row of its cluster; the pairs are what it was made from."""

    label: Index
    i: Index
    j: Index
    weight: Index

    def seam(self, name: int) -> Seam | None:
        """Where the cluster of that label is held together least; None for a lone row."""
        rows = np.flatnonzero(self.label == name)
        inside = (self.label[self.i] == name) & (self.label[self.j] == name)
        matrix = np.zeros((len(rows), len(rows)), np.int64)
        a, b = (np.searchsorted(rows, side[inside]) for side in (self.i, self.j))
        matrix[a, b] = matrix[b, a] = self.weight[inside]
        found = seam(matrix)
        if found is None:
            return None
        left, right = (tuple(rows[list(side)].tolist()) for side in (found.left, found.right))
        return Seam(found.weight, left, right)


def components(size: int, i: Index, j: Index) -> Ints:
    """The smallest row reachable from each row over the pairs given."""
    label = np.arange(size, dtype=np.int32)
    while len(i):
        least = np.minimum(label[i], label[j])
        before = label.copy()
        np.minimum.at(label, label[i], least)
        np.minimum.at(label, label[j], least)
        while not np.array_equal(label, label[label]):
            label = label[label]
        if np.array_equal(before, label):
            break
    return label


def missing_pairs(size: int, i: Index, j: Index, weight: Index) -> tuple[Index, Index]:
    """Pairs inside groups held together by positive evidence that were not compared yet."""
    positive = weight > 0
    label = components(size, i[positive], j[positive])
    order = np.argsort(label, kind="stable")
    start = np.flatnonzero(np.concatenate(([True], np.diff(label[order]) != 0)))
    count = np.diff(np.append(start, size))
    packed = [np.zeros(0, np.int64)]
    for length in np.unique(count[(count > 2) & (count <= CLOSED_SIZE)]):
        rows = order[start[count == length][:, None] + np.arange(length)]
        left, right = np.triu_indices(int(length), 1)
        packed.append((rows[:, left] << 32 | rows[:, right]).ravel())
    inside = label[i] == label[j]
    wanted = np.setdiff1d(np.concatenate(packed), i[inside] << 32 | j[inside], assume_unique=True)
    return wanted >> 32, wanted & 0xFFFFFFFF


def cluster(
    size: int,
    i: Index,
    j: Index,
    weight: Index,
    *,
    least: int = 0,
    forbidden: Iterable[tuple[int, int]] = (),
) -> Clusters:
    """Join sets of rows while the evidence between some two stays above `least` (1/1024 bit)."""
    apart = list(forbidden)
    pairs = _Sets(size, least)
    pairs.add(i, j, np.clip(weight, -CAP, CAP), np.array(apart, np.int64).reshape(-1, 2))
    for a, b in apart:
        pairs.keep_apart(a, b)
    pairs.join_all()
    return Clusters(pairs.label, i, j, weight)


class _Sets:
    """Sets of rows with the summed evidence between neighbours."""

    def __init__(self, size: int, least: int) -> None:
        self.least = least
        self.label = np.arange(size)
        self.members: dict[int, list[int]] = {}
        self.near: dict[int, dict[int, int]] = {}
        self.heap: list[tuple[int, int, int]] = []

    def add(self, i: Index, j: Index, weight: npt.NDArray[np.int64], apart: Index) -> None:
        """Take the pairs that lie within groups held together by positive evidence.

        Groups in which every two records speak for each other are one at once: any two sets of
        them would be joined in the end.
        """
        promising = weight > self.least
        group = components(len(self.label), i[promising], j[promising])
        count = np.bincount(group, minlength=len(group))
        agreed = np.bincount(group[i[promising]], minlength=len(group))
        whole = agreed == count * (count - 1) // 2
        whole[group[apart.ravel()]] = False
        at_once = whole[group]
        self.label[at_once] = group[at_once]
        inside = (group[i] == group[j]) & ~at_once[i]
        for a, b, w in zip(
            i[inside].tolist(), j[inside].tolist(), weight[inside].tolist(), strict=True
        ):
            self._set(a, b, w)
            if w > self.least:
                self.heap.append((-w, a, b))

    def keep_apart(self, a: int, b: int) -> None:
        self._set(a, b, FORBIDDEN)

    def _set(self, a: int, b: int, weight: int) -> None:
        self.near.setdefault(a, {})[b] = weight
        self.near.setdefault(b, {})[a] = weight
        self.members.setdefault(a, [a])
        self.members.setdefault(b, [b])

    def join_all(self) -> None:
        heapq.heapify(self.heap)
        while self.heap:
            negative, a, b = heapq.heappop(self.heap)
            if self.near.get(a, {}).get(b) is not None and self._evidence(a, b) == -negative:
                self._join(min(a, b), max(a, b))
        for rows in self.members.values():
            self.label[rows] = min(rows)

    def _evidence(self, a: int, b: int) -> int:
        return joined(self.near[a][b], len(self.members[a]) * len(self.members[b]))

    def _join(self, kept: int, gone: int) -> None:
        self.members[kept] += self.members.pop(gone)
        del self.near[kept][gone]
        for other, total in self.near.pop(gone).items():
            if other != kept:
                del self.near[other][gone]
                total += self.near[kept].get(other, 0)
                self.near[kept][other] = self.near[other][kept] = total
        for other in self.near[kept]:
            evidence = self._evidence(kept, other)
            if evidence > self.least:
                heapq.heappush(self.heap, (-evidence, kept, other))
