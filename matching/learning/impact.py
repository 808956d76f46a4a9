"""What another model would change in the hub, before it goes live.

Links stand whatever model is in force; what is compared is where each of the two would put every
record. Where they differ, the golden values of both are computed, and what hangs on the golden
records that are concerned is added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np

from canonical import configuration, writer
from canonical.entities import schema_of
from canonical.golden.inputs import load
from canonical.golden.recompute import NOTHING
from canonical.governance.value import at_risk
from canonical.models import Link
from canonical.survivorship import Contribution
from canonical.survivorship import golden as survive
from matching.engine.batch import Result
from matching.engine.cluster import components
from matching.engine.compare.base import Index

VALUED = 200
"""Places where the models differ whose golden values are computed; the rest are counted only."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One attribute of a golden record that would say something else."""

    attribute: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Place:
    """Records that the two models group differently, by the golden records they stand in today.

    `before` and `after` count the groups that either model makes of them.
    """

    goldens: tuple[UUID, ...]
    records: tuple[UUID, ...]
    before: int
    after: int
    changes: tuple[ValueChange, ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """Where two models differ: how often, in detail for the first ones, and what hangs on it."""

    places: int
    shown: tuple[Place, ...]
    goldens: int
    value: Decimal
    """In the hub's currency, of the golden records that are concerned."""


def impact(entity: str, records: Sequence[UUID], old: Result, new: Result) -> Impact:
    """Compare where two models put the same rows; `records` names the record of each row."""
    groups = _differing(old.clusters.label, new.clusters.label)
    home = _homes([records[row] for rows in groups for row in rows])
    concerned = set(home.values())
    valued = groups[:VALUED]
    held = _contributions(
        [home[records[row]] for rows in valued for row in rows if records[row] in home]
    )
    schema, config = schema_of(entity), configuration.current()
    policy, day = config.policies.get(entity, NOTHING), writer.now().date().isoformat()

    def values(rows: Sequence[int]) -> Mapping[str, Any]:
        said = [held[records[row]] for row in rows if records[row] in held]
        return survive(schema, policy, said, day).values if said else {}

    def place(rows: Sequence[int]) -> Place:
        before, after = (_sets(label, rows) for label in (old.clusters.label, new.clusters.label))
        changes = [
            change
            for group in after
            for change in _changed(values(_nearest(group, before)), values(group))
        ]
        named = tuple(records[row] for row in rows)
        goldens = tuple(sorted({home[record] for record in named if record in home}))
        return Place(goldens, named, len(before), len(after), tuple(changes))

    return Impact(
        places=len(groups),
        shown=tuple(place(rows) for rows in valued),
        goldens=len(concerned),
        value=sum(at_risk(concerned).values(), Decimal(0)),
    )


def _differing(old: Index, new: Index) -> list[list[int]]:
    """The smallest sets of rows that both partitions keep together, where these differ in them."""
    rows = np.arange(len(old))
    name = components(len(old), np.concatenate((rows, rows)), np.concatenate((old, new)))
    found: dict[int, list[int]] = defaultdict(list)
    odd = np.unique(name[old != new])
    for row in np.flatnonzero(np.isin(name, odd)).tolist():
        found[int(name[row])].append(row)
    return list(found.values())


def _sets(label: Index, rows: Sequence[int]) -> list[list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        found[int(label[row])].append(row)
    return list(found.values())


def _nearest(group: Sequence[int], others: Sequence[Sequence[int]]) -> Sequence[int]:
    """The set that shares most with the group, the oldest of equals."""
    return max(others, key=lambda other: (len(set(group) & set(other)), -other[0]))


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ValueChange]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield ValueChange(name, before.get(name), after.get(name))


def _homes(records: Sequence[UUID]) -> dict[UUID, UUID]:
    links = Link.objects.filter(record__any=records, until__isnull=True)
    return dict(links.values_list("record_id", "golden_id"))


def _contributions(goldens: Sequence[UUID]) -> dict[UUID, Contribution]:
    """What each record says, references and terms resolved as today."""
    inputs = load(list(dict.fromkeys(goldens)), configuration.current(), mark=False)
    return {UUID(c.record): c for held in inputs.values() for c in held.contributions}
