"""Charts as numbers, for a template to draw as SVG: histograms, intervals, trends. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p

WIDTH, HEIGHT = 480.0, 120.0


@dataclass(frozen=True, slots=True)
class Block:
    """One rectangle of a histogram."""

    x: float
    y: float
    height: float
    kind: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Stacked columns over 0 to 1, with lines at thresholds; heights are logarithmic."""

    blocks: tuple[Block, ...]
    lines: tuple[tuple[float, str], ...]
    step: float
    rows: tuple[tuple[str, tuple[int, ...]], ...]


def histogram(
    counts: Mapping[str, Mapping[int, int]], bins: int, lines: Mapping[str, float]
) -> Histogram:
    """Counts by kind and bin; the columns of the kinds of one bin stand side by side."""
    most = max((n for kind in counts.values() for n in kind.values()), default=0)
    step = WIDTH / bins
    wide = step / max(len(counts), 1)
    blocks = [
        _block(kind, place, number, n, bins, step, wide, most)
        for number, (kind, by_bin) in enumerate(counts.items())
        for place, n in sorted(by_bin.items())
        if n
    ]
    drawn = tuple((_round(at * WIDTH), f"{name} {at:.2f}") for name, at in lines.items())
    rows = tuple(
        (_range(place, bins), tuple(kind.get(place, 0) for kind in counts.values()))
        for place in range(bins)
        if any(kind.get(place) for kind in counts.values())
    )
    return Histogram(tuple(blocks), drawn, _round(wide - 1), rows)


def _block(
    kind: str, place: int, number: int, n: int, bins: int, step: float, wide: float, most: int
) -> Block:
    height = log1p(n) / log1p(most) * HEIGHT
    label = f"{kind}, {_range(place, bins)}"
    return Block(
        _round(place * step + number * wide), _round(HEIGHT - height), _round(height), kind,
        label, n,
    )  # fmt: skip


def _range(place: int, bins: int) -> str:
    return f"{place / bins:.2f} to {(place + 1) / bins:.2f}"


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a trend: its points as SVG wants them, and its newest value."""

    name: str
    points: str
    last: float | None
    rows: tuple[tuple[str, float], ...]


def trend(series: Mapping[str, Sequence[tuple[str, float]]]) -> list[Line]:
    """Series of (day, share) over the same days; 1 is at the top."""
    days = sorted({day for points in series.values() for day, _ in points})
    places = {
        day: WIDTH if len(days) == 1 else WIDTH * number / (len(days) - 1)
        for number, day in enumerate(days)
    }
    return [
        Line(
            name,
            _points([(places[day], HEIGHT * (1 - share)) for day, share in points]),
            points[-1][1] if points else None,
            tuple(points),
        )
        for name, points in series.items()
    ]


def _points(places: Sequence[tuple[float, float]]) -> str:
    """One point alone is drawn as a line across."""
    if len(places) == 1:
        places = [(0.0, places[0][1]), places[0]]
    return " ".join(f"{_round(x)},{_round(y)}" for x, y in places)


def _round(number: float) -> float:
    return round(number, 1)
