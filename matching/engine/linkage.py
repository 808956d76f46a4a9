"""How the evidence between two sets of records adds up: online and in clustering alike."""

from __future__ import annotations

from collections.abc import Iterable

from matching.engine.model import BIT

CAP = 12 * BIT
"""No pair of records speaks louder than this, either way."""


def capped(weight: int) -> int:
    """The weight of a pair, kept within the cap."""
    return max(-CAP, min(CAP, weight))


def together(weights: Iterable[int]) -> int:
    """The evidence for joining two sets: the capped sum over the pairs between them."""
    return sum(map(capped, weights))
