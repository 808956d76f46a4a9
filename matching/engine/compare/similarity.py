"""String similarity over columns of pairs, each distinct pair computed once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, Indel, JaroWinkler
from rapidfuzz.process import cpdist

from matching.engine.compare.base import Index

Scores = npt.NDArray[np.float32]
Texts = npt.NDArray[np.object_]


def jaro_winkler(texts: Texts, i: Index, j: Index) -> Scores:
    """Similarity 0..1 that forgives transposed letters and favours a common start."""
    return _score(texts, i, j, JaroWinkler.normalized_similarity)


def indel(texts: Texts, i: Index, j: Index) -> Scores:
    """Share of letters (0..1) that stay when one text is edited into the other."""
    return _score(texts, i, j, Indel.normalized_similarity)


def edits(texts: Texts, i: Index, j: Index, most: int = 3) -> npt.NDArray[np.int8]:
    """Letters changed, added, dropped or swapped; `most` + 1 stands for more."""
    if not len(i):
        return np.zeros(0, np.int8)
    return cpdist(
        texts[i].tolist(), texts[j].tolist(), scorer=OSA.distance, score_cutoff=most, dtype=np.int8
    )


def _score(texts: Texts, i: Index, j: Index, scorer: Any) -> Scores:
    if not len(i):
        return np.zeros(0, np.float32)
    return cpdist(texts[i].tolist(), texts[j].tolist(), scorer=scorer, dtype=np.float32)
