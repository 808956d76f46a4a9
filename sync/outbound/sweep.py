"""The net under every hint: whatever is due is found here, at the latest after one interval."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from sync.models import Lane, Parked, Status, Subscription
from sync.outbound import wake
from sync.outbound.answers import alarms
from sync.outbound.delivery import closings, dependencies, plans
from sync.outbound.delivery.criticality import RANKS
from sync.outbound.delivery.deliver import drain
from sync.outbound.delivery.lanes import OPEN_WORK
from sync.outbound.publishing import fanout, pingpong


def run() -> int:
    """Place, load, release and drain; returns how many subscriptions had something due.

    What no worker can be told of is drained here.
    """
    fanout.fan_out()
    fanout.load_pending()
    pingpong.freeze()
    plans.advance()
    for subscription in _with_parked(Parked.HELD):
        closings.release(subscription)
    for subscription in _with_parked(Parked.DEPENDENCY):
        dependencies.release_ready(subscription)
        dependencies.release_rings(subscription)
    alarms.close_healed()
    due = with_due()
    for subscription in due:
        if not wake.drain(subscription):
            drain(subscription)
    return len(due)


def with_due() -> list[UUID]:
    """The active subscriptions that have a due lane."""
    lanes = Lane.objects.filter(OPEN_WORK, subscription=OuterRef("pk"), due_at__lte=Now())
    return _active(Exists(lanes))


def _with_parked(parked: Parked) -> list[UUID]:
    lanes = Lane.objects.filter(subscription=OuterRef("pk"), parked=parked)
    return _active(Exists(lanes))


def _active(condition: Exists) -> list[UUID]:
    """The most critical first."""
    active = Subscription.objects.filter(condition, status=Status.ACTIVE, loading=False)
    found = active.order_by("created_at").values_list("criticality", "pk")
    return [pk for _, pk in sorted(found, key=lambda row: RANKS[row[0]])]


def announce() -> None:
    """Place what was committed and say which subscriptions have work: what a hint asks for."""
    raised = fanout.fan_out() | fanout.load_pending()
    known = Subscription.objects.filter(pk__in=raised).values_list("pk", "criticality")
    for subscription, _ in sorted(known, key=lambda row: RANKS[row[1]]):
        wake.drain(subscription)
