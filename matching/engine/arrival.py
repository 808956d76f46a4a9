"""Records that arrive one after the other, as the hub places them, to see what order does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matching.engine.cluster import missing_pairs
from matching.engine.compare.base import Index
from matching.engine.decide import Band, GoldenEvidence, decide
from matching.engine.frame import Frame
from matching.engine.model import Model
from matching.engine.pairs import candidate_pairs
from matching.engine.profile import Profile
from matching.engine.score import Evidence, Scorer


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the records ended, the first to come naming each golden record, and the questions."""

    label: Index
    reviews: int

    def sets(self) -> set[frozenset[int]]:
        """The clusters as sets of rows."""
        found: dict[int, list[int]] = defaultdict(list)
        for row, name in enumerate(self.label.tolist()):
            found[name].append(row)
        return {frozenset(rows) for rows in found.values()}


@dataclass
class Arrivals:
    """A population whose pairs are scored once and placed in any order."""

    profile: Profile
    model: Model
    frame: Frame
    systems: Index
    scorer: Scorer = field(init=False)
    near: dict[int, list[int]] = field(init=False)
    known: dict[tuple[int, int], Evidence] = field(init=False)

    def __post_init__(self) -> None:
        self.scorer = Scorer(self.profile, self.model, self.frame)
        found = candidate_pairs(self.profile, self.frame)
        weight = self.scorer.weights(self.scorer.levels(found.i, found.j))
        more = missing_pairs(self.frame.size, found.i, found.j, weight)
        self.known, self.near = {}, defaultdict(list)
        self._score(np.concatenate((found.i, more[0])), np.concatenate((found.j, more[1])))
        for a, b in zip(found.i.tolist(), found.j.tolist(), strict=True):
            self.near[a].append(b)
            self.near[b].append(a)

    def _score(self, i: Index, j: Index) -> None:
        weight = self.scorer.weights(self.scorer.levels(i, j))
        for a, b, total in zip(i.tolist(), j.tolist(), weight.tolist(), strict=True):
            self.known[a, b] = self.known[b, a] = Evidence(total, 0.0, ())

    def place(self, order: Iterable[int]) -> Placed:
        """Place the records as intake does: linked, or new, a question where it is unsure."""
        home = np.full(self.frame.size, -1, np.int64)
        members: dict[int, list[int]] = {}
        reviews = 0
        for row in order:
            goldens = dict.fromkeys(int(home[b]) for b in self.near[row] if home[b] >= 0)
            evidence = [self._evidence(row, golden, members[golden]) for golden in goldens]
            decision = decide(self.profile, self.model, evidence)
            linked = decision.band is Band.LINK and decision.best is not None
            golden = int(decision.best.golden) if linked and decision.best else row
            members.setdefault(golden, []).append(row)
            home[row] = golden
            reviews += decision.band is Band.REVIEW
        return Placed(home, reviews)

    def _evidence(self, row: int, golden: int, rows: list[int]) -> GoldenEvidence:
        unknown = [other for other in rows if (row, other) not in self.known]
        if unknown:
            self._score(np.full(len(unknown), row), np.array(unknown, np.int64))
        same = sum(self.systems[other] == self.systems[row] for other in rows)
        return GoldenEvidence(str(golden), tuple(self.known[row, b] for b in rows), int(same))


def agreement(first: Placed, other: Placed) -> float:
    """The share of clusters, of those that either order made, that both orders made."""
    one, two = first.sets(), other.sets()
    return len(one & two) / max(len(one | two), 1)


def steady(placed: list[Placed]) -> npt.NDArray[np.bool_]:
    """For each record, whether every order put it into the same set."""
    every = set.intersection(*(p.sets() for p in placed))
    out = np.zeros(len(placed[0].label), np.bool_)
    out[[row for rows in every for row in rows]] = True
    return out
