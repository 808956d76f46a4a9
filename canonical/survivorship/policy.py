"""The policy: how much each system is trusted, and the rule of each attribute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

DEFAULT_TRUST = 50


class Strategy(StrEnum):
    """What is compared first; every rule then goes on to trust, recency, system and source id."""

    TRUST = "trust"
    RECENCY = "recency"
    COMPLETENESS = "completeness"
    LONGEST = "longest"


SENTENCES = {
    Strategy.TRUST: "The value of the most trusted system wins.",
    Strategy.RECENCY: "The value that changed last in business wins.",
    Strategy.COMPLETENESS: "The value with the most parts filled wins.",
    Strategy.LONGEST: "The longest value wins.",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """How one attribute survives; `trust` overrides the entity's trust by system."""

    strategy: Strategy = Strategy.TRUST
    trust: Mapping[str, int] = field(default_factory=dict)
    asserts_empty: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of an entity's survivorship policy."""

    entity: str
    version: int = 0
    trust: Mapping[str, int] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    asserting: frozenset[str] = field(init=False, repr=False)
    """The attributes of which some system is believed when it says nothing."""

    def __post_init__(self) -> None:
        asserting = frozenset(name for name, rule in self.rules.items() if rule.asserts_empty)
        object.__setattr__(self, "asserting", asserting)

    def rule(self, attribute: str) -> Rule:
        """The attribute's rule; a part of a list element falls back to the list's rule."""
        found = self.rules.get(attribute)
        if found is None and "." in attribute:
            found = self.rules.get(attribute.partition(".")[0])
        return found or _PLAIN

    def trust_of(self, system: str, attribute: str) -> int:
        """Higher is more trusted; a system nobody mentioned has 50."""
        found = self.rule(attribute).trust.get(system)
        return self.trust.get(system, DEFAULT_TRUST) if found is None else found

    @classmethod
    def from_rules(cls, entity: str, version: int, rules: Mapping[str, Any]) -> Policy:
        """Read the stored form.

        `{"trust": {system: int}, "attributes": {name: {"strategy": ..., "trust": {...},
        "asserts_empty": [system, ...]}}}`. Raises ValueError naming the attribute whose rule
        cannot be read.
        """
        return cls(
            entity=entity,
            version=version,
            trust={system: int(n) for system, n in rules.get("trust", {}).items()},
            rules={
                name: _rule(name, declared)
                for name, declared in rules.get("attributes", {}).items()
            },
        )


_PLAIN = Rule()


def _rule(name: str, declared: Mapping[str, Any]) -> Rule:
    try:
        return Rule(
            strategy=Strategy(declared.get("strategy", Strategy.TRUST)),
            trust={system: int(n) for system, n in declared.get("trust", {}).items()},
            asserts_empty=frozenset(declared.get("asserts_empty", ())),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{name}: {error}") from error
