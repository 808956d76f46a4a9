"""The records a chunk is placed among, and what the engine says of their pairs.

Records and golden records go by number here: a chunk asks for tens of thousands of pairs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt

from matching.engine.frame import frame_of
from matching.engine.linkage import CAP, joined
from matching.engine.model import Model
from matching.engine.normalise import Features
from matching.engine.profile import Profile
from matching.engine.score import Comparison, Scorer, comparisons
from matching.intake.candidates import Member

Pair = int
"""Two records in one number, `record * OTHER + other`: numbers are found faster than tuples."""
OTHER = 1 << 32
Places = npt.NDArray[np.int64]


class Newcomer(NamedTuple):
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
        self._numbers = {record.int: number for number, record in enumerate(self.records)}
        self.home: dict[int, int] = {}
        self.goldens: list[UUID] = []
        self.inside: list[list[int]] = []
        self._golden_numbers: dict[UUID, int] = {}
        self._arriving = len(newcomers)
        self.learn(members)
        self._prepared = len(self.records)
        self._scorer = Scorer(profile, model, frame_of(profile, self.features))
        self._places: dict[Pair, int] = {}
        self._levels: list[Any] = []
        self._weights: list[int] = []
        self._capped: list[int] = []

    def number(self, record: UUID) -> int | None:
        """The number of a record, where it is among these."""
        return self._numbers.get(record.int)

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
        number = len(self.records)
        known = self._numbers.setdefault(member.record.int, number)
        if known != number:
            if known < self._arriving or self.features[known] == member.features:
                return known
            self.leave(known)
            self._numbers[member.record.int] = number
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
        places = self._places
        new = [pair for pair in dict.fromkeys(pairs) if pair not in places]
        if not new:
            return
        if len(self.records) == self._prepared:
            self._score(new, self._scorer, *sides(new))
            return
        known = [pair for pair in new if max(divmod(pair, OTHER)) < self._prepared]
        if known:
            self._score(known, self._scorer, *sides(known))
        if others := [pair for pair in new if max(divmod(pair, OTHER)) >= self._prepared]:
            self._score_others(others)

    def _score(self, pairs: Sequence[Pair], scorer: Scorer, i: Places, j: Places) -> None:
        levels = scorer.levels(i, j)
        weights = scorer.weights(levels)
        self._places.update(zip(pairs, count(len(self._weights))))
        self._levels.extend(levels)
        self._weights.extend(weights.tolist())
        self._capped.extend(np.clip(weights, -CAP, CAP).tolist())

    def _score_others(self, pairs: Sequence[Pair]) -> None:
        """Score pairs with records that came to be known after the frame was made."""
        records, places = np.unique(sides(pairs), return_inverse=True)
        frame = frame_of(self.profile, [self.features[record] for record in records])
        self._score(pairs, Scorer(self.profile, self.model, frame), *places.reshape(2, -1))

    def scored(self) -> tuple[Places, Places, Places]:
        """Both sides of every pair that was scored, and its evidence in 1/1024 bit."""
        return *sides(self._places), np.array(self._weights, np.int64)

    def _place(self, pair: Pair) -> int:
        place = self._places.get(pair)
        if place is None:
            self.prepare([pair])
            place = self._places[pair]
        return place

    def weight(self, record: int, other: int) -> int:
        """The evidence between two records, in 1/1024 bit."""
        return self._weights[self._place(record * OTHER + other)]

    def evidence(self, record: int, golden: int, apart: bool = True) -> int:
        """The evidence that a record belongs to a golden record, in 1/1024 bit.

        With `apart`, what its own system holds apart from it counts against it.
        """
        base, system, others, total = record * OTHER, self.systems[record], 0, 0
        for other in self.inside[golden]:
            if other != record:
                others += 1
                total += self._capped[self._place(base + other)]
                if apart and self.systems[other] == system:
                    total += self.model.apart
        return joined(total, others) if others else 0

    def detail(self, record: int, other: int) -> Sequence[Comparison]:
        """What each attribute said of two records."""
        levels = self._levels[self._place(record * OTHER + other)]
        said = self.features[record], self.features[other]
        return comparisons(self.profile, self.model, levels, *said)


def sides(pairs: Collection[Pair]) -> tuple[Places, Places]:
    """The records of pairs, the ones and the others."""
    i, j = np.divmod(np.fromiter(pairs, np.int64, len(pairs)), OTHER)
    return i, j
