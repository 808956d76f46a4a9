"""Resolve: for each arriving record, the golden record it belongs to, a new one, or a question.

One way for one record and for a chunk: candidates are read in a fixed number of statements, all
pairs are scored together, and the records are then decided one after the other, each seeing where
the ones before it went.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import numpy as np

from canonical.models import LinkCause, new_id
from matching import candidates
from matching.candidates import Member
from matching.engine.decide import Band, Decision, GoldenEvidence, decide
from matching.engine.frame import frame_of
from matching.engine.keys import keys, strong_keys
from matching.engine.model import Model, default_model
from matching.engine.normalise import Features, features
from matching.engine.profile import Profile
from matching.engine.score import Evidence, Scorer, comparisons
from matching.models import MatchModel, ReviewKind
from matching.profiles import profile_for


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


@dataclass(frozen=True, slots=True)
class Found:
    """What the engine said of a newcomer and one record: enough to compute it again."""

    record: UUID
    golden: UUID
    weight: int
    probability: float
    margin: int | None
    runner_up: UUID | None
    model_version: str
    detail: dict[str, Any]


@dataclass(slots=True)
class Question:
    """A review to open between the newcomer and the best record of another golden record."""

    kind: ReviewKind
    found: Found


@dataclass(slots=True)
class Placement:
    """Where a newcomer goes: `golden` with `created` telling whether it must be made first."""

    newcomer: Newcomer
    golden: UUID
    cause: LinkCause
    created: bool = False
    found: Found | None = None
    questions: list[Question] = field(default_factory=list)


def newcomer(entity: str, record: UUID, system: str, values: Mapping[str, Any]) -> Newcomer:
    """A record as the engine sees it; `values` are resolved."""
    profile = profile_for(entity)
    seen = features(profile, values)
    strong = frozenset(strong_keys(profile, seen))
    return Newcomer(record, system, seen, tuple(keys(profile, seen)), strong)


@lru_cache(maxsize=64)
def current_model(entity: str, stamp: int) -> Model:
    """The active model of the entity; the one that ships until another was activated.

    Activating a model raises the configuration's stamp, so that no process goes on with an old one.
    """
    row = MatchModel.objects.filter(entity=entity, active=True).values_list("version").first()
    return _model(entity, row[0] if row else "")


@cache
def _model(entity: str, version: str) -> Model:
    if not version:
        return default_model(profile_for(entity))
    body = MatchModel.objects.values_list("body", flat=True).get(entity=entity, version=version)
    return Model.from_json(json.dumps(body))


def place(entity: str, newcomers: Sequence[Newcomer], stamp: int) -> list[Placement]:
    """Decide every newcomer, in order, under the configuration's stamp. Writes nothing."""
    if not newcomers:
        return []
    return _Placing(entity, newcomers, stamp).run()


def considered(entity: str, n: Newcomer, stamp: int) -> tuple[Decision, list[Found], str]:
    """What would be decided of a newcomer, every candidate, the likeliest first, and the model."""
    placing = _Placing(entity, [n], stamp)
    placing.scores.prepare(placing.pairs())
    decision, found = placing.consider(n)
    return decision, found, placing.model.version


