"""A whole population at once: find pairs, learn, score, cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matching.engine.cluster import Clusters, cluster, missing_pairs
from matching.engine.compare.base import Index, Levels
from matching.engine.frame import Frame
from matching.engine.linkage import CAP, DAMPING
from matching.engine.model import Model
from matching.engine.pairs import Candidates, candidate_pairs
from matching.engine.profile import Profile
from matching.engine.score import Scorer, Weights
from matching.engine.train import apart, counted, fitted

Progress = Callable[[str], None]
"""Told the name of each stage as it begins."""

STAGES = ("finding pairs", "comparing", "learning", "clustering")


@dataclass(frozen=True, slots=True)
class Result:
    """Scored pairs (i < j), the clusters they make, and the model that scored them."""

    model: Model
    i: Index
    j: Index
    weight: Weights
    clusters: Clusters
    assurance: npt.NDArray[np.float64]
    """For each record the probability that it is where it belongs."""


def dedupe(
    profile: Profile,
    frame: Frame,
    model: Model | None = None,
    progress: Progress = lambda stage: None,
    systems: Index | None = None,
) -> Result:
    """Cluster a population; without a model, one is learned from the population itself.

    `systems` numbers the source system of each row: records of one system need more evidence.
    """
    progress(STAGES[0])
    candidates = candidate_pairs(profile, frame)
    progress(STAGES[1])
    scorer = Scorer(profile, model or counted(profile, frame), frame)
    levels = scorer.levels(candidates.i, candidates.j)
    several = systems is not None and len(np.unique(systems)) > 1
    same = _Same(systems if several else None)
    if model is None:
        progress(STAGES[2])
        scorer = scorer.under(_learned(scorer, candidates, levels, same))
    progress(STAGES[3])
    i, j, weight = candidates.i, candidates.j, scorer.weights(levels)
    del candidates, levels
    weight += same.weight(scorer.model, i, j)
    more_i, more_j = missing_pairs(frame.size, i, j, weight)
    more = scorer.weights(scorer.levels(more_i, more_j)) + same.weight(scorer.model, more_i, more_j)
    model = scorer.model
    del scorer
    i, j = np.concatenate((i, more_i)), np.concatenate((j, more_j))
    weight = np.concatenate((weight, more))
    clusters = cluster(frame.size, i, j, weight)
    return Result(model, i, j, weight, clusters, _assurance(model, clusters, i, j, weight))


@dataclass(frozen=True, slots=True)
class _Same:
    """Which pairs are held apart by one system."""

    systems: Index | None

    def pairs(self, i: Index, j: Index) -> npt.NDArray[np.bool_]:
        if self.systems is None:
            return np.zeros(len(i), np.bool_)
        return np.asarray(self.systems[i] == self.systems[j], np.bool_)

    def weight(self, model: Model, i: Index, j: Index) -> Weights:
        return self.pairs(i, j) * np.int64(model.apart)


def _learned(scorer: Scorer, candidates: Candidates, levels: Levels, same: _Same) -> Model:
    model = replace(scorer.model, stop_keys=candidates.stop_keys)
    model = fitted(scorer.profile, model, levels)
    if same.systems is None:
        return model
    weight = scorer.under(model).weights(levels)
    return replace(model, apart=apart(weight, same.pairs(candidates.i, candidates.j)))


def _assurance(
    model: Model, clusters: Clusters, i: Index, j: Index, weight: Weights
) -> npt.NDArray[np.float64]:
    """In a cluster: the evidence of the record with the rest of it; alone: against its nearest."""
    label = clusters.label
    size = np.bincount(label, minlength=len(label))[label]
    inside = label[i] == label[j]
    capped = np.clip(weight, -CAP, CAP)
    total = np.zeros(len(label), np.int64)
    np.add.at(total, i[inside], capped[inside])
    np.add.at(total, j[inside], capped[inside])
    nearest = np.full(len(label), -CAP, np.int64)
    np.maximum.at(nearest, i, capped)
    np.maximum.at(nearest, j, capped)
    with_rest = (total / np.maximum(size - 1, 1) ** DAMPING).astype(np.int64)
    return model.probability(np.where(size > 1, with_rest, -nearest))
