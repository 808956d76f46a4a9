"""Features and keys follow the values they were read from when references or terms move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from canonical.configuration import Configuration, current
from canonical.identity.targets import resolved
from canonical.identity.units import locked_rows, unit
from canonical.models import CONSOLE, Link
from matching.intake.filing import file_records
from matching.intake.resolve import Newcomer, newcomer


def refresh(goldens: Collection[UUID]) -> None:
    """File the records of these golden records again under their present values.

    The golden records are locked meanwhile: what arrives for them files its record, too.
    """

    def work() -> None:
        locked_rows(goldens)
        refiled(goldens, current())

    unit(work)


def refiled(goldens: Collection[UUID], config: Configuration) -> dict[str, list[Newcomer]]:
    """The same, and the records as the engine sees them now, by entity."""
    found = _read(goldens, config)
    for entity, seen in found.items():
        file_records(entity, seen, known=[n.record for n in seen])
    return found


def _read(goldens: Collection[UUID], config: Configuration) -> dict[str, list[Newcomer]]:
    """The linked records of these golden records as the engine sees them today, by entity."""
    links = Link.objects.filter(
        golden__any=list(goldens), until__isnull=True, record__current__isnull=False
    ).exclude(record__system=CONSOLE)
    groups: dict[tuple[str, str], list[tuple[UUID, UUID, dict[str, object]]]] = defaultdict(list)
    for record, golden, system, entity, values in links.values_list(
        "record_id",
        "golden_id",
        "record__system_id",
        "record__entity",
        "record__current__values",
    ):
        groups[system, entity].append((record, golden, values))
    seen: dict[str, list[Newcomer]] = defaultdict(list)
    for (system, entity), rows in sorted(groups.items()):
        meant = resolved(system, entity, [values for _, _, values in rows], config)
        seen[entity] += [
            newcomer(entity, record, system, values)._replace(golden=golden)
            for (record, golden, _), values in zip(rows, meant, strict=True)
        ]
    return seen
