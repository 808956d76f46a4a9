"""Resolve: for each arriving record, the golden record it belongs to, a new one, or a question.

One way for one record and for a chunk: candidates are read in a fixed number of statements, all
pairs are scored together, and the records are then decided one after the other, each seeing where
the ones before it went.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any
from uuid import UUID

from canonical.models import LinkCause, new_id
from matching.engine.decide import Band, Decision, choose
from matching.engine.keys import keys_told
from matching.engine.model import Model, default_model
from matching.engine.normalise import features
from matching.engine.profile import Profile
from matching.intake import candidates
from matching.intake.candidates import Asked, Member, Near
from matching.intake.filing import Late
from matching.intake.placement import Found, Placement, Question
from matching.intake.population import OTHER, Newcomer, Pair, Population
from matching.models import MatchModel, ReviewKind
from matching.profiles import profile_for

__all__ = ("Newcomer", "Placing", "considered", "current_model", "newcomer", "place")


def newcomer(entity: str, record: UUID, system: str, values: Mapping[str, Any]) -> Newcomer:
    """A record as the engine sees it; `values` are resolved."""
    profile = profile_for(entity)
    seen = features(profile, values)
    keys = keys_told(profile, seen)
    strong = frozenset(key for key, alone in keys.items() if alone)
    return Newcomer(record, system, seen, tuple(keys), strong)


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
    return Placing(entity, newcomers, stamp).run() if newcomers else []


def considered(entity: str, n: Newcomer, stamp: int) -> tuple[Decision, list[Found], str]:
    """What would be decided of a newcomer, every candidate, the likeliest first, and the model."""
    placing = Placing(entity, [n], stamp)
    decision, found = placing.consider(0)
    return decision, found, placing.model.version


class Placing:
    """The work of one chunk; newcomers and golden records go by number.

    What is read and scored in the beginning may be looked at again, where records came since.
    """

    def __init__(self, entity: str, newcomers: Sequence[Newcomer], stamp: int) -> None:
        self.entity, self.newcomers = entity, newcomers
        self.profile: Profile = profile_for(entity)
        self.model = current_model(entity, stamp)
        self.under: dict[int, list[int]] = defaultdict(list)
        self.fresh = [new_id() for _ in newcomers]  # golden records, as far as they are wanted
        told = Counter(chain.from_iterable(n.keys for n in newcomers))
        self.shared = [[key for key in n.keys if told[key] > 1] for n in newcomers]
        self.asked = [self._asked(n) for n in newcomers]
        self.near, members = self._nearby(range(len(newcomers)))
        self.population = Population(self.profile, self.model, newcomers, members)
        golden = self.population.golden
        self.own = [golden(n.golden) if n.golden else None for n in newcomers]
        self.declared = [golden(n.declared) if n.declared else None for n in newcomers]
        self.beside = [self._beside(near) for near in self.near]
        self.population.prepare(self._pairs())
        self.population.prepare(self._likely())

    def look_again(
        self, placements: Sequence[Placement], late: Mapping[UUID, Late]
    ) -> list[Placement]:
        """The placements as they are with what was filed since they were made.

        Only who has to do with it is decided again: who shares a key with a late record, and who
        looks at a golden record that changed, by what came or by a newcomer that goes elsewhere
        now. What speaks for all others is as it was.
        """
        self._forget_run()
        changed = self._changed(late)
        again = self._concerned(late, changed)
        if not again:
            return list(placements)
        found, members = self._nearby(again)
        self.population.learn(members)
        for n, near in zip(again, found, strict=True):
            self.near[n], self.beside[n] = near, self._beside(near)
        return self._anew(placements, set(again), changed)

    def _changed(self, late: Mapping[UUID, Late]) -> set[int]:
        """The golden records in which late records stand or stood."""
        home, known = self.population.home, map(self.population.number, late)
        now = {self.population.golden(each.golden) for each in late.values() if each.golden}
        return now | {home[number] for number in known if number in home}

    def _concerned(self, late: Mapping[UUID, Late], changed: set[int]) -> list[int]:
        """The newcomers that share a key with a late record, or may belong to a changed golden."""
        keys = {key for each in late.values() for key in each.keys}
        return [
            n
            for n, asked in enumerate(self.asked)
            if not keys.isdisjoint(candidates.heavy.without(self.entity, asked.keys))
            or not changed.isdisjoint(self._goldens(n))
        ]

    def _anew(
        self, placements: Sequence[Placement], again: Collection[int], changed: set[int]
    ) -> list[Placement]:
        golden = self.population.golden
        after: list[Placement] = []
        for n, placement in enumerate(placements):
            if n in again or not changed.isdisjoint(self._considered(n)):
                after.append(self._place(n))
                if after[n].golden != placement.golden:
                    changed |= {golden(placement.golden), golden(after[n].golden)}
            else:
                self._settle(n, placement)
                after.append(placement)
        return after

    def _considered(self, n: int) -> set[int]:
        """The golden records that a decision on a newcomer looks at, in its turn."""
        home = self.population.home
        return self._goldens(n).union(home[r] for r in self._earlier(n) if r in home)

    def _goldens(self, n: int) -> set[int]:
        """The golden records that a newcomer may belong to, as far as they were there before."""
        home = self.population.home
        named = {g for g in (self.own[n], self.declared[n]) if g is not None}
        return named.union(home[r] for r in self.beside[n] if r in home)

    def _beside(self, near: Near) -> list[int]:
        found = map(self.population.number, near.records)
        return [number for number in found if number is not None]

    def _asked(self, n: Newcomer) -> Asked:
        keys = [key for key in n.keys if key not in self.model.stop_keys]
        return Asked(n.record, keys, n.strong)

    def _nearby(self, among: Sequence[int]) -> tuple[list[Near], Mapping[UUID, Sequence[Member]]]:
        """What is near some newcomers: records, and all of the golden records they may join."""
        near, members = candidates.nearby(self.entity, [self.asked[n] for n in among])
        some = [self.newcomers[n] for n in among]
        own = {g for n in some for g in (n.declared, n.golden) if g}
        if missing := own - members.keys():
            members.update(candidates.members(missing))
        return near, members

    def _pairs(self) -> Iterator[Pair]:
        """Every pair that will surely be asked for, so that all are scored at once."""
        inside = self.population.inside
        peers: dict[int, list[int]] = defaultdict(list)
        visitors: dict[int, list[int]] = defaultdict(list)
        for n, shared in enumerate(self.shared):
            others: set[int] = set()
            for golden in self._goldens(n):
                others.update(inside[golden], visitors[golden][: candidates.KEY_CAP])
                visitors[golden].append(n)
            for key in shared:
                others.update(peers[key][: candidates.KEY_CAP])
                peers[key].append(n)
            others.discard(n)
            yield from map((n * OTHER).__add__, others)

    def _likely(self) -> Iterator[Pair]:
        """The pairs that come up once the newcomers have gone where they likely go."""
        home, inside, size = self.population.home, self.population.inside, len(self.newcomers)
        i, j, weight = self.population.scored()
        beside = [{n} for n in range(size)]
        speaks, arriving = weight > 0, j < size
        for n, other in zip(i[speaks].tolist(), j[speaks].tolist(), strict=True):
            beside[n].update(inside[home[other]] if other in home else beside[other])
        for n, other in zip(i[arriving].tolist(), j[arriving].tolist(), strict=True):
            yield from (n * OTHER + m for m in beside[other] if m < n or m >= size)

    def run(self) -> list[Placement]:
        """Decide every newcomer, in order; from the beginning, if it is asked again."""
        self._forget_run()
        return [self._place(n) for n in range(len(self.newcomers))]

    def _forget_run(self) -> None:
        self.under.clear()
        for n, own in enumerate(self.own):
            if own is None:
                self.population.leave(n)

    def consider(self, n: int) -> tuple[Decision, list[Found]]:
        """The decision on a newcomer, and what is found of each candidate alone."""
        weights = self._weights(n)
        alone = [self._found(n, self._alone(g, weight)) for g, weight in weights.items()]
        alone.sort(key=lambda found: (-found.weight, str(found.golden)))
        return self._decide(weights), alone

    def _place(self, n: int) -> Placement:
        weights = self._weights(n)
        best = self.model.chance(max(weights.values(), default=0))
        asked = weights if best >= self.profile.thresholds.review else {}
        placement = self._placement(n, self._decide(asked))
        self._ask_about_identifiers(n, placement, weights)
        self._settle(n, placement)
        return placement

    def _weights(self, n: int) -> dict[int, int]:
        """The golden records near a newcomer, with the evidence for each.

        The records that its own system holds apart from it count against it, but for the golden
        record it declares.
        """
        population = self.population
        declared, inside = self.declared[n], population.inside
        near = dict.fromkeys(map(population.home.get, chain(self.beside[n], self._earlier(n))))
        goldens = [g for g in near if g is not None and g != self.own[n]]
        population.prepare(n * OTHER + r for g in goldens for r in inside[g] if r != n)
        return {g: population.evidence(n, g, g != declared) for g in goldens}

    def _earlier(self, n: int) -> list[int]:
        """The newcomers before this one that share a key with it."""
        return [r for key in self.shared[n] for r in self.under[key]]

    def _decide(self, weights: Mapping[int, int]) -> Decision:
        """Only the two likeliest, and whoever equals them, can decide."""
        goldens, least = self.population.goldens, min(sorted(weights.values())[-2:], default=0)
        best = {str(goldens[g]): w for g, w in weights.items() if w >= least}
        return choose(self.profile, self.model, best)

    def _alone(self, golden: int, weight: int) -> Decision:
        return self._decide({golden: weight})

    def _placement(self, n: int, decision: Decision) -> Placement:
        newcomer = self.newcomers[n]
        if newcomer.golden is not None:
            return self._kept(n, decision)
        if newcomer.declared is not None:
            return self._as_declared(n)
        best = UUID(decision.best.golden) if decision.best else None
        if decision.band is Band.LINK and best:
            return Placement(newcomer, best, LinkCause.MATCHED, found=self._found(n, decision))
        placement = Placement(newcomer, self.fresh[n], LinkCause.CREATED, created=True)
        if decision.band is Band.REVIEW:
            placement.questions.append(Question(_kind(decision), self._found(n, decision)))
        return placement

    def _kept(self, n: int, decision: Decision) -> Placement:
        """A linked record keeps its link, whatever is found; a person is asked instead."""
        own, golden = self.own[n], self.newcomers[n].golden
        assert own is not None
        assert golden is not None
        placement = Placement(self.newcomers[n], golden, LinkCause.MATCHED)
        if decision.band is Band.LINK:
            found = self._found(n, decision)
            placement.questions.append(Question(ReviewKind.POSSIBLE, found))
        if self.population.others(n, own):
            alone = self._alone(own, self.population.evidence(n, own, apart=False))
            if alone.band is not Band.LINK:
                found = self._found(n, alone)
                placement.questions.append(Question(ReviewKind.BROKEN, found))
        return placement

    def _as_declared(self, n: int) -> Placement:
        """Linked as the source says, unless identifiers contradict: then a person is asked."""
        newcomer, golden = self.newcomers[n], self.declared[n]
        assert golden is not None
        assert newcomer.declared is not None
        others = self.population.others(n, golden)
        decision = self._alone(golden, self.population.evidence(n, golden, apart=False))
        if not any(self._contradicts(n, other) for other in others):
            found = self._found(n, decision) if others else None
            return Placement(newcomer, newcomer.declared, LinkCause.DECLARED, found=found)
        placement = Placement(newcomer, self.fresh[n], LinkCause.CREATED, created=True)
        placement.questions.append(Question(ReviewKind.POSSIBLE, self._found(n, decision)))
        return placement

    def _contradicts(self, n: int, other: int) -> bool:
        strong = _strong_attributes(self.profile)
        said = self.population.detail(n, other)
        return any(c.attribute in strong and c.weight < 0 and c.level == 1 for c in said)

    def _ask_about_identifiers(
        self, n: int, placement: Placement, weights: Mapping[int, int]
    ) -> None:
        """Two golden records share a strong identifier only while a person is asked about it."""
        newcomer, population = self.newcomers[n], self.population
        sharing = set(map(population.number, self.near[n].strong))
        sharing.update(*(self.under[key] for key in self.shared[n] if key in newcomer.strong))
        if not sharing:
            return
        asked = {q.found.golden for q in placement.questions} | {placement.golden}
        for golden, weight in weights.items():
            if population.goldens[golden] in asked or sharing.isdisjoint(population.inside[golden]):
                continue
            found = self._found(n, self._alone(golden, weight))
            placement.questions.append(Question(ReviewKind.POSSIBLE, found))

    def _found(self, n: int, decision: Decision) -> Found:
        best = decision.best
        assert best is not None
        golden, records = UUID(best.golden), self.population.records
        others = self.population.others(n, self.population.golden(golden))
        other = max(others, key=lambda r: (self.population.weight(n, r), str(records[r])))
        said = self.population.detail(n, other)
        return Found(
            record=records[other],
            golden=golden,
            weight=best.weight,
            probability=best.probability,
            margin=decision.margin,
            runner_up=UUID(decision.runner_up.golden) if decision.runner_up else None,
            model_version=self.model.version,
            detail={
                "reason": decision.reason,
                "candidates_cut": self.near[n].cut,
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

    def _settle(self, n: int, placement: Placement) -> None:
        """Let the newcomers after this one see where it went."""
        if self.own[n] is None:
            self.population.settle(n, self.population.golden(placement.golden))
        for key in self.shared[n]:
            if len(self.under[key]) < candidates.KEY_CAP:
                self.under[key].append(n)


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
