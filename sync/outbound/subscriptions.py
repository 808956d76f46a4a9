"""Who listens: subscribe, change, pause, resume, rotate the secret, unsubscribe.

Nothing here speaks HTTP, and nothing of a subscription is ever deleted: its attempts are evidence.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from canonical.models import OrderBy, System
from sync.models import Lane, Parked, Status, Subscription, TargetHealth
from sync.outbound import wake
from sync.outbound.answers import alarms
from sync.outbound.content.envelope import SECRET_PREFIX
from sync.outbound.delivery import closings, shadow

KEEP_PREVIOUS: Final = timedelta(hours=24)
#: What decides which records a target is told of, and what it sees of them.
CONTENT: Final = frozenset({"entities", "attributes", "filter", "restricted", "system_id"})


def new_secret() -> str:
    """A signing secret of 256 bits, as Standard Webhooks writes it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


@transaction.atomic
def subscribe(*, owner: str, name: str, system: str | None, **wanted: Any) -> Subscription:
    """A new subscription; it is told of everything that exists before it follows the journal.

    Without a system it gets one of its own name, for a consumer that is no source.
    """
    subscription = Subscription.objects.create(
        owner=owner,
        name=name,
        system_id=system or _own_system(name).pk,
        secret=new_secret(),
        **wanted,
    )
    TargetHealth.objects.create(subscription=subscription)
    transaction.on_commit(wake.changed, robust=True)
    return subscription


def _own_system(name: str) -> System:
    """A system for a consumer; a name that is taken gets a number."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30] or "consumer"
    taken = set(System.objects.filter(code__startswith=stem).values_list("code", flat=True))
    codes = (stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3)))
    code = next(code for code in codes if code not in taken)
    return System.objects.create(code=code, name=name, kind="consumer", order_by=OrderBy.RECEIVED)


@transaction.atomic
def change(subscription: Subscription, values: Mapping[str, Any]) -> Subscription:
    """Change what is wanted or how; where that touches content, every record is looked at again.

    Only what differs is sent: a record that left the filter says goodbye, one that came is told.
    """
    locked = Subscription.objects.select_for_update().get(pk=subscription.pk)
    changed = {name for name, value in values.items() if getattr(locked, name) != value}
    for name in changed:
        setattr(locked, name, values[name])
    if changed & CONTENT:
        locked.loading, locked.loaded_through = True, None
        _look_again(locked)
    if "shadow" in changed and not locked.shadow:
        shadow.end(locked)
    if "closings" in changed:
        closings.look_again(locked.pk)
    locked.save()
    transaction.on_commit(wake.changed, robust=True)
    wake.drain_after_commit(locked.pk)
    return locked


def _look_again(subscription: Subscription) -> None:
    lanes = Lane.objects.filter(subscription=subscription, confirmed__gt=0)
    ids = list(lanes.select_for_update().order_by("golden_id").values_list("id", flat=True))
    Lane.objects.filter(id__in=ids).update(resend=True)


@transaction.atomic
def rotate_secret(subscription: Subscription, keep_previous: timedelta = KEEP_PREVIOUS) -> str:
    """Give it a new secret and return it; both sign until the previous one runs out."""
    locked = Subscription.objects.select_for_update().get(pk=subscription.pk)
    locked.previous_secret = locked.secret
    locked.previous_secret_until = timezone.now() + keep_previous
    locked.secret = secret = new_secret()
    locked.save()
    return secret


def pause(subscription: Subscription, reason: str) -> bool:
    """Send nothing until it is resumed; lanes go on rising. False if it was not active."""
    active = Subscription.objects.filter(pk=subscription.pk, status=Status.ACTIVE)
    return bool(active.update(status=Status.PAUSED, status_reason=reason[:255]))


@transaction.atomic
def resume(subscription: Subscription) -> bool:
    """Speak to the target again as if it had always answered; failed lanes are due at once.

    False if it was active already.
    """
    stopped = Subscription.objects.filter(
        pk=subscription.pk, status__in=[Status.PAUSED, Status.DISABLED]
    )
    if not stopped.update(status=Status.ACTIVE, status_reason=""):
        return False
    TargetHealth.objects.filter(pk=subscription.pk).delete()
    TargetHealth.objects.create(subscription=subscription)
    lanes = Lane.objects.filter(
        subscription=subscription, attempt__gt=0, leased=False, parked=Parked.NONE
    )
    locked = lanes.select_for_update(skip_locked=True).order_by("golden_id")
    ids = list(locked.values_list("id", flat=True))
    Lane.objects.filter(id__in=ids).update(attempt=0, due_at=Now())
    alarms.close_for_target(subscription.pk)
    wake.drain_after_commit(subscription.pk)
    return True


def unsubscribe(subscription: Subscription) -> None:
    """End it for good; the secret is forgotten, lanes and attempts stay as evidence."""
    Subscription.objects.filter(pk=subscription.pk).update(
        status=Status.DELETED, status_reason="unsubscribed", secret="", previous_secret=""
    )
    alarms.close_for_target(subscription.pk)
