"""The difference between what a target should hold and what it holds, attribute by attribute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sync.models.agreement import DriftKind
from sync.outbound.content import envelope

#: What a delivery says of itself, not of the record.
BESIDE: Final = envelope.BESIDE | {"target", "id", "entity"}
ACTIVE: Final = "active"  # whether the record is in use, as if it were an attribute


@dataclass(frozen=True, slots=True)
class Expected:
    """What a target should hold of one record: these values, in use or not."""

    values: Mapping[str, Any]
    active: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """What it holds; attributes that it cannot be asked for are absent from `values`."""

    values: Mapping[str, Any]
    active: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute in which they differ."""

    attribute: str
    hub: Any
    target: Any


def differences(expected: Expected, found: Found) -> list[Difference]:
    """In what a record that is there differs from what should be; a record out of use in nothing
    but that."""
    if expected.active != found.active:
        return [Difference(ACTIVE, expected.active, found.active)]
    if not expected.active:
        return []
    return [
        Difference(name, expected.values[name], found.values[name])
        for name in sorted(expected.values.keys() & found.values.keys())
        if not same(expected.values[name], found.values[name])
    ]


def same(ours: Any, theirs: Any) -> bool:
    """Whether two values say the same; saying nothing has many forms."""
    return bool(_said(ours) == _said(theirs))


def _said(value: Any) -> Any:
    return None if value in ("", [], {}) else value


def kind_of(expected: Expected, found: Found | None, is_older: bool) -> DriftKind | None:
    """How a target's record stands to what it should be; None where all is well.

    `is_older` tells that what it holds is what an earlier version said.
    """
    if found is None:
        return DriftKind.MISSING if expected.active else None
    if not differences(expected, found):
        return None
    return DriftKind.STALE if is_older else DriftKind.DRIFTED
