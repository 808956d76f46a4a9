"""Drawings as numbers: where the bars of a chart stand, for a template to draw as SVG. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matching.engine.explain import Explanation, Step, bits_of

WIDTH = 320.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One horizontal bar: from `x`, `width` wide, with what it says."""

    label: str
    x: float
    width: float
    value: str
    sentence: str = ""
    kind: str = "plain"
    left: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The steps from the prior to the total; `zero` is where no evidence stands."""

    bars: tuple[Bar, ...]
    zero: float
    width: float = WIDTH


def waterfall(explanation: Explanation, hidden: frozenset[str] = frozenset()) -> Waterfall:
    """The steps that say something, each beginning where the one before it ended.

    Of `hidden` attributes only the verdict is told, not the values.
    """
    return _drawn(explanation.steps, explanation.weight, hidden)


def _drawn(told: Sequence[Step], total: int, hidden: frozenset[str]) -> Waterfall:
    steps = [step for step in told if step.weight]
    ends = [0, *(edge for step in steps for edge in (step.start, step.end))]
    low, high = min(ends), max(ends)
    scale = WIDTH / max(high - low, 1)
    bars = [
        Bar(
            step.attribute.replace("_", " "),
            _round((min(step.start, step.end) - low) * scale),
            _round(max(abs(step.weight) * scale, 1)),
            f"{bits_of(step.weight):+.1f}",
            step.label if step.attribute in hidden else step.sentence,
            "for" if step.weight > 0 else "against",
            "" if step.attribute in hidden else step.left,
            "" if step.attribute in hidden else step.right,
        )
        for step in steps
    ]
    bars.append(
        Bar(
            "total",
            _round((min(0, total) - low) * scale),
            _round(max(abs(total) * scale, 1)),
            f"{bits_of(total):+.1f}",
            "All of it together.",
            "total",
        )
    )
    return Waterfall(tuple(bars), _round(-low * scale))


def remembered(detail: Mapping[str, Any], hidden: frozenset[str] = frozenset()) -> Waterfall:
    """The evidence as it was stored when the question was asked."""
    at, steps = int(detail.get("prior", 0)), []
    steps.append(Step("prior", "", "Before anything is compared.", "", "", at, 0, at))
    for said in detail.get("comparisons", ()):
        weight = int(said["weight"])
        words = (said["attribute"], said["label"], said["label"], said["left"], said["right"])
        steps.append(Step(*words, weight, at, at + weight))
        at += weight
    return _drawn(steps, at, hidden)


def bars(rows: Sequence[tuple[str, int]], kind: str = "plain") -> list[Bar]:
    """Counts as bars, the greatest as wide as the drawing."""
    most = max((count for _, count in rows), default=0) or 1
    return [
        Bar(name, 0, _round(max(count / most * WIDTH, 1 if count else 0)), f"{count:,}", kind=kind)
        for name, count in rows
    ]


@dataclass(frozen=True, slots=True)
class Column:
    """One upright bar of a series."""

    x: float
    y: float
    height: float
    label: str
    value: int


def columns(rows: Sequence[tuple[str, int]], height: float = 80, step: float = 24) -> list[Column]:
    """A series as upright bars, the greatest as high as the drawing."""
    most = max((count for _, count in rows), default=0) or 1
    drawn = []
    for place, (name, count) in enumerate(rows):
        tall = _round(count / most * height)
        drawn.append(Column(place * step, _round(height - tall), tall, name, count))
    return drawn


def _round(number: float) -> float:
    return round(number, 1)
