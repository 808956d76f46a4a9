"""Why two records are, or are not, the same: in words, step by step, with what would change it.

Everything is computed again from the features under the model, to the same number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from matching.engine.compare.base import RARITY_UNIT, Comparator
from matching.engine.decide import Band, band_of
from matching.engine.linkage import capped
from matching.engine.model import BIT, Model
from matching.engine.normalise import Features
from matching.engine.profile import Profile
from matching.engine.score import Comparison, Evidence, score_one, totals

RAREST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of the waterfall: where it starts and ends, in 1/1024 bit, and the sentence."""

    attribute: str
    label: str
    sentence: str
    left: str
    right: str
    weight: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Change:
    """What another answer of one attribute would make of the decision."""

    attribute: str
    label: str
    weight: int
    probability: float
    band: Band

    @property
    def sentence(self) -> str:
        """Read to the steward."""
        return f"With {self.attribute} “{self.label}” it would be: {self.band}."


@dataclass(frozen=True, slots=True)
class Explanation:
    """The evidence between two records, told."""

    weight: int
    probability: float
    band: Band
    model_version: str
    steps: tuple[Step, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Lead:
    """By how much one attribute speaks more for the best candidate than for the runner-up."""

    attribute: str
    best: str
    runner_up: str
    weight: int


def explain(profile: Profile, model: Model, a: Features, b: Features) -> Explanation:
    """Explain one pair: the steps from the prior to the total, and what would change the band."""
    evidence = score_one(profile, model, a, [b])[0]
    return Explanation(
        weight=evidence.weight,
        probability=evidence.probability,
        band=_band(profile, model, evidence.weight),
        model_version=model.version,
        steps=tuple(_steps(profile, model, evidence, a, b)),
        changes=tuple(_changes(profile, model, evidence)),
    )


def leads(best: Explanation, runner_up: Explanation) -> tuple[Lead, ...]:
    """The attributes that part the best candidate from the runner-up, the weightiest first."""
    other = {step.attribute: step for step in runner_up.steps}
    found = [
        Lead(step.attribute, step.label, other[step.attribute].label, gap)
        for step in best.steps
        if step.attribute in other and (gap := step.weight - other[step.attribute].weight)
    ]
    return tuple(sorted(found, key=lambda lead: (-abs(lead.weight), lead.attribute)))


def _steps(
    profile: Profile, model: Model, evidence: Evidence, a: Features, b: Features
) -> Iterator[Step]:
    share = float(model.probability(np.array([model.prior]))[0])
    said = f"Before anything is compared: about {share:.1%} of the records looked at match."
    yield Step("prior", "", said, "", "", model.prior, 0, model.prior)
    at = model.prior
    ladder = {c.attribute: c for c in profile.comparisons}
    for item in evidence.comparisons:
        comparator = ladder.get(item.attribute)
        said = _sentence(profile, model, comparator, item, a, b) if comparator else item.label
        yield Step(
            item.attribute,
            item.label,
            said,
            item.left,
            item.right,
            item.weight,
            at,
            at + item.weight,
        )
        at += item.weight


def _sentence(
    profile: Profile,
    model: Model,
    comparator: Comparator,
    item: Comparison,
    a: Features,
    b: Features,
) -> str:
    if not item.level:
        return "No evidence: at least one side says nothing."
    place = profile.position[comparator.field]
    rarity = _rarity(model, comparator, a.cells[place], b.cells[place])
    return " ".join(filter(None, (comparator.levels[item.level - 1].sentence, rarity)))


def _rarity(model: Model, comparator: Comparator, left: Sequence[str], right: Sequence[str]) -> str:
    """How rare what both sides carry is, the rarest first."""
    ours = {word for atom in left for word in comparator.words(atom)}
    both = sorted(ours & {word for atom in right for word in comparator.words(atom)})
    terms = model.terms_of(comparator)
    if not both or not (terms.total or terms.background):
        return ""
    rarest = sorted(zip(-terms.rarity(both), both, strict=True))[:RAREST_SHOWN]
    told = (f"“{comparator.show(w)}” 1 in {_one_in(-int(r))}" for r, w in rarest if w)
    return f"Rarity: {', '.join(told)}."


def _one_in(rarity: int) -> str:
    return f"{max(round(2 ** (rarity / RARITY_UNIT)), 1):,}"


def _changes(profile: Profile, model: Model, evidence: Evidence) -> Iterator[Change]:
    """For each attribute the nearest other answers that would move the pair to another band."""
    now = _band(profile, model, evidence.weight)
    levels = [item.level for item in evidence.comparisons[: len(profile.comparisons)]]
    for place, comparator in enumerate(profile.comparisons):
        row = model.weights[comparator.attribute]
        seen = {now}
        nearest = sorted(range(1, len(row)), key=lambda k: (abs(row[k] - row[levels[place]]), k))
        for level, total in _answers(profile, model, levels, place, nearest):
            band = _band(profile, model, total)
            if band not in seen:
                seen.add(band)
                chance = float(model.probability(np.array([total]))[0])
                label = comparator.levels[level - 1].label
                yield Change(comparator.attribute, label, total, chance, band)


def _answers(
    profile: Profile, model: Model, levels: list[int], place: int, other: list[int]
) -> Iterator[tuple[int, int]]:
    """The total with each other level at one place."""
    rows = np.tile(np.array(levels, np.int8), (len(other), 1))
    rows[:, place] = other
    return zip(other, map(int, totals(profile, model, rows)), strict=True)


def _band(profile: Profile, model: Model, weight: int) -> Band:
    return band_of(profile, float(model.probability(np.array([capped(weight)]))[0]))


def bits_of(weight: int) -> float:
    """A weight in bits, for people."""
    return round(weight / BIT, 2)
