"""Ranking: the total order in which contributions compete for one attribute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from canonical.survivorship.contribution import Contribution
from canonical.survivorship.policy import Policy, Strategy

Rank = tuple[Any, ...]


def _filled(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(1 for part in value.values() if part not in (None, "", [], {}))
    if isinstance(value, list):
        return len(value)
    return 0 if value in (None, "") else 1


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | list) else _filled(value)


_MEASURES: dict[Strategy, Callable[[Any], int]] = {
    Strategy.COMPLETENESS: _filled,
    Strategy.LONGEST: _length,
}


def rank(policy: Policy, name: str, contribution: Contribution) -> Rank:
    """Where the contribution stands for the attribute; the greatest wins.

    Stewards stand above systems and live records above retired ones. Then the rule's own
    measure, then trust, business recency, system code and source id, so that no two
    contributions ever tie.
    """
    return rank_value(policy, name, contribution, contribution.values.get(name))


def rank_value(policy: Policy, name: str, contribution: Contribution, value: Any) -> Rank:
    """The same for a value that stands elsewhere in the record, such as a list element's part."""
    strategy = policy.rule(name).strategy
    trust = policy.trust_of(contribution.system, name)
    changed = contribution.changed_at.get(name.partition(".")[0], "")
    measure = _MEASURES.get(strategy)
    middle: Rank = (measure(value) if measure else 0, trust, changed)
    if strategy is Strategy.RECENCY or contribution.steward:
        middle = (0, changed, trust)
    return (
        contribution.steward,
        not contribution.retired,
        *middle,
        contribution.system,
        contribution.source_id,
    )


def ranked(
    policy: Policy, name: str, contributions: Iterable[Contribution], on: str
) -> list[Contribution]:
    """Those that say anything about the attribute on that day, the winner first."""
    competing = [c for c in contributions if competes(policy, name, c, on)]
    if len(competing) > 1:
        competing.sort(key=lambda c: rank(policy, name, c), reverse=True)
    return competing


def competes(policy: Policy, name: str, contribution: Contribution, on: str) -> bool:
    """Whether it says something: a value, or an emptiness its system is believed to mean."""
    if contribution.holds(name, on):
        return True
    return contribution.system in policy.rule(name).asserts_empty
