"""How lists survive: a winner per key, a union, the leader's whole list, or the leader overlaid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from canonical.attributes import Attribute, ListStrategy
from canonical.survivorship.contribution import (
    Contribution,
    element_key,
    element_keys,
    key_label,
)
from canonical.survivorship.policy import Policy
from canonical.survivorship.rules import rank_value

Winners = dict[str, str]
Issue = dict[str, str]


def surviving_list(
    policy: Policy, attribute: Attribute, ranking: Sequence[Contribution]
) -> tuple[list[Any] | None, Winners, list[Issue]]:
    """The golden list, the source record of each element, and what could not be placed.

    `ranking` holds the contributions that say something about the list, the leader first. What a
    steward sets as a list is the list.
    """
    if not ranking or ranking[0].values.get(attribute.name) is None:
        return None, {attribute.name: ranking[0].record} if ranking else {}, []
    if ranking[0].steward or attribute.strategy is ListStrategy.WHOLE:
        return _whole(attribute, ranking[0])
    if attribute.strategy is ListStrategy.OVERLAY:
        return _overlaid(policy, attribute, ranking)
    return *_by_key(attribute, ranking), []


def _whole(attribute: Attribute, leader: Contribution) -> tuple[list[Any], Winners, list[Issue]]:
    kept, issues = _once(attribute, leader)
    return kept, {attribute.name: leader.record}, issues


def _once(attribute: Attribute, leader: Contribution) -> tuple[list[Any], list[Issue]]:
    """The leader's elements, those of one first key once: no list has two lines of one number."""
    first = attribute.keys[0][0] if attribute.keys else ""
    kept: list[Any] = []
    issues: list[Issue] = []
    seen: set[tuple[str, ...]] = set()
    for element in leader.values[attribute.name]:
        key = element_key(attribute, element)
        if key in seen and key[:1] == (first,):
            # References that came to mean one record repeat by no one's fault.
            issues += [_repeated(attribute, leader, key)] if first else []
            continue
        seen.add(key)
        kept.append(element)
    return kept, issues


def _by_key(attribute: Attribute, ranking: Sequence[Contribution]) -> tuple[list[Any], Winners]:
    """Every key once, from the first record in the ranking that has it."""
    elements: list[Any] = []
    winners: Winners = {attribute.name: ranking[0].record}
    seen: set[tuple[str, ...]] = set()
    for contribution in ranking:
        for element in contribution.values.get(attribute.name) or ():
            key = element_key(attribute, element)
            if key in seen:
                continue
            seen.add(key)
            elements.append(element)
            winners[f"{attribute.name}[{key_label(key)}]"] = contribution.record
    return elements, winners


def _overlaid(
    policy: Policy, attribute: Attribute, ranking: Sequence[Contribution]
) -> tuple[list[Any] | None, Winners, list[Issue]]:
    """The leader's list; others set only the overlay parts of elements it has."""
    leader = next((c for c in ranking if _is_base(attribute, c)), None)
    if leader is None:
        return None, {}, [_without_base(attribute, c) for c in ranking]
    kept, issues = _once(attribute, leader)
    base = [dict(element) for element in kept]
    winners: Winners = {attribute.name: leader.record}
    index = _index(attribute, base)
    offers: dict[tuple[int, str], tuple[Any, Contribution, Any]] = {}
    for contribution in ranking:
        for element in contribution.values.get(attribute.name) or ():
            place = _place(attribute, index, element)
            if place is None:
                if contribution is not leader and not _is_base(attribute, contribution):
                    issues.append(_unplaced(attribute, contribution, element))
                continue
            _offer(policy, attribute, offers, place, contribution, element)
    for (place, part), (_, contribution, value) in sorted(offers.items()):
        base[place][part] = value
        label = key_label(element_key(attribute, base[place]))
        winners[f"{attribute.name}[{label}].{part}"] = contribution.record
    return base, winners, issues


def _is_base(attribute: Attribute, contribution: Contribution) -> bool:
    """A list with anything beside keys and overlay parts can stand alone."""
    slight = set(attribute.overlay).union(*attribute.keys)
    return any(
        value is not None and name not in slight
        for element in contribution.values.get(attribute.name) or ()
        for name, value in element.items()
    )


def _index(attribute: Attribute, base: list[dict[str, Any]]) -> dict[tuple[str, ...], int]:
    index: dict[tuple[str, ...], int] = {}
    for place, element in enumerate(base):
        for key in element_keys(attribute, element):
            index.setdefault(key, place)
    return index


def _place(
    attribute: Attribute, index: Mapping[tuple[str, ...], int], element: Mapping[str, Any]
) -> int | None:
    places = (index.get(key) for key in element_keys(attribute, element))
    return next((place for place in places if place is not None), None)


def _offer(
    policy: Policy,
    attribute: Attribute,
    offers: dict[tuple[int, str], tuple[Any, Contribution, Any]],
    place: int,
    contribution: Contribution,
    element: Mapping[str, Any],
) -> None:
    for part in attribute.overlay:
        value = element.get(part)
        if value is None:
            continue
        standing = rank_value(policy, f"{attribute.name}.{part}", contribution, value)
        held = offers.get((place, part))
        if held is None or standing > held[0]:
            offers[place, part] = (standing, contribution, value)


def _repeated(attribute: Attribute, leader: Contribution, key: tuple[str, ...]) -> Issue:
    path = f"{attribute.name}[{key_label(key)}]"
    return {
        "code": "repeated_key",
        "attribute": path,
        "record": leader.record,
        "detail": f"{leader.system} has {path} more than once; the first counts.",
    }


def _without_base(attribute: Attribute, contribution: Contribution) -> Issue:
    return {
        "code": "overlay_without_base",
        "attribute": attribute.name,
        "record": contribution.record,
        "detail": f"{contribution.system} reports on {attribute.name} nobody has planned yet.",
    }


def _unplaced(
    attribute: Attribute, contribution: Contribution, element: Mapping[str, Any]
) -> Issue:
    label = key_label(element_key(attribute, element))
    return {
        "code": "overlay_without_base",
        "attribute": f"{attribute.name}[{label}]",
        "record": contribution.record,
        "detail": f"{contribution.system} reports on {attribute.name}[{label}], not in the plan.",
    }
