"""How complete the records are, by entity and by source, day by day.

A figure is taken once a day, so that a board draws a trend without reading every record; the
newest one may be up to an hour old.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q

from canonical import writer
from canonical.entities import ENTITIES, model_of, schema_of
from canonical.models import CONSOLE, Completeness, RecordState, SourceRecord

FRESH = timedelta(hours=1)
GOLDEN = ""  # the system of the golden records themselves


def take() -> int:
    """Take today's figures, unless they are fresh; how many were taken."""
    now = writer.now()
    if Completeness.objects.filter(taken_at__gt=now - FRESH).exists():
        return 0
    rows = [row for entity in ENTITIES for row in _of(entity)]
    Completeness.objects.bulk_create(
        [
            Completeness(
                day=now.date(),
                entity=entity,
                system=system,
                records=records,
                filled=sum(filled.values()),
                by_attribute=dict(filled),
                taken_at=now,
            )
            for entity, system, records, filled in rows
        ],
        update_conflicts=True,
        unique_fields=["day", "entity", "system"],
        update_fields=["records", "filled", "by_attribute", "taken_at"],
    )
    return len(rows)


def _of(entity: str) -> list[tuple[str, str, int, Mapping[str, int]]]:
    """(entity, system, records, how many fill each mandatory attribute)."""
    names = [a.name for a in schema_of(entity) if a.mandatory]
    return [_golden(entity, names), *_sources(entity, names)]


def _golden(entity: str, names: list[str]) -> tuple[str, str, int, Mapping[str, int]]:
    model = model_of(entity)
    active = model._default_manager.filter(golden__state="active")
    counted = active.aggregate(
        records=Count("pk", distinct=True),
        **{f"n_{n}": Count("pk", filter=~Q(**{n: None}), distinct=True) for n in names},
    )
    return entity, GOLDEN, counted["records"], {n: counted[f"n_{n}"] for n in names}


def _sources(entity: str, names: list[str]) -> list[tuple[str, str, int, Mapping[str, int]]]:
    records = SourceRecord.objects.filter(
        entity=entity, state=RecordState.ACTIVE, contributes=True
    ).exclude(system=CONSOLE)
    counted: Iterable[Mapping[str, Any]] = (
        records.order_by()
        .values("system")
        .annotate(
            records=Count("pk"),
            **{f"n_{n}": Count("pk", filter=Q(current__values__has_key=n)) for n in names},
        )
    )
    return [
        (entity, row["system"], row["records"], {n: row[f"n_{n}"] for n in names})
        for row in counted
    ]
