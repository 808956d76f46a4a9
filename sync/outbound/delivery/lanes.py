"""The lanes of a subscription: claim what is due, settle what was tried.

Due times, leases and the clock are the database's. Whoever takes more than one lane takes them
sorted by golden id, so that nobody waits in a ring.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from random import random
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from canonical import writer
from canonical.prepared import vendor
from sync import egress
from sync.models import Attempt, Lane, Mode, Parked, Subscription
from sync.outbound.answers import outcomes, retry
from sync.outbound.answers.outcomes import Failure, Owner
from sync.outbound.answers.redaction import redact
from sync.outbound.answers.retry import Answer, Judgement, Verdict
from sync.outbound.content.envelope import LEFT

log = structlog.get_logger(__name__)

# Twice the longest exchange and a little: who claimed two in a row can still finish both.
LEASE: Final = timedelta(seconds=int(2 * egress.TOTAL_SECONDS) + 5)
OPEN_WORK: Final = (Q(desired__gt=F("confirmed")) | Q(resend=True)) & Q(parked=Parked.NONE)


NO_ANSWER: Final = Answer()


@dataclass(frozen=True, slots=True)
class Claimed:
    """A lane under lease, as it was when it was claimed."""

    id: int
    golden: UUID
    desired: int
    confirmed: int
    confirmed_digest: str
    sent_digest: str
    resend: bool
    fence: int
    attempt: int
    probes: int
    withdrawing: bool

    @classmethod
    def at(cls, golden: UUID, version: int) -> Claimed:
        """A lane that is looked at and not leased, as if this version had been confirmed."""
        return cls(
            id=0, golden=golden, desired=version, confirmed=version, confirmed_digest="",
            sent_digest="", resend=False, fence=0, attempt=0, probes=0, withdrawing=False,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of a claimed lane.

    `version` is the one that was tried, `digest` what its projection hashes to; without a
    `message_id` nothing was sent, and no attempt is written. `waits_for` parks it behind another,
    `held_until` until the books are closed; `shadowed` once it was only looked at.
    """

    lane: Claimed
    judgement: Judgement
    version: int = 0
    digest: str = ""
    message_id: str = ""
    answer: Answer = NO_ANSWER
    waits_for: UUID | None = None
    held_until: datetime | None = None
    shadowed: bool = False


def claim(subscription: UUID, limit: int) -> list[Claimed]:
    """Lease up to `limit` due lanes, the longest due first; each can be ours alone until then."""
    skip = "FOR UPDATE SKIP LOCKED" if vendor() == "postgresql" else ""
    key = Lane._meta.get_field("subscription").get_db_prep_value(subscription, connection)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(skip=skip, **_CLOCK[vendor()]), [key, limit])
        return [_claimed(row) for row in cursor.fetchall()]


_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM sync_lane
    WHERE subscription_id = %s AND (desired > confirmed OR resend) AND parked = 'none'
      AND due_at <= {now}
    ORDER BY due_at LIMIT %s {skip}
)
UPDATE sync_lane SET fence = fence + 1, attempt = attempt + 1, leased = TRUE, due_at = {lease}
WHERE id IN (SELECT id FROM due)
RETURNING id, golden_id, desired, confirmed, confirmed_digest, sent_digest, resend, fence,
          attempt, probes, withdrawing
"""
_SECONDS = int(LEASE.total_seconds())
_CLOCK = {
    "postgresql": {
        # Unlike clock_timestamp() it is stable, so that the index stops at what is not due yet.
        "now": "statement_timestamp()",
        "lease": f"statement_timestamp() + interval '{_SECONDS} seconds'",
    },
    "sqlite": {
        "now": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
        "lease": f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '+{_SECONDS} seconds')",
    },
}


def _claimed(row: Sequence[Any]) -> Claimed:
    columns = dict(zip(Claimed.__dataclass_fields__, row, strict=True))
    golden = columns["golden"]
    read = {
        "golden": golden if isinstance(golden, UUID) else UUID(golden),
        "resend": bool(columns["resend"]),
        "withdrawing": bool(columns["withdrawing"]),
    }
    return Claimed(**{**columns, **read})


def in_flight(subscription: UUID) -> int:
    """How many lanes are under a lease that still runs."""
    lanes = Lane.objects.filter(subscription=subscription, leased=True, due_at__gt=Now())
    return lanes.count()


def settle(subscription: Subscription, settlements: Sequence[Settlement]) -> list[Lane]:
    """Write what came of claimed lanes; returns those that were parked as undeliverable.

    A lane whose fence has risen meanwhile belongs to someone else: nothing of it is touched, and
    the attempt says so.
    """
    if not settlements:
        return []
    with transaction.atomic():
        now = writer.now()
        locked = _locked([s.lane.id for s in settlements])
        ours = [s for s in settlements if _is_ours(s, locked[s.lane.id])]
        rows = [_row(subscription, s, locked[s.lane.id], now) for s in ours]
        writer.update(Lane, rows)
        held = {s.lane for s in ours}  # not its id: it may be here under a lost lease as well
        tried = [_attempt(s, now, s.lane in held) for s in settlements if s.message_id]
        Attempt.objects.bulk_create(tried)
    stuck = {row["id"]: row for row in rows if row["parked"] in {Parked.DEAD, Parked.UNVERIFIED}}
    return [_with(locked[pk], row) for pk, row in stuck.items()]


def _locked(ids: Collection[int]) -> dict[int, Lane]:
    lanes = Lane.objects.select_for_update().filter(id__in=ids).order_by("golden_id")
    return {lane.id: lane for lane in lanes}


def _is_ours(settlement: Settlement, lane: Lane) -> bool:
    if lane.fence == settlement.lane.fence:
        return True
    log.warning("settled too late", lane=lane.id, fence=settlement.lane.fence, now=lane.fence)
    return False


def _with(lane: Lane, row: Mapping[str, Any]) -> Lane:
    for column, value in row.items():
        setattr(lane, column, value)
    return lane


def _row(
    subscription: Subscription, settlement: Settlement, lane: Lane, now: datetime
) -> dict[str, Any]:
    """The lane's columns after the settlement."""
    row = {
        "id": lane.id,
        "confirmed": lane.confirmed,
        "confirmed_digest": lane.confirmed_digest,
        "sent_digest": settlement.digest or lane.sent_digest,
        "resend": lane.resend,
        "due_at": now,
        "leased": False,
        "parked": lane.parked,
        "waiting_on_id": settlement.waits_for,
        "attempt": lane.attempt,
        "probes": lane.probes,
        "withdrawing": lane.withdrawing,
        "last_error": settlement.judgement.reason[:255],
    }
    return row | _outcome(subscription, settlement, lane, now)


