"""The records a chunk is placed among, and what the engine says of their pairs.

Records and golden records go by number here: a chunk asks for tens of thousands of pairs.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from matching.engine.frame import frame_of
from matching.engine.linkage import capped, together
from matching.engine.model import Model
from matching.engine.normalise import Features
from matching.engine.profile import Profile
from matching.engine.score import Comparison, Scorer, comparisons
from matching.intake.candidates import Member

Pair = tuple[int, int]
Places = npt.NDArray[np.int64]


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
        self._arriving = len(newcomers)
        self.learn(members)
        self._prepared = len(self.records)
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

    def learn(self, members: Mapping[UUID, Sequence[Member]]) -> None:
        """Take the records of golden records as they are now."""
        for golden, some in members.items():
            number = self.golden(golden)
            for record in list(self.inside[number]):
                self.leave(record)
            for member in some:
                self.settle(self._number(member), number)

    def _number(self, member: Member) -> int:
        """A newcomer that is linked already keeps its number, and what it says now.

        Another record that says something else than before gets a new one: pairs that were
        scored are not scored again.
        """
        known = self.numbers.get(member.record)
        if known is not None:
            if known < self._arriving or self.features[known] == member.features:
                return known
            self.leave(known)
        number = self.numbers[member.record] = len(self.records)
        self.records.append(member.record)
        self.systems.append(member.system)
        self.features.append(member.features)
        return number

    def settle(self, record: int, golden: int) -> None:
        """Let a record stand in a golden record, and in no other."""
        if self.home.get(record) != golden:
            self.leave(record)
            self.home[record] = golden
            self.inside[golden].append(record)

    def leave(self, record: int) -> None:
        """Let a record stand in no golden record."""
        golden = self.home.pop(record, None)
        if golden is not None:
            self.inside[golden].remove(record)

    def others(self, record: int, golden: int) -> list[int]:
        """The records of the golden record beside this one."""
        return [other for other in self.inside[golden] if other != record]

    def prepare(self, pairs: Iterable[Pair]) -> None:
        """Score every pair that was not scored yet, in one go."""
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._weights]
        if not new:
            return
        if len(self.records) == self._prepared:
            self._score(new, self._scorer, _places(new))
            return
        known = [pair for pair in new if max(pair) < self._prepared]
        if known:
            self._score(known, self._scorer, _places(known))
        if others := [pair for pair in new if max(pair) >= self._prepared]:
            self._score_others(others)

    def _score(self, pairs: Sequence[Pair], scorer: Scorer, places: Places) -> None:
        levels = scorer.levels(*places.T)
        self._levels.update(zip(pairs, levels, strict=True))
        self._weights.update(zip(pairs, scorer.weights(levels).tolist(), strict=True))

    def _score_others(self, pairs: Sequence[Pair]) -> None:
        """Score pairs with records that came to be known after the frame was made."""
        records, places = np.unique(_places(pairs), return_inverse=True)
        frame = frame_of(self.profile, [self.features[record] for record in records])
        self._score(pairs, Scorer(self.profile, self.model, frame), places.reshape(-1, 2))

    def weights(self) -> ItemsView[Pair, int]:
        """The evidence of every pair that was scored, in 1/1024 bit."""
        return self._weights.items()

    def weight(self, record: int, other: int) -> int:
        """The evidence between two records, in 1/1024 bit."""
        if (record, other) not in self._weights:
            self.prepare([(record, other)])
        return self._weights[record, other]

    def evidence(self, record: int, golden: int, apart: bool = True) -> int:
        """The evidence that a record belongs to a golden record, in 1/1024 bit.

        With `apart`, what its own system holds apart from it counts against it.
        """
        others = self.inside[golden]
        system = self.systems[record]
        if len(others) == 1 and others[0] != record:  # as most are
            apart = apart and self.systems[others[0]] == system
            return capped(self.weight(record, others[0])) + apart * self.model.apart
        others = self.others(record, golden)
        same = sum(self.systems[other] == system for other in others) if apart else 0
        weights = [self.weight(record, other) for other in others]
        return together(weights, same * self.model.apart)

    def detail(self, record: int, other: int) -> Sequence[Comparison]:
        """What each attribute said of two records."""
        self.weight(record, other)
        levels = self._levels[record, other]
        sides = self.features[record], self.features[other]
        return comparisons(self.profile, self.model, levels, *sides)


def _places(pairs: Sequence[Pair]) -> Places:
    """Pairs as two columns."""
    return np.fromiter(chain.from_iterable(pairs), np.int64, 2 * len(pairs)).reshape(-1, 2)
