"""What people said of two source records: it stands until withdrawn, and automation gives way."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from canonical.golden.cause import Cause
from canonical.identity import linking
from canonical.models import Decision, DecisionKind
from canonical.reader import Read, Slot


def decide(a: UUID, b: UUID, kind: DecisionKind, cause: Cause, moment: datetime) -> Decision:
    """Record that two source records are, or are not, the same thing."""
    first, second = sorted((a, b))
    return Decision.objects.create(
        kind=kind,
        record_a_id=first,
        record_b_id=second,
        by=cause.name,
        reason=cause.reason,
        at=moment,
    )


def standing(records: Collection[UUID]) -> dict[tuple[UUID, UUID], DecisionKind]:
    """The newest live decision on every pair that touches one of these records."""
    return {(a, b): DecisionKind(kind) for a, b, kind in _STANDING(records=list(records))}


_STANDING = Read(
    lambda: (
        Decision.objects.filter(
            Q(record_a__any=Slot("records")) | Q(record_b__any=Slot("records")),
            withdrawn_at__isnull=True,
        )
        .order_by("at", "id")
        .values_list("record_a_id", "record_b_id", "kind")
    )
)


def between(
    left: Iterable[UUID], right: Iterable[UUID], kind: DecisionKind
) -> list[tuple[UUID, UUID]]:
    """The pairs between two sets of records on which a decision of a kind stands, oldest first."""
    left_set, right_set = set(left), set(right)
    return [
        pair
        for pair, stands in standing(left_set).items()
        if stands is kind and _across(pair, left_set, right_set)
    ]


def apart(goldens: Collection[UUID]) -> set[frozenset[UUID]]:
    """The pairs of these golden records that a live no-match between their records holds apart."""
    home = linking.linked(goldens)
    return {
        frozenset((home[a], home[b]))
        for (a, b), kind in standing(home).items()
        if kind is DecisionKind.NO_MATCH and a in home and b in home
    }


def withdraw_between(
    left: Iterable[UUID], right: Iterable[UUID], kind: DecisionKind, moment: datetime
) -> None:
    """Withdraw the decisions of a kind between two sets: a person has just said otherwise."""
    for a, b in between(left, right, kind):
        Decision.objects.filter(
            record_a=a, record_b=b, kind=kind, withdrawn_at__isnull=True
        ).update(withdrawn_at=moment)


def _across(pair: tuple[UUID, UUID], left: set[UUID], right: set[UUID]) -> bool:
    a, b = pair
    return (a in left and b in right) or (b in left and a in right)
