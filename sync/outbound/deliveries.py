"""Deliveries: lanes as they are seen from outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db.models import F, Q
from django.db.models.functions import Now

from sync.models import Lane, Parked
from sync.outbound.delivery.lanes import OPEN_WORK

PARKED: Final[Mapping[str, Parked]] = {
    "waiting": Parked.DEPENDENCY,
    "held": Parked.HELD,
    "gated": Parked.GATE,
    "dead": Parked.DEAD,
    "unverified": Parked.UNVERIFIED,
    "parked": Parked.MANUAL,
    "shadowed": Parked.SHADOW,
}
_SENDING: Final = Q(leased=True, due_at__gt=Now())
_AT_REST: Final = Q(confirmed__gte=F("desired"), resend=False)

#: What each status means, in the database.
STATUSES: Final[Mapping[str, Q]] = {
    "confirmed": _AT_REST & ~Q(parked__in=PARKED.values()),
    "sending": OPEN_WORK & _SENDING,
    "retrying": OPEN_WORK & ~_SENDING & Q(attempt__gt=0),
    "pending": OPEN_WORK & ~_SENDING & Q(attempt=0),
    **{name: Q(parked=state) for name, state in PARKED.items()},
}


def status_of(lane: Lane, now: datetime) -> str:
    """The same for a lane in hand."""
    for name, state in PARKED.items():
        if lane.parked == state:
            return name
    if lane.confirmed >= lane.desired and not lane.resend:
        return "confirmed"
    if lane.leased and lane.due_at > now:
        return "sending"
    return "retrying" if lane.attempt else "pending"
