"""All rules over one record, and the score that follows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from canonical.attributes import EntitySchema
from canonical.quality import completeness, consistency, validity
from canonical.quality.rules import Content, Dimension, Issue, Rule

RULES: tuple[Rule, ...] = (
    completeness.mandatory,
    completeness.worker_id,
    completeness.bill_amount,
    validity.check_digits,
    validity.shares,
    validity.date_order,
    consistency.rate_overlaps,
    consistency.adds_up,
    consistency.lines_add_up,
    consistency.one_currency,
    consistency.within,
    consistency.status,
)
SHARES = {
    Dimension.COMPLETENESS: 0.5,
    Dimension.VALIDITY: 0.3,
    Dimension.CONSISTENCY: 0.2,
}
"""What each dimension counts for in the score."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is wrong with a record; `score` and each of `marks` lie between 0 and 100."""

    issues: tuple[Issue, ...]
    marks: dict[Dimension, int]
    score: int


def assess(schema: EntitySchema, content: Content) -> Assessment:
    """Apply every rule to a record's content.

    Completeness is the share of mandatory attributes that say something and have all their
    parts, validity the share of filled attributes without a fault; each inconsistency halves
    what is left of consistency. The score is their mean, weighted as in `SHARES`.
    """
    issues = tuple(issue for rule in RULES for issue in rule(schema, content))
    needed = {a.name for a in schema if a.mandatory}
    filled = {a.name for a in schema if content.get(a.name) not in completeness.NOTHING}
    marks = {
        Dimension.COMPLETENESS: _share(needed, _at(issues, Dimension.COMPLETENESS)),
        Dimension.VALIDITY: _share(filled, _at(issues, Dimension.VALIDITY)),
        Dimension.CONSISTENCY: round(100 / 2 ** len(_at(issues, Dimension.CONSISTENCY))),
    }
    return Assessment(issues, marks, round(sum(marks[d] * share for d, share in SHARES.items())))


def _at(issues: tuple[Issue, ...], dimension: Dimension) -> set[str]:
    """The attributes with an issue of the dimension."""
    found = (issue.path for issue in issues if issue.dimension is dimension)
    return {path.partition("[")[0].partition(".")[0] for path in found}


def _share(of: set[str], faulty: set[str]) -> int:
    whole = of | faulty
    return round(100 * (len(whole) - len(faulty)) / len(whole)) if whole else 100
