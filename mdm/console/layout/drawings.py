"""Drawings as numbers: where the bars of a chart stand, for a template to draw as SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from matching.engine.explain import Explanation, Step, bits_of

if TYPE_CHECKING:
    from matching.questions.explanation import Edge, Web

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


@dataclass(frozen=True, slots=True)
class Node:
    """A record in a drawn cluster; `side` tells on which side of the weakest bridge it stands."""

    x: float
    y: float
    label: str
    side: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Strand:
    """The evidence between two records; `kind` is for, against or weakest."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A cluster as a graph, and the sentence about where it is held together least."""

    nodes: tuple[Node, ...]
    strands: tuple[Strand, ...]
    weakest: str
    doubtful: bool


CENTRE, RADIUS = (320.0, 150.0), 115.0


def web(cluster: Web, names: Mapping[UUID, str]) -> Drawn:
    """The records on a circle, those of one side of the weakest bridge beside each other."""
    sides = _sides(cluster)
    members = sorted((m.record for m in cluster.members), key=lambda r: (sides.get(r, ""), str(r)))
    step = 2 * math.pi / max(len(members), 1)
    at = {
        record: (
            _round(CENTRE[0] + RADIUS * 1.35 * math.cos(place * step - math.pi / 2)),
            _round(CENTRE[1] + RADIUS * math.sin(place * step - math.pi / 2)),
        )
        for place, record in enumerate(members)
    }
    nodes = tuple(
        Node(*at[r], names.get(r, str(r)), sides.get(r, "rest"), _anchor(at[r][0])) for r in members
    )
    strands = tuple(
        _strand(edge, at, names, {sides.get(edge.a), sides.get(edge.b)} == {"left", "right"})
        for edge in reversed(cluster.edges)
    )
    return Drawn(nodes, strands, _bridge(cluster, names), _doubtful(cluster))


def _sides(cluster: Web) -> dict[UUID, str]:
    if cluster.weakest is None:
        return {}
    left, right = cluster.weakest.left, cluster.weakest.right
    return {**dict.fromkeys(left, "left"), **dict.fromkeys(right, "right")}


def _anchor(x: float) -> str:
    return "start" if x > CENTRE[0] + 1 else "end" if x < CENTRE[0] - 1 else "middle"


def _strand(
    edge: Edge, at: Mapping[UUID, tuple[float, float]], names: Mapping[UUID, str], bridges: bool
) -> Strand:
    bits = bits_of(edge.weight)
    kind = "against" if edge.weight <= 0 else "weakest" if bridges else "for"
    text = f"{names.get(edge.a, edge.a)} and {names.get(edge.b, edge.b)}: {bits:+.1f} bit"
    return Strand(*at[edge.a], *at[edge.b], _round(min(1 + abs(bits) / 6, 6)), kind, text)


def _bridge(cluster: Web, names: Mapping[UUID, str]) -> str:
    if cluster.weakest is None:
        return ""
    fewer, more = sorted((cluster.weakest.left, cluster.weakest.right), key=len)
    whole = len(fewer) + len(more) == len(cluster.members)
    ends = _listed(fewer, names), "the rest" if whole else _listed(more, names)
    bits, chance = bits_of(cluster.weakest.weight), cluster.weakest.probability
    return f"Weakest bridge: {ends[0]} to {ends[1]}, {bits:+.1f} bit ({chance:.1%})."


def _listed(records: Sequence[UUID], names: Mapping[UUID, str]) -> str:
    return ", ".join(sorted(names.get(record, str(record)) for record in records))


def _doubtful(cluster: Web) -> bool:
    return cluster.weakest is not None and cluster.weakest.weight <= 0


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
