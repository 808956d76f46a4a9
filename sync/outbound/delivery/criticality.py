"""Who goes first where workers are scarce: the more critical target, also against one at work."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from sync.models import Criticality, Lane, Status, Subscription
from sync.outbound.delivery import health
from sync.outbound.delivery.lanes import OPEN_WORK

RANKS: Final = {criticality: rank for rank, criticality in enumerate(Criticality.values)}
PATIENCE: Final = timedelta(seconds=2)  # whoever is due for longer has no worker


def gives_way(subscription: Subscription, now: datetime) -> bool:
    """Whether a more critical target could be served now, and nobody does."""
    above = [c for c, rank in RANKS.items() if rank < RANKS[subscription.criticality]]
    if not above:
        return False
    lanes = Lane.objects.filter(subscription=OuterRef("pk"))
    waiting = Exists(lanes.filter(OPEN_WORK, due_at__lte=now - PATIENCE))
    served = Exists(lanes.filter(leased=True, due_at__gt=Now()))
    starving = Subscription.objects.filter(
        waiting, ~served, status=Status.ACTIVE, loading=False, criticality__in=above
    )
    return any(_could_send(each, now) for each in starving.select_related("health"))


def _could_send(subscription: Subscription, now: datetime) -> bool:
    slot = subscription.health.next_slot if subscription.rate else None
    return health.is_open(subscription, now) and not (slot and slot > now)