class _Placing:
    """The work of one chunk."""

    def __init__(self, entity: str, newcomers: Sequence[Newcomer], stamp: int) -> None:
        self.profile: Profile = profile_for(entity)
        self.model = current_model(entity, stamp)
        self.newcomers = newcomers
        wanted = {k for n in newcomers for k in n.keys} - self.model.stop_keys
        self.shared = candidates.sharing(entity, wanted)
        found: dict[UUID, None] = {}
        self.near: dict[UUID, list[UUID]] = {}
        self.cut: set[UUID] = set()
        for n in newcomers:
            self.near[n.record], cut = candidates.capped(n.keys, self.shared, n.record)
            found.update(dict.fromkeys(self.near[n.record]))
            if cut:
                self.cut.add(n.record)
        self.members = candidates.members_of(list(found))
        self._add_declared()
        self.home = {m.record: g for g, ms in self.members.items() for m in ms}
        self.under: dict[int, list[UUID]] = defaultdict(list)
        self.scores = _Scores(self.profile, self.model, self._everyone())

    def _add_declared(self) -> None:
        own = {g for n in self.newcomers for g in (n.declared, n.golden) if g}
        if missing := own - set(self.members):
            self.members.update(candidates.members(missing))

    def _everyone(self) -> dict[UUID, Features]:
        known = {m.record: m.features for ms in self.members.values() for m in ms}
        return known | {n.record: n.features for n in self.newcomers}

    def run(self) -> list[Placement]:
        self.scores.prepare(self.pairs())
        return [self._place(n) for n in self.newcomers]

    def consider(self, n: Newcomer) -> tuple[Decision, list[Found]]:
        """The decision on a newcomer, and what is found of each candidate alone."""
        ranking = [self._evidence(n, golden) for golden in self._goldens_near(n)]
        alone = [self._found(n, decide(self.profile, self.model, [item])) for item in ranking]
        alone.sort(key=lambda found: (-found.weight, str(found.golden)))
        return decide(self.profile, self.model, ranking), alone

    def pairs(self) -> Iterable[tuple[UUID, UUID]]:
        """Every pair that will surely be asked for, so that all are scored at once."""
        peers: dict[int, list[UUID]] = defaultdict(list)
        for n in self.newcomers:
            goldens = {self.home[r] for r in self.near[n.record] if r in self.home}
            for golden in goldens | {g for g in (n.declared, n.golden) if g}:
                yield from ((n.record, m.record) for m in self.members.get(golden, ()))
            for key in n.keys:
                yield from ((n.record, peer) for peer in peers[key][: candidates.KEY_CAP])
                peers[key].append(n.record)

    def _place(self, n: Newcomer) -> Placement:
        near = self._goldens_near(n)
        self.scores.prepare((n.record, m.record) for g in near for m in self.members[g])
        ranking = [self._evidence(n, golden) for golden in near]
        decision = decide(self.profile, self.model, ranking)
        placement = self._placement(n, decision, ranking)
        self._ask_about_identifiers(n, placement, ranking)
        self._settle(n, placement)
        return placement

    def _goldens_near(self, n: Newcomer) -> list[UUID]:
        near = [*self.near[n.record], *(r for key in n.keys for r in self.under.get(key, ()))]
        homes = dict.fromkeys(self.home[r] for r in near if r in self.home)
        return [golden for golden in homes if golden != n.golden]

    def _evidence(self, n: Newcomer, golden: UUID) -> GoldenEvidence:
        """The evidence of its records; those its own system holds apart from it count against."""
        others = [m for m in self.members[golden] if m.record != n.record]
        evidence = tuple(self.scores.of(n.record, m.record) for m in others)
        settled = golden in (n.golden, n.declared)
        apart = 0 if settled else sum(m.system == n.system for m in others)
        return GoldenEvidence(str(golden), evidence, apart)

    def _placement(
        self, n: Newcomer, decision: Decision, ranking: Sequence[GoldenEvidence]
    ) -> Placement:
        if n.golden is not None:
            return self._kept(n, decision)
        if n.declared is not None:
            return self._declared(n)
        best = UUID(decision.best.golden) if decision.best else None
        if decision.band is Band.LINK and best:
            return Placement(n, best, LinkCause.MATCHED, found=self._found(n, decision))
        placement = Placement(n, new_id(), LinkCause.CREATED, created=True)
        if decision.band is Band.REVIEW:
            placement.questions.append(Question(_kind(decision), self._found(n, decision)))
        return placement

    def _kept(self, n: Newcomer, decision: Decision) -> Placement:
        """A linked record keeps its link, whatever is found; a person is asked instead."""
        assert n.golden is not None
        placement = Placement(n, n.golden, LinkCause.MATCHED)
        if decision.band is Band.LINK:
            found = self._found(n, decision)
            placement.questions.append(Question(ReviewKind.POSSIBLE, found))
        own = self._evidence(n, n.golden)
        if own.evidence:
            alone = decide(self.profile, self.model, [own])
            if alone.band is not Band.LINK:
                found = self._found(n, alone)
                placement.questions.append(Question(ReviewKind.BROKEN, found))
        return placement

    def _declared(self, n: Newcomer) -> Placement:
        """Linked as the source says, unless identifiers contradict: then a person is asked."""
        assert n.declared is not None
        own = self._evidence(n, n.declared)
        decision = decide(self.profile, self.model, [own])
        if not any(self._contradicts(n, m) for m in self.members.get(n.declared, ())):
            found = self._found(n, decision) if own.evidence else None
            return Placement(n, n.declared, LinkCause.DECLARED, found=found)
        placement = Placement(n, new_id(), LinkCause.CREATED, created=True)
        placement.questions.append(Question(ReviewKind.POSSIBLE, self._found(n, decision)))
        return placement

    def _contradicts(self, n: Newcomer, member: Member) -> bool:
        strong = _strong_attributes(self.profile)
        said = self.scores.detail(n.record, member.record)
        return any(c.attribute in strong and c.weight < 0 and c.level == 1 for c in said)

    def _ask_about_identifiers(
        self, n: Newcomer, placement: Placement, ranking: Sequence[GoldenEvidence]
    ) -> None:
        """Two golden records share a strong identifier only while a person is asked about it."""
        asked = {q.found.golden for q in placement.questions} | {placement.golden}
        sharing = {r for key in n.strong for r in (*self.shared.get(key, ()), *self.under[key])}
        for item in ranking:
            golden = UUID(item.golden)
            if golden in asked or not sharing & {m.record for m in self.members[golden]}:
                continue
            decision = decide(self.profile, self.model, [item])
            placement.questions.append(Question(ReviewKind.POSSIBLE, self._found(n, decision)))

    def _found(self, n: Newcomer, decision: Decision) -> Found:
        best = decision.best
        assert best is not None
        golden = UUID(best.golden)
        records = [m.record for m in self.members[golden] if m.record != n.record]
        record = max(records, key=lambda r: (self.scores.of(n.record, r).weight, str(r)))
        said = self.scores.detail(n.record, record)
        return Found(
            record=record,
            golden=golden,
            weight=best.weight,
            probability=best.probability,
            margin=decision.margin,
            runner_up=UUID(decision.runner_up.golden) if decision.runner_up else None,
            model_version=self.model.version,
            detail={
                "reason": decision.reason,
                "candidates_cut": n.record in self.cut,
                "prior": self.model.prior,
                "comparisons": [
                    {
                        "attribute": c.attribute,
                        "level": c.level,
                        "label": c.label,
                        "weight": c.weight,
                        "left": c.left,
                        "right": c.right,
                    }
                    for c in said
                ],
            },
        )

    def _settle(self, n: Newcomer, placement: Placement) -> None:
        """Let the newcomers after this one see where it went."""
        if n.golden is None:
            member = Member(n.record, placement.golden, n.system, n.features)
            self.members.setdefault(placement.golden, []).append(member)
        self.home[n.record] = placement.golden
        for key in n.keys:
            if len(self.under[key]) < candidates.KEY_CAP:
                self.under[key].append(n.record)


