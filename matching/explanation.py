"""Explain two source records, or two golden records by the pair that is most alike."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from canonical import configuration
from canonical.entities import schema_of
from matching import candidates
from matching.engine.explain import Explanation, explain
from matching.engine.normalise import Features
from matching.profiles import profile_for
from matching.resolve import current_model

PAIRS_AT_MOST = 64


def of_records(entity: str, a: UUID, b: UUID) -> Explanation | None:
    """Under the model in force; None where one of them was never compared, or not for long."""
    known = candidates.features_of([a, b])
    if len(known) < 2:
        return None
    return _told(entity, known[a], known[b])


def of_goldens(entity: str, a: UUID, b: UUID) -> Explanation | None:
    """The explanation of the two records that speak most for the golden records being one."""
    members = candidates.members({a, b})
    pairs = [(x.features, y.features) for x in members.get(a, ()) for y in members.get(b, ())]
    told = [_told(entity, *pair) for pair in pairs[:PAIRS_AT_MOST]]
    return max(told, key=lambda explanation: explanation.weight, default=None)


def _told(entity: str, a: Features, b: Features) -> Explanation:
    return explain(profile_for(entity), current_model(entity, configuration.stamp()), a, b)


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
