"""The golden record as a function of what is known about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from canonical.attributes import PART, Attribute, EntitySchema, Kind
from canonical.survivorship.contribution import (
    Contribution,
    element_keys,
    is_list,
    key_label,
)
from canonical.survivorship.lists import Issue, surviving_list
from canonical.survivorship.policy import SENTENCES, Policy
from canonical.survivorship.rules import ranked


@dataclass(slots=True)
class Survivors:
    """The golden values, the source record behind each, and what could not be placed.

    `winners` has a row per attribute and per list element or overlaid part that came from
    somewhere of its own: `legal_name`, `addresses[billing]`, `items[3].item_status`.
    """

    values: dict[str, Any] = field(default_factory=dict)
    winners: dict[str, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def golden(
    schema: EntitySchema, policy: Policy, contributions: Sequence[Contribution], on: str
) -> Survivors:
    """Compute the golden record of these contributions on that day (an ISO date)."""
    result = Survivors()
    said = policy.asserting.union(*(c.values.keys() | c.empty for c in contributions))
    for attribute in schema:
        if attribute.name in said:
            _survive(result, policy, attribute, contributions, on)
    for path, contribution in _pinned_parts(contributions, on):
        _apply_part(result, schema, path, contribution)
    return result


def _survive(
    result: Survivors,
    policy: Policy,
    attribute: Attribute,
    contributions: Sequence[Contribution],
    on: str,
) -> None:
    name = attribute.name
    ranking = ranked(policy, name, contributions, on)
    if not ranking:
        return
    value: Any
    if is_list(attribute):
        value, winners, issues = surviving_list(policy, attribute, ranking)
        result.issues += issues
    elif attribute.kind is Kind.JSON:
        value, winners = _by_name(name, ranking)
    else:
        value, winners = ranking[0].values.get(name), {name: ranking[0].record}
    result.winners.update(winners)
    if value is not None:
        result.values[name] = value


def _by_name(
    name: str, ranking: Sequence[Contribution]
) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """Free-form values survive name by name: the first in the ranking that has the name."""
    merged: dict[str, Any] = {}
    winners = {name: ranking[0].record}
    if ranking[0].values.get(name) is None:
        return None, winners
    for contribution in ranking:
        for key, value in (contribution.values.get(name) or {}).items():
            if key not in merged:
                merged[key] = value
                winners[f"{name}[{key}]"] = contribution.record
    return merged or None, winners


def _pinned_parts(contributions: Iterable[Contribution], on: str) -> list[tuple[str, Contribution]]:
    """What stewards say of parts of lists, the oldest first so that the newest is applied last."""
    said = [
        (path, c)
        for c in contributions
        if c.steward
        for path in c.values.keys() | c.empty
        if PART.fullmatch(path) and c.holds(path, on)
    ]
    return sorted(said, key=lambda s: (s[1].changed_at.get(s[0], ""), s[1].source_id, s[0]))


def _apply_part(
    result: Survivors, schema: EntitySchema, path: str, contribution: Contribution
) -> None:
    """Lay a steward's word on a part of a list (`items[3].bill_date`) over the list."""
    match = PART.fullmatch(path)
    assert match is not None
    attribute, key, value = schema[match["attribute"]], match["key"], contribution.values.get(path)
    if _set_part(result, attribute, key, match["part"], value):
        result.winners[path] = contribution.record
        return
    result.issues.append(
        {
            "code": "override_without_element",
            "attribute": path,
            "record": contribution.record,
            "detail": f"There is no {attribute.name}[{key}] to override.",
        }
    )


def _set_part(
    result: Survivors, attribute: Attribute, key: str, part: str | None, value: Any
) -> bool:
    elements = list(result.values.get(attribute.name) or ())
    for place, element in enumerate(elements):
        if not isinstance(element, Mapping):
            continue
        if key.casefold() not in map(key_label, element_keys(attribute, element)):
            continue
        elements[place] = {**element, part: value} if part else value
        result.values[attribute.name] = [e for e in elements if e is not None]
        return True
    return False


def lineage(
    schema: EntitySchema, policy: Policy, contributions: Sequence[Contribution], on: str
) -> list[dict[str, Any]]:
    """Each attribute's golden value, its winner, the rule in words, and every losing value.

    Runs the same function the golden record came from, so it can never tell another story.
    """
    survivors = golden(schema, policy, contributions, on)
    rows = []
    for attribute in schema:
        ranking = ranked(policy, attribute.name, contributions, on)
        if not ranking:
            continue
        rule = policy.rule(attribute.name)
        rows.append(
            {
                "attribute": attribute.name,
                "value": survivors.values.get(attribute.name),
                "winner": _said(policy, attribute.name, ranking[0]),
                "rule": _rule_name(attribute, rule.strategy.value),
                "sentence": SENTENCES[rule.strategy],
                "policy_version": policy.version,
                "losing": [_said(policy, attribute.name, c) for c in ranking[1:]],
                "parts": _parts(survivors, attribute.name),
            }
        )
    return rows


def _rule_name(attribute: Attribute, strategy: str) -> str:
    return f"{strategy}, {attribute.strategy}" if attribute.strategy else strategy


def _said(policy: Policy, name: str, contribution: Contribution) -> dict[str, Any]:
    return {
        "record": contribution.record,
        "system": contribution.system,
        "source_id": contribution.source_id,
        "value": contribution.values.get(name),
        "trust": policy.trust_of(contribution.system, name),
        "changed_at": contribution.changed_at.get(name),
        "retired": contribution.retired,
        "steward": contribution.steward,
    }


def _parts(survivors: Survivors, name: str) -> dict[str, str]:
    return {
        path: record for path, record in survivors.winners.items() if path.startswith(f"{name}[")
    }
