"""The decision on one record: link it, ask a person, or make a new golden record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from matching.engine.linkage import together
from matching.engine.model import BIT, Model
from matching.engine.profile import Profile
from matching.engine.score import Evidence


class Band(StrEnum):
    """What happens to the record."""

    LINK = "link"
    REVIEW = "review"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class GoldenEvidence:
    """The evidence between the arriving record and each record of one golden record.

    `same_system` counts those of them that the arriving record's own system holds apart from it.
    """

    golden: str
    evidence: tuple[Evidence, ...]
    same_system: int = 0

    def weight(self, model: Model) -> int:
        """Damped sum over the golden's records, in 1/1024 bit, as clusters are joined."""
        return together([item.weight for item in self.evidence], self.same_system * model.apart)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A golden record with its total in 1/1024 bit and the probability that is calibrated on."""

    golden: str
    weight: int
    probability: float


@dataclass(frozen=True, slots=True)
class Decision:
    """The band with its reason; `margin` is the lead over the runner-up in 1/1024 bit."""

    band: Band
    reason: str
    best: Candidate | None = None
    runner_up: Candidate | None = None
    margin: int | None = None


def decide(profile: Profile, model: Model, golden_evidence: Sequence[GoldenEvidence]) -> Decision:
    """Decide on one record; equal candidates are ordered by golden id, so the answer is stable."""
    return choose(profile, model, {g.golden: g.weight(model) for g in golden_evidence})


def choose(profile: Profile, model: Model, weights: Mapping[str, int]) -> Decision:
    """The same from the total of each golden record, in 1/1024 bit."""
    if not weights:
        return Decision(Band.NEW, "nothing comparable was found")
    best, runner_up, *_ = (*_ranked(model, weights, 2), None)
    assert best is not None
    margin = best.weight - runner_up.weight if runner_up else None
    band, reason = _band(profile, best, runner_up, margin)
    return Decision(band, reason, best, runner_up, margin)


def rank(model: Model, golden_evidence: Sequence[GoldenEvidence]) -> list[Candidate]:
    """Candidates with their probability, the likeliest first."""
    weights = {g.golden: g.weight(model) for g in golden_evidence}
    return _ranked(model, weights, len(weights))


def _ranked(model: Model, weights: Mapping[str, int], most: int) -> list[Candidate]:
    weighed = sorted((-weight, golden) for golden, weight in weights.items())
    return [Candidate(golden, -weight, model.chance(-weight)) for weight, golden in weighed[:most]]


def band_of(profile: Profile, probability: float) -> Band:
    """The band of a lone candidate."""
    if probability < profile.thresholds.review:
        return Band.NEW
    return Band.LINK if probability >= profile.thresholds.link else Band.REVIEW


def _band(
    profile: Profile, best: Candidate, runner_up: Candidate | None, margin: int | None
) -> tuple[Band, str]:
    limits = profile.thresholds
    if best.probability < limits.review:
        return Band.NEW, f"the best candidate stays below {limits.review:.0%}"
    if best.probability < limits.link:
        return (
            Band.REVIEW,
            f"the best candidate lies between {limits.review:.0%} and {limits.link:.0%}",
        )
    close = margin is not None and margin < limits.margin * BIT
    if runner_up and close and runner_up.probability >= limits.review:
        return Band.REVIEW, f"two candidates lie within {limits.margin:g} bits of each other"
    return Band.LINK, f"the best candidate reaches {limits.link:.0%}"
