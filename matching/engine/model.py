"""A model: what a population taught about its profile, in whole numbers a person can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import log2
from typing import Any

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_hexdigest

from matching.engine.compare.base import Comparator, Terms
from matching.engine.profile import Profile

BIT = 1024
"""Weights count in 1/1024 bit: one bit doubles the odds."""

LIMIT = 40
"""Totals beyond this many bits are as good as certain."""


class BadModel(ValueError):
    """The text is no model, or one of another entity."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Stretches and shifts totals so that a stated probability comes true: slope in 1/1024."""

    slope: int = BIT
    offset: int = 0


@dataclass(frozen=True)
class Model:
    """Weights, value frequencies and calibration of one entity; equal content, equal version."""

    entity: str
    prior: int
    weights: Mapping[str, tuple[int, ...]]
    terms: Mapping[str, Terms] = field(default_factory=dict)
    stop_keys: frozenset[int] = frozenset()
    apart: int = -2 * BIT
    """Weight of two records being held apart by one and the same system."""
    calibration: Calibration = Calibration()
    notes: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def version(self) -> str:
        """A digest of everything that can change a score."""
        content = {k: v for k, v in self._document().items() if k != "notes"}
        return xxh3_64_hexdigest(json.dumps(content, sort_keys=True).encode())

    @cached_property
    def rows(self) -> Mapping[str, npt.NDArray[np.int64]]:
        """The weights of each attribute's levels as an array."""
        return {name: np.array(row, np.int64) for name, row in self.weights.items()}

    def terms_of(self, comparator: Comparator) -> Terms:
        """The frequencies a comparator weighs rarity by, on its background knowledge."""
        if comparator not in self._terms:
            counted = self.terms.get(comparator.attribute, Terms())
            known = Terms(counted.total, counted.counts, comparator.background)
            self._terms[comparator] = known
        return self._terms[comparator]

    @cached_property
    def _terms(self) -> dict[Comparator, Terms]:
        return {}

    def probability(self, weights: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Calibrated probability of totals in 1/1024 bit, out of one table: exact everywhere."""
        stretched = weights * self.calibration.slope // BIT + self.calibration.offset
        return _PROBABILITY[np.clip(stretched, -LIMIT * BIT, LIMIT * BIT) + LIMIT * BIT]

    def chance(self, weight: int) -> float:
        """The same of one total."""
        stretched = weight * self.calibration.slope // BIT + self.calibration.offset
        return float(_PROBABILITY[max(-LIMIT * BIT, min(LIMIT * BIT, stretched)) + LIMIT * BIT])

    def to_json(self) -> str:
        """The model as text with one attribute a line."""
        return json.dumps({"version": self.version, **self._document()}, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Model:
        """Read `to_json`'s answer; raises BadModel."""
        try:
            return _read(json.loads(text))
        except (ValueError, KeyError, TypeError) as error:
            raise BadModel(f"not a model: {error}") from error

    def refuse_other_than(self, profile: Profile) -> None:
        """Raise BadModel where the model does not fit the profile: entity, comparisons, levels."""
        if self.entity != profile.entity:
            raise BadModel(f"a model of {self.entity}, not of {profile.entity}")
        for c in profile.comparisons:
            if len(self.weights.get(c.attribute, ())) != len(c.levels) + 1:
                raise BadModel(f"{c.attribute} has {len(c.levels)} levels, the model has others")

    def _document(self) -> dict[str, Any]:
        return {
            "entity": self.entity,
            "prior": self.prior,
            "weights": {name: list(row) for name, row in self.weights.items()},
            "terms": {name: [t.total, dict(t.counts)] for name, t in self.terms.items()},
            "apart": self.apart,
            "stop_keys": sorted(self.stop_keys),
            "calibration": [self.calibration.slope, self.calibration.offset],
            "notes": dict(self.notes),
        }


def _read(document: Mapping[str, Any]) -> Model:
    return Model(
        entity=document["entity"],
        prior=int(document["prior"]),
        weights={name: tuple(map(int, row)) for name, row in document["weights"].items()},
        terms={name: Terms(int(n), counts) for name, (n, counts) in document["terms"].items()},
        stop_keys=frozenset(document["stop_keys"]),
        apart=int(document["apart"]),
        calibration=Calibration(*document["calibration"]),
        notes=document["notes"],
    )


def default_model(profile: Profile) -> Model:
    """The model a fresh hub starts with: the profile's own shares, no counts."""
    weights = {c.attribute: starting_weights(c) for c in profile.comparisons}
    return Model(profile.entity, bits(profile.prior / (1 - profile.prior)), weights)


def starting_weights(comparator: Comparator) -> tuple[int, ...]:
    """Weight of each level, level 0 (no evidence) first."""
    return (0, *(round(level.bits * BIT) for level in comparator.levels))


def bits(ratio: float) -> int:
    """An odds ratio in 1/1024 bit."""
    return round(log2(ratio) * BIT)


def _probabilities() -> npt.NDArray[np.float64]:
    total = np.arange(-LIMIT * BIT, LIMIT * BIT + 1, dtype=np.float64) / BIT
    return 1.0 / (1.0 + np.exp2(-total))


_PROBABILITY = _probabilities()
