"""What one source record brings to a golden record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from canonical.attributes import Attribute, Kind


@dataclass(frozen=True, slots=True)
class Contribution:
    """One source record's resolved values: terms are canonical codes, references golden ids.

    `changed_at` gives per attribute, as an ISO instant in UTC, since when the record says its
    present value. `empty` names attributes the record asserts to be empty, `expires` the first
    day on which an assertion no longer counts. `steward` marks the console's record, whose
    assertions stand above every system's.
    """

    record: str
    system: str
    source_id: str
    values: Mapping[str, Any]
    changed_at: Mapping[str, str] = field(default_factory=dict)
    retired: bool = False
    steward: bool = False
    empty: frozenset[str] = frozenset()
    expires: Mapping[str, str] = field(default_factory=dict)

    def holds(self, name: str, on: str) -> bool:
        """Whether it says anything about the attribute on that day (an ISO date)."""
        if name not in self.values and name not in self.empty:
            return False
        until = self.expires.get(name)
        return until is None or on < until


def element_key(attribute: Attribute, element: Any) -> tuple[str, ...]:
    """What identifies a list element: the first of the declared keys it has any part of.

    Text compares without case; an element that has no part of any key is identified by its place
    in nothing, the empty key, so that a record's only unnamed address is one element.
    """
    if not isinstance(element, Mapping):
        return ("", str(element))
    for names in attribute.keys:
        parts = tuple(_folded(element.get(name)) for name in names)
        if any(parts):
            return (names[0], *parts)
    return ()


def element_keys(attribute: Attribute, element: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Every declared key the element has, the aliases included."""
    found = []
    for names in attribute.keys:
        parts = tuple(_folded(element.get(name)) for name in names)
        if any(parts):
            found.append((names[0], *parts))
    return found


def key_label(key: tuple[str, ...]) -> str:
    """A key as it stands between brackets in a path: `addresses[billing]`, `items[3]`."""
    return "/".join(part for part in key[1:] if part)


def is_list(attribute: Attribute) -> bool:
    """Whether the attribute survives element by element or list by list."""
    return attribute.kind is Kind.LIST


def _folded(value: Any) -> str:
    return "" if value is None else str(value).strip().casefold()
