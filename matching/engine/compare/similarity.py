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


def jaro_winkler(texts: Texts, i: Index, j: Index, least: float) -> Scores:
    """Similarity 0..1 that forgives transposed letters and favours a common start.

    What stays below `least` counts as 0: that is known sooner than the figure itself.
    """
    return _score(texts, i, j, JaroWinkler.normalized_similarity, least)


def indel(texts: Texts, i: Index, j: Index, least: float) -> Scores:
    """Share of letters (0..1) that stay when one text is edited into the other; see above."""
    return _score(texts, i, j, Indel.normalized_similarity, least)


def edits(texts: Texts, i: Index, j: Index, most: int = 3) -> npt.NDArray[np.int8]:
    """Letters changed, added, dropped or swapped; `most` + 1 stands for more."""
    if not len(i):
        return np.zeros(0, np.int8)
    return cpdist(
        texts[i].tolist(), texts[j].tolist(), scorer=OSA.distance, score_cutoff=most, dtype=np.int8
    )


def _score(texts: Texts, i: Index, j: Index, scorer: Any, least: float) -> Scores:
    if not len(i):
        return np.zeros(0, np.float32)
    left, right = texts[i].tolist(), texts[j].tolist()
    return cpdist(left, right, scorer=scorer, score_cutoff=least, dtype=np.float32)
