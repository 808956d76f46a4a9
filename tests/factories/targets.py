"""Targets that really listen: a receiver on this machine and a subscription to it."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Now

from sync.models import Lane, Subscription
from sync.outbound.delivery.deliver import drain
from sync.outbound.publishing import fanout
from sync.outbound.subscriptions import subscribe
from sync.torture.receiver import Receiver


def subscription(receiver: Receiver, name: str = "sink", **wanted: Any) -> Subscription:
    """A loaded subscription of one path of the receiver to clients, unless told otherwise."""
    wanted = {"entities": ["client"], "url": f"{receiver.url}/{name}", "system": None, **wanted}
    made = subscribe(owner="test", name=name, **wanted)
    fanout.fan_out()
    fanout.load_pending()
    made.refresh_from_db()
    return made


def deliver(target: Subscription) -> int:
    """Fan out and deliver what is due now."""
    fanout.fan_out()
    return drain(target.pk)


def at_rest(target: Subscription) -> bool:
    """Whether everything that is owed is confirmed."""
    lanes = Lane.objects.filter(subscription=target)
    return all(lane.confirmed == lane.desired and not lane.resend for lane in lanes)


def make_due(target: Subscription) -> None:
    """Let the time until the next attempt pass."""
    Lane.objects.filter(subscription=target).update(due_at=Now())
