"""Reliability as numbers, for a template to draw as SVG: stated against observed probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from matching.engine.accuracy import Bin, interval

SIDE = 200.0
"""Length of either axis, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Point:
    """One tenth: where it stands, how far its interval reaches, and the figures themselves."""

    x: float
    y: float
    top: float
    bottom: float
    radius: float
    pairs: int
    stated: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Plot:
    """The points, and for each fifth of an axis its share and where it lies on either."""

    points: tuple[Point, ...]
    ticks: tuple[tuple[float, float, float], ...]


def plot(bins: Sequence[Bin]) -> Plot:
    """Each tenth with the 95 % interval of its share; the more pairs, the larger."""
    points = (_point(each, *interval(each.observed * each.pairs, each.pairs)) for each in bins)
    ticks = ((share, _across(share), _up(share)) for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0))
    return Plot(tuple(points), tuple(ticks))


def _point(found: Bin, low: float, high: float) -> Point:
    return Point(
        x=_across(found.stated),
        y=_up(found.observed),
        top=_up(high),
        bottom=_up(low),
        radius=round(1.5 + log10(found.pairs), 1),
        pairs=found.pairs,
        stated=found.stated,
        observed=found.observed,
        low=low,
        high=high,
    )


def _across(share: float) -> float:
    return round(share * SIDE, 1)


def _up(share: float) -> float:
    return round((1 - share) * SIDE, 1)
