"""The records a chunk is placed among, and what the engine says of their pairs.

Records and golden records go by number here: a chunk asks for tens of thousands of pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from matching.candidates import Member
from matching.engine.frame import frame_of
from matching.engine.linkage import together
from matching.engine.model import Model
from matching.engine.normalise import Features
from matching.engine.profile import Profile
from matching.engine.score import Comparison, Scorer, comparisons

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A record to be placed; `golden` is where it is linked already, if it is."""

    record: UUID
    system: str
    features: Features
    keys: tuple[int, ...]
    strong: frozenset[int]
    golden: UUID | None = None
    declared: UUID | None = None


class Population:
    """Newcomers, numbered as they come, and the records of golden records they may belong to."""

    def __init__(
        self,
        profile: Profile,
        model: Model,
        newcomers: Sequence[Newcomer],
        members: Mapping[UUID, Sequence[Member]],
    ) -> None:
        self.profile, self.model = profile, model
        self.records = [n.record for n in newcomers]
        self.systems = [n.system for n in newcomers]
        self.features = [n.features for n in newcomers]
        self.numbers = {record: number for number, record in enumerate(self.records)}
        self.home: dict[int, int] = {}
        self.goldens: list[UUID] = []
        self.inside: list[list[int]] = []
        self._golden_numbers: dict[UUID, int] = {}
        for golden, some in members.items():
            for member in some:
                self.settle(self._number(member), self.golden(golden))
        self._scorer = Scorer(profile, model, frame_of(profile, self.features))
        self._levels: dict[Pair, Any] = {}
        self._weights: dict[Pair, int] = {}

    def golden(self, golden: UUID) -> int:
        """The number of a golden record, known before or not."""
        number = self._golden_numbers.setdefault(golden, len(self.goldens))
        if number == len(self.goldens):
            self.goldens.append(golden)
            self.inside.append([])
        return number

    def _number(self, member: Member) -> int:
        """A newcomer that is linked already keeps its number, and what it says now."""
        number = self.numbers.setdefault(member.record, len(self.records))
        if number == len(self.records):
            self.records.append(member.record)
            self.systems.append(member.system)
            self.features.append(member.features)
        return number

    def settle(self, record: int, golden: int) -> None:
        """Let a record stand in a golden record."""
        if self.home.get(record) != golden:
            self.home[record] = golden
            self.inside[golden].append(record)

    def others(self, record: int, golden: int) -> list[int]:
        """The records of the golden record beside this one."""
        return [other for other in self.inside[golden] if other != record]

    def prepare(self, pairs: Iterable[Pair]) -> None:
        """Score every pair that was not scored yet, in one go."""
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._weights]
        if not new:
            return
        left, right = np.array(new, np.int64).T
        levels = self._scorer.levels(left, right)
        self._levels.update(zip(new, levels, strict=True))
        self._weights.update(zip(new, self._scorer.weights(levels).tolist(), strict=True))

    def weight(self, record: int, other: int) -> int:
        """The evidence between two records, in 1/1024 bit."""
        if (record, other) not in self._weights:
            self.prepare([(record, other)])
        return self._weights[record, other]

    def evidence(self, record: int, golden: int, apart: bool = True) -> int:
        """The evidence that a record belongs to a golden record, in 1/1024 bit.

        With `apart`, what its own system holds apart from it counts against it.
        """
        others = self.others(record, golden)
        system = self.systems[record]
        same = sum(self.systems[other] == system for other in others) if apart else 0
        weights = [self.weight(record, other) for other in others]
        return together(weights, same * self.model.apart)

    def detail(self, record: int, other: int) -> Sequence[Comparison]:
        """What each attribute said of two records."""
        self.weight(record, other)
        levels = self._levels[record, other]
        sides = self.features[record], self.features[other]
        return comparisons(self.profile, self.model, levels, *sides)
