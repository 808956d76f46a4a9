"""Explain two source records, or two golden records by the pair that is most alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

import numpy as np

from canonical import configuration
from canonical.entities import schema_of
from matching.engine.cluster import seam
from matching.engine.compare.base import Index
from matching.engine.explain import Explanation, Lead, explain, leads
from matching.engine.frame import frame_of
from matching.engine.keys import keys, keys_by_name, strong_keys
from matching.engine.model import Model
from matching.engine.normalise import Features
from matching.engine.score import Scorer
from matching.intake import candidates
from matching.intake.candidates import Member
from matching.intake.placement import Found
from matching.intake.resolve import Newcomer, considered, current_model
from matching.profiles import profile_for

PAIRS_AT_MOST = 64


def of_records(entity: str, a: UUID, b: UUID) -> Explanation | None:
    """Under the model in force; None where one of them was never compared, or not for long."""
    known = candidates.features_of([a, b])
    if len(known) < 2:
        return None
    return explain(profile_for(entity), _model(entity), known[a], known[b])


def of_goldens(entity: str, first: UUID, others: Sequence[UUID]) -> list[Explanation | None]:
    """For each other golden record, its record that speaks most for being one with the first.

    A fixed number of statements, however many there are.
    """
    members = candidates.members({first, *others})
    profile, model = profile_for(entity), _model(entity)

    def best(other: UUID) -> Explanation | None:
        pairs = [(x, y) for x in members.get(first, ()) for y in members.get(other, ())]
        told = [explain(profile, model, x.features, y.features) for x, y in pairs[:PAIRS_AT_MOST]]
        return max(told, key=lambda explanation: explanation.weight, default=None)

    return [best(other) for other in others]


@dataclass(frozen=True, slots=True)
class Edge:
    """The evidence between two source records: 1/1024 bit, and the chance it states."""

    a: UUID
    b: UUID
    weight: int
    probability: float


@dataclass(frozen=True, slots=True)
class Bridge:
    """Where a golden record is held together least: the evidence between the two sides.

    Below nothing the two sides would not be joined by the model in force.
    """

    left: tuple[UUID, ...]
    right: tuple[UUID, ...]
    weight: int
    probability: float


@dataclass(frozen=True, slots=True)
class Web:
    """The records of a golden record with the evidence between every two, the strongest first."""

    members: tuple[Member, ...]
    edges: tuple[Edge, ...]
    weakest: Bridge | None


def of_cluster(entity: str, golden: UUID) -> Web:
    """How the records of one golden record hang together, under the model in force.

    At most 25 records, the oldest; those never compared are left out.
    """
    profile, model = profile_for(entity), _model(entity)
    members = tuple(candidates.members([golden]).get(golden, ()))
    i, j = np.triu_indices(len(members), 1)
    scorer = Scorer(profile, model, frame_of(profile, [m.features for m in members]))
    system = np.unique([m.system for m in members], return_inverse=True)[1]
    weight = scorer.weights(scorer.levels(i, j)) + (system[i] == system[j]) * np.int64(model.apart)
    chance = model.probability(weight)
    edges = [
        Edge(members[a].record, members[b].record, int(w), float(p))
        for a, b, w, p in zip(i.tolist(), j.tolist(), weight, chance, strict=True)
    ]
    edges.sort(key=lambda edge: -edge.weight)
    matrix = np.zeros((len(members), len(members)), np.int64)
    matrix[i, j] = matrix[j, i] = weight
    return Web(members, tuple(edges), _weakest(model, members, matrix))


def _weakest(model: Model, members: Sequence[Member], weight: Index) -> Bridge | None:
    found = seam(weight)
    if found is None:
        return None
    left, right = (tuple(members[row].record for row in side) for side in (found.left, found.right))
    chance = float(model.probability(np.array([found.weight]))[0])
    return Bridge(left, right, found.weight, chance)


@dataclass(frozen=True, slots=True)
class Rivals:
    """Where a record would go if it came now: the reason, and each candidate, the likeliest first.

    `margin` is the lead of the first over the second in 1/1024 bit.
    """

    reason: str
    margin: int | None
    found: tuple[Found, ...]
    leads: tuple[Lead, ...]


def of_rivals(entity: str, record: UUID, system: str, golden: UUID | None) -> Rivals | None:
    """The golden records that compete for a record, its own left out; None if never compared.

    `leads` are the attributes that part the first from the second.
    """
    seen = candidates.features_of([record]).get(record)
    if seen is None:
        return None
    profile = profile_for(entity)
    strong = frozenset(strong_keys(profile, seen))
    newcomer = Newcomer(record, system, seen, tuple(keys(profile, seen)), strong, golden)
    decision, found, _ = considered(entity, newcomer, configuration.stamp())
    return Rivals(decision.reason, decision.margin, tuple(found), _leads(entity, seen, found))


def _leads(entity: str, seen: Features, found: Sequence[Found]) -> tuple[Lead, ...]:
    known = candidates.features_of([f.record for f in found[:2]])
    if len(known) < 2:
        return ()
    profile, model = profile_for(entity), _model(entity)
    best, second = (explain(profile, model, seen, known[f.record]) for f in found[:2])
    return leads(best, second)


@dataclass(frozen=True, slots=True)
class Meeting:
    """Whether automation could compare two golden records at all: by which kinds of key they meet.

    `crowded` names those under which so many records stand that they are passed over.
    """

    shared: tuple[str, ...]
    crowded: tuple[str, ...]


def of_meeting(entity: str, a: Sequence[UUID], b: Sequence[UUID]) -> Meeting:
    """The keys that records of two golden records, `a` and `b`, share."""
    profile, model = profile_for(entity), _model(entity)
    known = candidates.features_of([*a, *b])
    left, right = (
        {k: name for r in side if r in known for k, name in keys_by_name(profile, known[r])}
        for side in (a, b)
    )
    both = left.keys() & right.keys()
    heard = candidates.light(entity, both - model.stop_keys)
    shared = {left[k] for k in both if k in heard}
    return Meeting(tuple(sorted(shared)), tuple(sorted({left[k] for k in both} - shared)))


def _model(entity: str) -> Model:
    return current_model(entity, configuration.stamp())


@cache
def restricted(entity: str) -> frozenset[str]:
    """The comparisons that read restricted attributes: what they saw is not for everyone."""
    profile, schema = profile_for(entity), schema_of(entity)
    hidden = {
        field.name
        for field in profile.fields
        if any(name in schema and schema[name].restricted for name in field.inputs)
    }
    return frozenset(c.attribute for c in profile.comparisons if c.field in hidden)
