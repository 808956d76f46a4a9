"""Which of a record's versions counts, and since when it has said each thing. Pure.

Whatever order the versions arrive in, the same set of versions gives the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from canonical.validation import instant_text

MAX_AHEAD = timedelta(hours=24)


class FromTheFuture(ValueError):
    """A modification time more than a day ahead of the hub's clock: refused, not stored."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """How a version sorts among its siblings (`key`) and when the business said it."""

    key: str
    happened_at: datetime
    fell_back: bool


def ordering(
    order_by: str,
    version: int | None,
    modified_at: datetime | None,
    received_at: datetime,
    newest_key: str = "",
) -> Ordering:
    """Sort by what the system declares; a version without it sorts by its receipt.

    A receipt cannot be compared with version numbers, so there it sorts right behind the newest
    version held (`newest_key`). Raises FromTheFuture for a modification time more than 24 hours
    after the receipt.
    """
    if modified_at is not None and modified_at > received_at + MAX_AHEAD:
        raise FromTheFuture(f"{instant_text(modified_at)} is more than 24 hours ahead.")
    happened_at = modified_at or received_at
    received = instant_text(received_at)
    if order_by == "version":
        if version is not None:
            return Ordering(f"v{version:020d}", happened_at, fell_back=False)
        newest = newest_key.partition("~")[0] or f"v{0:020d}"
        return Ordering(f"{newest}~{received}", happened_at, fell_back=True)
    if order_by == "modified_at" and modified_at is not None:
        return Ordering(f"t{instant_text(modified_at)}", happened_at, fell_back=False)
    return Ordering(f"t{received}", happened_at, fell_back=order_by != "received")


@dataclass(frozen=True, slots=True)
class Said:
    """One stored version, as far as its order and content go."""

    id: Any
    order_key: str
    digest: str
    happened_at: datetime
    retired: bool
    values: Mapping[str, Any]
    mapping: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What a set of versions amounts to; `current` is None when all are deletions."""

    current: Said | None
    retired: bool
    changed_at: dict[str, str]


def fold(versions: Iterable[Said]) -> Standing:
    """The newest version's values, whether it was deleted since, and each value's age.

    An attribute's `changed_at` is the time of the first version in its latest run of equal
    values. Of two versions with the same order key a deletion is the newer, since it names the
    version it deletes; else the one with the larger digest. One content under two mappings is
    what the newer mapping makes of it.
    """
    current: Said | None = None
    retired = False
    changed_at: dict[str, str] = {}
    for said in sorted(versions, key=lambda v: (v.order_key, v.retired, v.digest, v.mapping)):
        retired = said.retired
        if said.retired:
            continue
        changed_at = advance(changed_at, current.values if current else {}, said)
        current = said
    return Standing(current, retired, changed_at)


def advance(changed_at: Mapping[str, str], before: Mapping[str, Any], said: Said) -> dict[str, str]:
    """The ages of the values after one newer version."""
    now = instant_text(said.happened_at)
    return {
        name: changed_at[name] if name in changed_at and before.get(name) == value else now
        for name, value in said.values.items()
    }
