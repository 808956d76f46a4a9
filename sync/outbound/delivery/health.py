"""How much a target may be sent now, and what its answers do to that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from random import random
from uuid import UUID

import structlog
from django.db import transaction

from sync.models import Status, Subscription, TargetHealth
from sync.outbound.answers import alarms, breaker
from sync.outbound.answers.breaker import Breaker, Health
from sync.outbound.answers.retry import Verdict
from sync.outbound.delivery import windows
from sync.outbound.delivery.lanes import Settlement

log = structlog.get_logger(__name__)

FIELDS = tuple(Health.__dataclass_fields__)


def of(row: TargetHealth) -> Health:
    """The stored health as the value that decisions are made on."""
    values = {name: getattr(row, name) for name in FIELDS}
    return Health(**{**values, "breaker": Breaker(row.breaker)})


def is_open(subscription: Subscription, now: datetime) -> bool:
    """Whether anything may be sent at all at this moment."""
    row = subscription.health
    if subscription.status != Status.ACTIVE or subscription.loading:
        return False
    if row.not_before and row.not_before > now:
        return False
    if row.breaker != Breaker.CLOSED and not breaker.may_probe(of(row), now):
        return False
    return windows.share(subscription.windows, now) > 0


def is_well(subscription: Subscription) -> bool:
    """Whether the target answers, as far as is known."""
    return subscription.health.breaker == Breaker.CLOSED


def width(subscription: Subscription, now: datetime) -> int:
    """How many deliveries may be under way at once: one to a target that is being probed, a
    growing share after a window."""
    if not is_well(subscription):
        return 1
    share = windows.share(subscription.windows, now)
    return max(1, int(subscription.max_concurrency * share))


def take_slots(subscription: Subscription, wanted: int, now: datetime) -> int:
    """How many of the wanted deliveries the rate allows now; they count as used."""
    if not subscription.rate or not wanted:
        return wanted
    with transaction.atomic():
        row = TargetHealth.objects.select_for_update().get(pk=subscription.pk)
        gap = timedelta(seconds=1 / subscription.rate)
        earliest = max(row.next_slot or now, now - timedelta(seconds=1))
        allowed = min(wanted, max(0, int((now - earliest) / gap) + 1)) if earliest <= now else 0
        row.next_slot = earliest + gap * allowed
        row.save(update_fields=["next_slot"])
    return allowed


def observe(subscription: Subscription, settlements: Sequence[Settlement], now: datetime) -> None:
    """Let what was sent count for the target; pause or disable it where it turns us away."""
    sent = [s for s in settlements if s.message_id]
    good = all(s.judgement.verdict in breaker.SUCCESSES for s in sent)
    if not sent or (good and of(subscription.health).spotless):
        return
    with transaction.atomic():
        row = TargetHealth.objects.select_for_update().get(pk=subscription.pk)
        before = of(row)
        after = _after(before, sent, now)
        _store(row, after, _asked_to_wait(sent, now))
        _judge(subscription.pk, sent, after, now)
    if after.breaker is Breaker.OPEN and before.breaker is not Breaker.OPEN:
        log.warning("breaker opened", subscription=str(subscription.pk), until=str(after.probe_at))


def _after(health: Health, sent: Iterable[Settlement], now: datetime) -> Health:
    for settlement in sent:
        health = breaker.observe(
            health,
            settlement.judgement.verdict,
            settlement.lane.id,
            now,
            random(),  # noqa: S311
        )
    return health


def _asked_to_wait(sent: Iterable[Settlement], now: datetime) -> datetime | None:
    waits = [s.judgement.wait for s in sent if s.judgement.wait is not None]
    return now + timedelta(seconds=max(waits)) if waits else None


def _store(row: TargetHealth, health: Health, not_before: datetime | None) -> None:
    for name, value in asdict(health).items():
        setattr(row, name, value)
    row.not_before = not_before or row.not_before
    row.save()


def _judge(pk: UUID, sent: Iterable[Settlement], health: Health, now: datetime) -> None:
    """Stop speaking to a target that is gone, refuses us, or has only failed for five days."""
    if any(s.judgement.verdict is Verdict.GONE for s in sent):
        _stop(pk, Status.DISABLED, "the target answered 410 Gone")
    elif breaker.refuses_us(health):
        last = next(s for s in reversed(list(sent)) if s.judgement.verdict is Verdict.REFUSED)
        _stop(pk, Status.PAUSED, f"the target refuses us: {last.judgement.reason}")
    elif breaker.hopeless(health, now):
        _stop(pk, Status.DISABLED, "nothing but failure for five days")


def _stop(pk: UUID, status: Status, reason: str) -> None:
    active = Subscription.objects.filter(pk=pk, status=Status.ACTIVE)
    if active.update(status=status, status_reason=reason[:255]):
        log.warning("target stopped", subscription=str(pk), status=status.value, reason=reason)
        alarms.raise_for_target(Subscription.objects.get(pk=pk), reason)
