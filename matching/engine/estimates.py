"""Estimates with intervals from a sample that was drawn in strata."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

from matching.engine.accuracy import interval


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of a population: its size, how many of it were answered, how many of those match."""

    size: float
    answered: int
    matches: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval and the number of answers it rests on."""

    value: float
    low: float
    high: float
    answers: int


def matches(strata: Sequence[Stratum]) -> Estimate | None:
    """How many of a whole population match; None where nobody has answered anything.

    Each stratum's share has Wilson's interval. A stratum nobody was asked about is taken for as
    good as the rest, and for anything between nothing and all.
    """
    answers = sum(s.answered for s in strata)
    if not answers:
        return None
    usual = sum(s.matches for s in strata) / answers
    parts = [_part(s, usual) for s in strata]
    return squared_and_added(lambda *values: sum(values), parts)


def _part(stratum: Stratum, usual: float) -> Estimate:
    """Where all were answered nothing is uncertain: the finite population correction."""
    size, of, right = stratum.size, stratum.answered, stratum.matches
    if of >= size:
        return Estimate(right, right, right, of)
    worth = (size - 1) / (size - of)
    low, high = interval(right * worth, of * worth)
    share = right / of if of else usual
    return Estimate(share * size, low * size, high * size, of)


def squared_and_added(figure: Callable[..., float], parts: Sequence[Estimate]) -> Estimate:
    """A figure made of independent estimates, monotone in each of them.

    The distances by which the ends of each part's interval move the figure are squared and added
    (R. G. Newcombe, Statistics in Medicine 17, 1998; G. Y. Zou, A. Donner, ibid. 27, 2008).
    """
    values = [part.value for part in parts]
    middle, down, up = figure(*values), 0.0, 0.0
    for place, part in enumerate(parts):
        ends = (figure(*values[:place], end, *values[place + 1 :]) for end in (part.low, part.high))
        moved = [end - middle for end in ends]
        down += min(*moved, 0.0) ** 2
        up += max(*moved, 0.0) ** 2
    answers = sum(part.answers for part in parts)
    return Estimate(middle, middle - sqrt(down), middle + sqrt(up), answers)


def share(figure: Estimate, of: float) -> Estimate | None:
    """An estimated number as a share of a known one, kept between 0 and 1; None of nothing."""
    if not of:
        return None
    low, high = max(figure.low / of, 0.0), min(figure.high / of, 1.0)
    return Estimate(figure.value / of, low, high, figure.answers)
