"""What was found to differ: kept until there is no difference any more, one row a record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from canonical import worklist
from canonical.models import WorkKind
from sync.models import Drift, DriftKind, DriftState, Reconciliation, Subscription
from sync.reconciliation.comparison import Difference

PENDING = (DriftState.OPEN, DriftState.HEALING)
LONGEST_VALUE = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """One record in which a target differs; without `golden` it is one the hub does not know."""

    kind: DriftKind
    entity: str
    golden: UUID | None = None
    source_id: str = ""
    version: int = 0
    differences: tuple[Difference, ...] = ()


def pending(subscription: Subscription) -> QuerySet[Drift]:
    """What differs at a target and is neither healed nor accepted."""
    return Drift.objects.filter(subscription=subscription, state__in=PENDING)


def keep(
    subscription: Subscription,
    findings: Sequence[Finding],
    moment: datetime,
    run: Reconciliation | None = None,
    *,
    shadow: bool = False,
) -> list[Drift]:
    """Store findings, those found before in their row; returns the rows."""
    known = {_key(row.golden_id, row.entity, row.source_id): row
             for row in _about(subscription, findings)}  # fmt: skip
    rows = []
    for found in findings:
        row = known.get(_key(found.golden, found.entity, found.source_id))
        row = row or Drift(subscription=subscription, found_at=moment)
        row.run, row.shadow = run, shadow
        row.golden_id, row.entity, row.source_id = found.golden, found.entity, found.source_id
        row.kind, row.version = found.kind, found.version
        row.differences = [_shown(difference) for difference in found.differences]
        row.state = DriftState.OPEN
        row.save()
        rows.append(row)
    return rows


def _about(subscription: Subscription, findings: Sequence[Finding]) -> Iterable[Drift]:
    goldens = [found.golden for found in findings if found.golden]
    unknown = [found.source_id for found in findings if not found.golden]
    about = Q(golden__in=goldens) | Q(golden__isnull=True, source_id__in=unknown)
    return pending(subscription).filter(about)


def _key(golden: UUID | None, entity: str, source_id: str) -> tuple[object, ...]:
    return (golden,) if golden else (entity, source_id)


def _shown(difference: Difference) -> dict[str, Any]:
    return {
        "attribute": difference.attribute,
        "hub": _short(difference.hub),
        "target": _short(difference.target),
    }


def _short(value: Any) -> Any:
    return value[:LONGEST_VALUE] if isinstance(value, str) else value


def close(
    rows: QuerySet[Drift], state: DriftState, moment: datetime, by: str = "", *, items: bool = True
) -> int:
    """Close rows and their work items; how many."""
    ids = list(rows.values_list("id", flat=True))
    values: dict[str, Any] = {"state": state, "closed_at": moment}
    Drift.objects.filter(id__in=ids).update(**values, **({"decided_by": by} if by else {}))
    if items:
        worklist.close_items(WorkKind.DRIFT, [subject(id) for id in ids])
    return len(ids)


def close_others(
    subscription: Subscription, kept: Collection[UUID], moment: datetime, *, shadow: bool
) -> int:
    """Close what a whole comparison did not find again."""
    gone = pending(subscription).filter(shadow=shadow).exclude(id__in=kept)
    return close(gone, DriftState.HEALED, moment)


def subject(drift: UUID) -> str:
    """What a drift is called in the list of what needs a person."""
    return f"drift:{drift}"