class _Scores:
    """Evidence between records, scored in bulk and kept."""

    def __init__(self, profile: Profile, model: Model, everyone: Mapping[UUID, Features]) -> None:
        self.profile, self.model, self.everyone = profile, model, everyone
        self.row = {record: place for place, record in enumerate(everyone)}
        self.scorer = Scorer(profile, model, frame_of(profile, list(everyone.values())))
        self.kept: dict[tuple[UUID, UUID], tuple[Evidence, Any]] = {}

    def prepare(self, pairs: Iterable[tuple[UUID, UUID]]) -> None:
        """Score every pair that was not scored yet, in one go."""
        new = [p for p in dict.fromkeys(pairs) if p not in self.kept and p[0] != p[1]]
        if not new:
            return
        left = np.array([self.row[a] for a, _ in new], np.int64)
        right = np.array([self.row[b] for _, b in new], np.int64)
        levels = self.scorer.levels(left, right)
        weights = self.scorer.weights(levels)
        chances = self.model.probability(weights)
        for pair, weight, chance, row in zip(new, weights, chances, levels, strict=True):
            self.kept[pair] = (Evidence(int(weight), float(chance), ()), row)

    def of(self, a: UUID, b: UUID) -> Evidence:
        """The evidence between two records."""
        if (a, b) not in self.kept:
            self.prepare([(a, b)])
        return self.kept[a, b][0]

    def detail(self, a: UUID, b: UUID) -> Sequence[Any]:
        """What each attribute said of two records."""
        self.prepare([(a, b)])
        row = self.kept[a, b][1]
        return comparisons(self.profile, self.model, row, self.everyone[a], self.everyone[b])


@cache
def _strong_attributes_of(entity: str) -> frozenset[str]:
    profile = profile_for(entity)
    # An identifier on its own: the client that a contract's number belongs to is none.
    alone = [key.parts[0] for key in profile.keys if key.strong and len(key.parts) == 1]
    fields = {part.field for part in alone}
    return frozenset(c.attribute for c in profile.comparisons if c.field in fields)


def _strong_attributes(profile: Profile) -> frozenset[str]:
    return _strong_attributes_of(profile.entity)


def _kind(decision: Decision) -> ReviewKind:
    close = decision.runner_up is not None and "two candidates" in decision.reason
    return ReviewKind.AMBIGUOUS if close else ReviewKind.POSSIBLE
