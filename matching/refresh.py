"""Features and keys follow the values they were read from when references or terms move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from canonical import configuration
from canonical.identity.targets import resolved
from canonical.models import CONSOLE, Link
from matching.candidates import file_records
from matching.resolve import newcomer


def refresh(goldens: Collection[UUID]) -> int:
    """File the records of these golden records again under their present values; how many."""
    links = Link.objects.filter(
        golden__any=list(goldens), until__isnull=True, record__current__isnull=False
    ).exclude(record__system=CONSOLE)
    groups: dict[tuple[str, str], list[tuple[UUID, dict[str, object]]]] = defaultdict(list)
    for record, system, entity, values in links.values_list(
        "record_id", "record__system_id", "record__entity", "record__current__values"
    ):
        groups[system, entity].append((record, values))
    config = configuration.current()
    for (system, entity), rows in sorted(groups.items()):
        meant = resolved(system, entity, [values for _, values in rows], config)
        seen = [
            newcomer(entity, record, system, values)
            for (record, _), values in zip(rows, meant, strict=True)
        ]
        filed = [(n.record, n.features, n.keys) for n in seen]
        file_records(entity, filed, known=[n.record for n in seen])
    return sum(len(rows) for rows in groups.values())
