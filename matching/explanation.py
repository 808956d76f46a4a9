"""Explain two source records, or two golden records by the pair that is most alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from uuid import UUID

from canonical import configuration
from canonical.entities import schema_of
from matching import candidates
from matching.engine.explain import Explanation, explain
from matching.engine.model import Model
from matching.profiles import profile_for
from matching.resolve import current_model

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