def _outcome(
    subscription: Subscription, settlement: Settlement, lane: Lane, now: datetime
) -> dict[str, Any]:
    verdict = settlement.judgement.verdict
    if settlement.waits_for is not None:
        return {"parked": Parked.DEPENDENCY.value, "attempt": lane.attempt - 1}
    if settlement.held_until is not None:
        held = {"parked": Parked.HELD.value, "due_at": settlement.held_until}
        return held | {"attempt": lane.attempt - 1}
    if settlement.shadowed:
        return {"parked": Parked.SHADOW.value, "attempt": lane.attempt - 1}
    if verdict in {Verdict.CONFIRMED, Verdict.SUPERSEDED}:
        return _confirmed(settlement, lane)
    if verdict in {Verdict.RETURNED, Verdict.GONE}:
        return {"attempt": lane.attempt - 1}
    newer = subscription.mode == Mode.LATEST and lane.desired > settlement.version
    if verdict is Verdict.POISON:
        return _given_up(subscription, Failure.PERMANENT, lane, now, newer=newer)
    if verdict is Verdict.UNVERIFIED and lane.probes + 1 >= retry.PROBES:
        given_up = _given_up(subscription, Failure.UNVERIFIED, lane, now, newer=newer)
        return {"probes": 0 if newer else lane.probes + 1, **given_up}
    return _later(subscription, settlement, lane, now, newer=newer)


def _confirmed(settlement: Settlement, lane: Lane) -> dict[str, Any]:
    if settlement.lane.withdrawing:
        return _withdrawn(lane)
    known = settlement.judgement.verdict is Verdict.CONFIRMED
    asked_again = lane.resend and not settlement.lane.resend
    return {
        "confirmed": max(lane.confirmed, settlement.version),
        "confirmed_digest": settlement.digest if known and not asked_again else "",
        "resend": asked_again,
        "attempt": 0,
        "probes": 0,
    }


def _withdrawn(lane: Lane) -> dict[str, Any]:
    """The target uses the record no more; the version it refused is a person's, or superseded."""
    left = {"confirmed_digest": LEFT, "attempt": 0, "last_error": lane.last_error}
    dead = {"withdrawing": False, "parked": Parked.DEAD.value}
    return left | (dead if lane.withdrawing else {})


def _later(
    subscription: Subscription,
    settlement: Settlement,
    lane: Lane,
    now: datetime,
    *,
    newer: bool,
) -> dict[str, Any]:
    """Try again by the schedule, not before the target asked for; give up at its end."""
    policy = outcomes.of(subscription.outcomes)
    seconds = retry.pause_after(lane.attempt, random(), policy)  # noqa: S311 (only spreads load)
    probes = lane.probes + (settlement.judgement.verdict is Verdict.UNVERIFIED)
    if seconds is None:
        return _given_up(subscription, Failure.EXHAUSTED, lane, now, newer=newer)
    wait = max(seconds, settlement.judgement.wait or 0)
    return {"due_at": now + timedelta(seconds=wait), "probes": probes}


def _given_up(
    subscription: Subscription, failure: Failure, lane: Lane, now: datetime, *, newer: bool
) -> dict[str, Any]:
    """What the owner of a failure does; a newer version that waits already is tried instead."""
    policy = outcomes.of(subscription.outcomes)
    owner = policy.owner(failure)
    if newer and not lane.withdrawing:
        return {"attempt": 0}
    if owner is Owner.RETRY:
        wait = retry.spread(policy.every, random())  # noqa: S311 (only spreads load)
        return {"due_at": now + timedelta(seconds=wait)}
    may_be_there = lane.confirmed_digest not in {"", LEFT}
    if owner is Owner.COMPENSATE and may_be_there and not lane.withdrawing:
        return {"withdrawing": True, "attempt": 0, "probes": 0}
    parked = Parked.UNVERIFIED if failure is Failure.UNVERIFIED else Parked.DEAD
    return {"parked": parked.value, "withdrawing": False}


def _attempt(settlement: Settlement, now: datetime, settled: bool) -> Attempt:
    answer, judgement = settlement.answer, settlement.judgement
    return Attempt(
        lane_id=settlement.lane.id,
        version=settlement.version,
        fence=settlement.lane.fence,
        message_id=settlement.message_id,
        started_at=now - timedelta(milliseconds=answer.milliseconds),
        milliseconds=answer.milliseconds,
        verdict=judgement.verdict.value,
        settled=settled,
        status=answer.status,
        reason=judgement.reason[:255],
        response=redact(answer.body),
        response_digest=sha256(answer.body).hexdigest() if answer.body else "",
    )
