"""The delivery of one subscription: claim, build, send, settle, until nothing is due.

* Sending holds no transaction, no row lock and no database connection: threads only speak HTTP,
  this one only speaks to the database.
* A lane is leased while its message is under way. Whoever dies in between leaves a lease that
  ends; whoever comes back late is turned away by the fence.
* A drain begins with one message and widens with every success, so that a target that refuses us
  hears it a few times and not a thousand.
* A process drains a subscription once at a time: a slow target holds one thread, not all.
* Whoever drains looks every second whether a more critical target has no worker, and gives way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction

from canonical import writer
from sync import connectors, crossreference, egress
from sync.connectors.protocol import Connector
from sync.models import Subscription
from sync.outbound import crash, wake
from sync.outbound.answers import alarms, outcomes, retry
from sync.outbound.answers.retry import Answer, Expected, Judgement, Verdict
from sync.outbound.content.envelope import Message
from sync.outbound.delivery import criticality, dependencies, health, lanes, plans, shadow
from sync.outbound.delivery.lanes import LEASE, Settlement
from sync.outbound.delivery.messages import Sendable, prepare

log = structlog.get_logger(__name__)

BUDGET: Final = 25.0  # seconds; what is left then waits for the next hint
LINGER: Final = 0.01  # seconds
LOOK: Final = 1.0  # seconds between two looks for a more critical target
LAST_START: Final = LEASE.total_seconds() - egress.TOTAL_SECONDS - 1


_guard = Lock()
_running: dict[UUID, bool] = {}  # by subscription: whether another hint came meanwhile


def drain(subscription: UUID, budget: float = BUDGET) -> int:
    """Deliver what is due; returns how many lanes were settled.

    Returns 0 at once if this process drains the subscription already: that one looks again before
    it ends.
    """
    settled = 0
    with _turn(subscription) as mine:
        while mine and _take(subscription):
            run = Run.open(subscription, time.monotonic() + budget)
            settled += run.all() if run else 0
    return settled


@contextmanager
def _turn(subscription: UUID) -> Iterator[bool]:
    with _guard:
        mine = subscription not in _running
        _running[subscription] = True
    try:
        yield mine
    finally:
        if mine:
            with _guard:
                _running.pop(subscription, None)


def _take(subscription: UUID) -> bool:
    """Whether a hint came since the last look; the look itself takes it."""
    with _guard:
        came = _running.get(subscription, False)
        _running[subscription] = False
        return came


@dataclass(slots=True)
class Run:
    """One look at one subscription, as long as lanes are due and time is left."""

    subscription: Subscription
    until: float
    connector: Connector
    client: egress.Client
    pool: ThreadPoolExecutor
    looks_at: float
    width: int = 1
    settled: int = 0
    under_way: dict[Future[list[Answer]], list[Sendable]] = field(default_factory=dict)

    @classmethod
    def open(cls, subscription: UUID, until: float) -> Run | None:
        """Get ready; None where there is no such subscription."""
        with transaction.atomic(durable=True):  # refuses to stand in another: HTTP comes next
            found = _load(subscription)
            if found is None:
                return None
            client = egress.Client(found.max_concurrency)
            connector = connectors.for_subscription(found, client)
        pool = ThreadPoolExecutor(found.max_concurrency, thread_name_prefix="deliver")
        return cls(found, until, connector, client, pool, time.monotonic() + LOOK)

    def all(self) -> int:
        """Go round until nothing is due and nothing under way; returns how many were settled."""
        with self.client, self.pool:
            while self._claim() or self.under_way:
                self._collect()
        if time.monotonic() >= self.until:
            wake.drain(self.subscription.pk)
        return self.settled

    def _claim(self) -> bool:
        """Claim, build and start as much as the target takes now; whether anything was claimed.

        Half of what may be under way is claimed at once: statements are shared by a batch.
        """
        self._give_way()
        busy = len(self.under_way) >= self.width or time.monotonic() >= self.until
        room = 0 if busy else self._room()
        if not room:
            return False
        claimed_at = time.monotonic()
        claimed = lanes.claim(self.subscription.pk, room)
        crash.point("claim_committed")
        if not claimed:
            return False
        batch = prepare(self.subscription, claimed)
        self._settle(batch.settled)
        if self.subscription.shadow:
            self._settle(shadow.look(self.subscription, batch.sendable, self.client))
            return True
        for start in range(0, len(batch.sendable), self.connector.batch):
            part = batch.sendable[start : start + self.connector.batch]
            future = self.pool.submit(self._send, [s.message for s in part], claimed_at)
            self.under_way[future] = part
        return True

    def _give_way(self) -> None:
        """End once what is under way is done, if a more critical target waits for a worker."""
        now = time.monotonic()
        if now >= self.looks_at:
            self.looks_at = now + LOOK
            if criticality.gives_way(self.subscription, writer.now()):
                self.until = now

    def _room(self) -> int:
        """How many more lanes may be claimed: the width, and as many waiting once it is full.

        The width counts calls, and a call takes as many lanes as the connector's batch; a target
        that is being probed gets one lane.

        The subscription is read again, so that a pause holds at once.
        """
        found, now = _load(self.subscription.pk), writer.now()
        if found is None or not health.is_open(found, now):
            return 0
        self.subscription = found
        self.width = min(self.width, health.width(found, now))
        ahead = 2 if self.width == found.max_concurrency else 1
        widest = self.width * ahead * self.connector.batch if health.is_well(found) else 1
        room = max(0, widest - lanes.in_flight(found.pk))
        return health.take_slots(found, room, now) or self._pause(room)

    def _pause(self, room: int) -> int:
        """Wait for the next slot of a rate, where it comes within a second."""
        rate = self.subscription.rate
        if not room or not rate or self.under_way:
            return 0
        time.sleep(min(1.0, 1 / rate))
        return health.take_slots(self.subscription, room, writer.now())

    def _send(self, messages: Sequence[Message], claimed_at: float) -> list[Answer]:
        """In a thread: send, unless the lease could end before the answer."""
        spent = time.monotonic() - claimed_at
        if spent > LAST_START:
            return []
        with egress.within(LEASE.total_seconds() - 1 - spent):
            return self._isolated(messages)

    def _isolated(self, messages: Sequence[Message]) -> list[Answer]:
        """Send; a call that breaks the connector is halved until the one that does is alone."""
        try:
            return self.connector.send(messages)
        except Exception as error:
            if len(messages) == 1:
                log.exception("connector failed", message=messages[0].id)
                return [Answer(error=f"the connector failed: {type(error).__name__}")]
            half = len(messages) // 2
            return self._isolated(messages[:half]) + self._isolated(messages[half:])

    def _collect(self) -> None:
        """Wait for an answer, a moment for those about to come, and settle them together."""
        if not self.under_way:
            return
        done, others = wait(self.under_way, return_when=FIRST_COMPLETED)
        done |= wait(others, timeout=LINGER).done
        now = writer.now()
        settlements = [s for future in done for s in self._judged(future, now)]
        crash.point("before_settle")
        self._settle(settlements)
        for settlement in settlements:
            good = _is_confirmed(settlement)
            widest = self.subscription.max_concurrency
            self.width = min(self.width * 2, widest) if good else max(1, self.width // 2)

    def _judged(self, future: Future[list[Answer]], now: datetime) -> list[Settlement]:
        part = self.under_way.pop(future)
        answers = future.result()
        if not answers:
            return [Settlement(s.lane, Judgement(Verdict.RETURNED)) for s in part]
        policy = outcomes.of(self.subscription.outcomes)
        return [
            Settlement(
                lane=sendable.lane,
                judgement=retry.judge(answer, self._expected(sendable.message), now, policy),
                version=sendable.version,
                digest=sendable.digest,
                message_id=sendable.message.id,
                answer=answer,
            )
            for sendable, answer in zip(part, answers, strict=True)
        ]

    def _expected(self, message: Message) -> Expected:
        return Expected(message.id, message.record_version, self.subscription.receipts)

    def _settle(self, settlements: Sequence[Settlement]) -> None:
        """Settle, then let the answers count for the target and wake what waited for these."""
        if not settlements:
            return
        crossreference.write_back(self.subscription, settlements)
        stuck = lanes.settle(self.subscription, settlements)
        crash.point("settled")
        self.settled += len(settlements)
        alarms.raise_for_lanes(self.subscription, stuck)
        health.observe(self.subscription, settlements, writer.now())
        first = [s.lane.golden for s in settlements if _first_confirmation(s)]
        confirmed = [s.lane.golden for s in settlements if _is_confirmed(s)]
        done = plans.acknowledge(self.subscription.pk, confirmed)
        dependencies.release_children(self.subscription.pk, {*first, *done})
        if any(s.waits_for for s in settlements):
            dependencies.release_ready(self.subscription.pk)


def _is_confirmed(settlement: Settlement) -> bool:
    return settlement.judgement.verdict in {Verdict.CONFIRMED, Verdict.SUPERSEDED}


def _first_confirmation(settlement: Settlement) -> bool:
    return _is_confirmed(settlement) and settlement.lane.confirmed == 0


def _load(subscription: UUID) -> Subscription | None:
    return Subscription.objects.select_related("health").filter(pk=subscription).first()
