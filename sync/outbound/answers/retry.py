"""What an answer of a target means, and when to try again: decisions as values.

Usually tried again after 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 5 h, then every 10 h until 72 h of
attempted time are over; a target's outcome policy may say otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from sync.outbound.answers.outcomes import HOUR, USUAL, Outcomes

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

    `headers` are lower-case; `body` is at most what egress reads. A connector that reads more out
    of an answer than its status tells says so in `verdict`, `reason` and `wait` (seconds until the
    next try makes sense); `target_id` is what the target calls the record.
    """

    status: int | None = None
    headers: Mapping[str, str] | None = None
    body: bytes = b""
    error: str = ""
    milliseconds: int = 0
    verdict: Verdict | None = None
    reason: str = ""
    wait: float | None = None
    target_id: str = ""


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


def judge(
    answer: Answer, expected: Expected, now: datetime, outcomes: Outcomes = USUAL
) -> Judgement:
    """Tell what an answer means; `now` is only for a Retry-After that names a date."""
    if answer.verdict is not None:
        return _as_said(answer, answer.verdict, now, outcomes)
    if answer.status is None:
        return Judgement(Verdict.FAILED, answer.error or "no answer")
    if 200 <= answer.status < 300:
        return _accepted(answer, expected)
    if answer.status in {409, 412} and _held_version(answer.body) >= expected.record_version:
        return Judgement(Verdict.SUPERSEDED, "the target holds this version or a newer one")
    verdict, reason = _refusal(answer, outcomes), f"answered {answer.status}"
    wait = retry_after(answer.headers or {}, now) if answer.status in SLOW_DOWN else None
    return Judgement(verdict, reason, wait if verdict is Verdict.FAILED else None)


def _refusal(answer: Answer, outcomes: Outcomes) -> Verdict:
    """What an answer that is no success means; what the target's policy names comes first."""
    status = answer.status or 0
    if _is_named(answer, outcomes.permanent):
        return Verdict.POISON
    if _is_named(answer, outcomes.transient):
        return Verdict.FAILED
    if status == 410:
        return Verdict.GONE
    if status in REFUSALS:
        return Verdict.REFUSED
    return Verdict.POISON if 400 <= status < 500 and status not in TRANSIENT else Verdict.FAILED


def _is_named(answer: Answer, errors: Collection[int | str]) -> bool:
    return any(
        error == answer.status if isinstance(error, int) else error.encode() in answer.body
        for error in errors
    )


def _as_said(answer: Answer, verdict: Verdict, now: datetime, outcomes: Outcomes) -> Judgement:
    """What the connector read out of the answer, unless the target's policy names the error."""
    if verdict in {Verdict.FAILED, Verdict.POISON}:
        if _is_named(answer, outcomes.permanent):
            verdict = Verdict.POISON
        elif _is_named(answer, outcomes.transient):
            verdict = Verdict.FAILED
    reason = answer.reason or answer.error
    if verdict is not Verdict.FAILED:
        return Judgement(verdict, reason)
    asked = None if answer.wait is None else _clamped(answer.wait)
    return Judgement(verdict, reason, asked or retry_after(answer.headers or {}, now))


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


def pause_after(attempt: int, chance: float, outcomes: Outcomes = USUAL) -> float | None:
    """Seconds to wait after the failed attempt number `attempt` (from 1); None: it is exhausted.

    `chance` in [0, 1) spreads the delay over 80 % to 120 % of the schedule.
    """
    base = outcomes.pause(attempt)
    return None if base is None else spread(base, chance)


def spread(seconds: float, chance: float) -> float:
    """80 % to 120 % of a delay."""
    return seconds * (0.8 + 0.4 * chance)
