"""Search before create: what intake would find for a record that nobody has sent yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from canonical import configuration
from canonical.identity.targets import resolved
from matching.engine.decide import Band, band_of
from matching.intake.placement import Found
from matching.intake.resolve import considered, newcomer
from matching.profiles import profile_for

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A golden record the record may belong to, and the band it would fall into alone."""

    found: Found
    band: Band


@dataclass(frozen=True, slots=True)
class Search:
    """What intake would decide, and why; the candidates, the likeliest first."""

    band: Band
    reason: str
    margin: int | None
    model_version: str
    candidates: list[Candidate]


def search(entity: str, system: str, values: Mapping[str, Any], limit: int) -> Search:
    """Score validated values as `system` would send them; writes nothing.

    It is the way of intake itself, so that the answer is the one a PUT would get.
    """
    config = configuration.current()
    [meant] = resolved(system, entity, [values], config)
    decision, found, model = considered(
        entity, newcomer(entity, _NOBODY, system, meant), config.stamp
    )
    profile = profile_for(entity)
    candidates = [Candidate(item, band_of(profile, item.probability)) for item in found[:limit]]
    return Search(decision.band, decision.reason, decision.margin, model, candidates)
