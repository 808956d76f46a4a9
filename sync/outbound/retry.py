"""What an answer of a target means, and when to try again: decisions as values.

The schedule is 0 s, 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 5 h, then every 10 h until 72 h of
attempted time are over. Attempts are counted instead of a clock, so that a pause costs none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from itertools import accumulate, repeat, takewhile
from typing import Final

MINUTE, HOUR = 60, 3600
FIRST_DELAYS: Final = (5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR)
EVERY: Final = 10 * HOUR
GIVE_UP: Final = 72 * HOUR
PROBES: Final = 3  # tries at an answer without the receipt that was asked for
SHORTEST_WAIT, LONGEST_WAIT = 1, 24 * HOUR

TRANSIENT: Final = frozenset({408, 409, 412, 423, 425, 429})
REFUSALS: Final = frozenset({401, 402, 403, 404, 405, 407})
SLOW_DOWN: Final = frozenset({429, 503})


class Verdict(StrEnum):
    """What one attempt came to."""

    CONFIRMED = "confirmed"
    SUPERSEDED = "superseded"  # the target says it holds this version or a newer one
    FAILED = "failed"  # transient: the target could not, or we could not reach it
    REFUSED = "refused"  # the target does not let us in: a matter of the subscription, not the lane
    POISON = "poison"  # the target will never take this content
    UNVERIFIED = "unverified"  # it said yes, but without the receipt that was asked for
    GONE = "gone"  # the target wants no more deliveries
    RETURNED = "returned"  # never sent: the lease would have run out


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one message: an HTTP status, or `error` when none did.

    `headers` are lower-case; `body` is at most what egress reads.
    """

    status: int | None = None
    headers: Mapping[str, str] | None = None
    body: bytes = b""
    error: str = ""
    milliseconds: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """What the answer is held against: the message's id, its record version, receipts or not."""

    message_id: str
    record_version: int
    receipts: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, its reason in a sentence, and how long the target asked us to wait."""

    verdict: Verdict
    reason: str = ""
    wait: float | None = None


def judge(answer: Answer, expected: Expected, now: datetime) -> Judgement:
    """Tell what an answer means; `now` is only for a Retry-After that names a date."""
    if answer.status is None:
        return Judgement(Verdict.FAILED, answer.error or "no answer")
    if 200 <= answer.status < 300:
        return _accepted(answer, expected)
    if answer.status in {409, 412} and _held_version(answer.body) >= expected.record_version:
        return Judgement(Verdict.SUPERSEDED, "the target holds this version or a newer one")
    reason = f"answered {answer.status}"
    if answer.status == 410:
        return Judgement(Verdict.GONE, reason)
    if answer.status in REFUSALS:
        return Judgement(Verdict.REFUSED, reason)
    if 400 <= answer.status < 500 and answer.status not in TRANSIENT:
        return Judgement(Verdict.POISON, reason)
    wait = retry_after(answer.headers or {}, now) if answer.status in SLOW_DOWN else None
    return Judgement(Verdict.FAILED, reason, wait)


def _accepted(answer: Answer, expected: Expected) -> Judgement:
    if not expected.receipts or _member(answer.body, "receipt") == expected.message_id:
        return Judgement(Verdict.CONFIRMED)
    return Judgement(Verdict.UNVERIFIED, f"answered {answer.status} without our receipt")


def _held_version(body: bytes) -> int:
    version = _member(body, "version")
    return version if isinstance(version, int) else -1


def _member(body: bytes, name: str) -> object:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value.get(name) if isinstance(value, dict) else None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds a target asks us to wait, 1 s to 24 h; None where it says nothing we can read."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"-?\d{1,18}", text):
        return _clamped(float(text))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _clamped((moment - now).total_seconds())


def _clamped(seconds: float) -> float:
    return min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT)


def pause_after(attempt: int, chance: float) -> float | None:
    """Seconds to wait after the failed attempt number `attempt` (from 1); None: give up.

    `chance` in [0, 1) spreads the delay over 80 % to 120 % of the schedule.
    """
    base = SCHEDULE[attempt - 1] if attempt <= len(SCHEDULE) else None
    return None if base is None else base * (0.8 + 0.4 * chance)


def _schedule() -> tuple[int, ...]:
    spent = sum(FIRST_DELAYS)
    later = takewhile(lambda total: spent + total <= GIVE_UP, accumulate(repeat(EVERY)))
    return FIRST_DELAYS + tuple(EVERY for _ in later)


SCHEDULE: Final = _schedule()
