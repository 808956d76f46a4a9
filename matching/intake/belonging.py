"""Where records belong: how likely each is one of some golden records, whichever it is in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from uuid import UUID

from canonical import configuration
from matching.engine.decide import GoldenEvidence, rank
from matching.engine.model import Model
from matching.engine.profile import Profile
from matching.engine.score import score_one
from matching.intake import candidates
from matching.intake.candidates import Member
from matching.intake.resolve import current_model
from matching.profiles import profile_for

RECORDS_AT_MOST = 100


def likelihoods(
    entity: str, records: Collection[UUID], goldens: Collection[UUID]
) -> dict[UUID, dict[UUID, float]]:
    """By record and golden record, the probability that they are one.

    The records stand in one of the golden records; each is compared with the others, never with
    itself. What was never filed for matching is left out, and so is what comes after a hundred.
    """
    members = candidates.members(goldens)
    profile, model = profile_for(entity), current_model(entity, configuration.stamp())
    standing = (m for each in members.values() for m in each if m.record in set(records))
    return {
        m.record: _of_one(profile, model, m, members) for m in islice(standing, RECORDS_AT_MOST)
    }


def _of_one(
    profile: Profile, model: Model, record: Member, members: Mapping[UUID, Sequence[Member]]
) -> dict[UUID, float]:
    evidence = []
    for golden, each in members.items():
        others = [m for m in each if m.record != record.record]
        if others:
            scores = score_one(profile, model, record.features, [m.features for m in others])
            apart = sum(m.system == record.system for m in others)
            evidence.append(GoldenEvidence(str(golden), tuple(scores), apart))
    return {UUID(c.golden): c.probability for c in rank(model, evidence)}
