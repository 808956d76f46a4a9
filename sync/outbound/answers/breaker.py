"""The circuit breaker of one target: what a run of attempts does to its health.

It opens after 5 failures in a row over at least two lanes, or when more than half of the last 20
failed; stays open 30 s x 2^k, at most 15 min; lets one lane probe; closes after 3 successes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sync.outbound.answers.retry import Verdict

FAILURES_IN_A_ROW: Final = 5
REFUSALS_IN_A_ROW: Final = 3
WINDOW: Final = 20
SUCCESSES_TO_CLOSE: Final = 3
SHORTEST, LONGEST = timedelta(seconds=30), timedelta(minutes=15)
DISABLE_AFTER: Final = timedelta(days=5)

SUCCESSES: Final = frozenset({Verdict.CONFIRMED, Verdict.SUPERSEDED, Verdict.POISON})
FAILURES: Final = frozenset({Verdict.FAILED, Verdict.REFUSED})


class Breaker(StrEnum):
    """Whether the target is spoken to."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Health:
    """How a target has been answering; the empty value is a target that always answered.

    `recent` is the last answers, `+` or `-`, empty while all were good. `failures` and `refusals`
    count in a row; `lane` and `several` tell whether more than one lane was behind them.
    """

    breaker: Breaker = Breaker.CLOSED
    trips: int = 0
    probe_at: datetime | None = None
    recent: str = ""
    failures: int = 0
    refusals: int = 0
    successes: int = 0
    lane: int | None = None
    several: bool = False
    failing_since: datetime | None = None

    @property
    def spotless(self) -> bool:
        """Whether a success changes nothing, so that nothing need be written."""
        return self == Health()


def observe(health: Health, verdict: Verdict, lane: int, now: datetime, chance: float) -> Health:
    """The health after one more attempt; `chance` in [0, 1) spreads the opening."""
    if health.breaker is Breaker.OPEN and may_probe(health, now):
        health = replace(health, breaker=Breaker.HALF_OPEN)
    if verdict in SUCCESSES:
        return _success(health)
    if verdict in FAILURES:
        return _trip(_failure(health, verdict, lane, now), now, chance)
    return health


def _success(health: Health) -> Health:
    if health.breaker is not Breaker.CLOSED:
        if health.successes + 1 < SUCCESSES_TO_CLOSE:
            return replace(health, successes=health.successes + 1, failures=0, refusals=0)
        return Health()
    recent = (health.recent + "+")[-WINDOW:] if health.recent else ""
    return Health(recent=recent if "-" in recent else "")


def _failure(health: Health, verdict: Verdict, lane: int, now: datetime) -> Health:
    return replace(
        health,
        recent=(health.recent + "-")[-WINDOW:],
        failures=health.failures + 1,
        refusals=health.refusals + 1 if verdict is Verdict.REFUSED else 0,
        successes=0,
        lane=lane if health.lane is None else health.lane,
        several=health.several or health.lane not in {None, lane},
        failing_since=health.failing_since or now,
    )


def _trip(health: Health, now: datetime, chance: float) -> Health:
    if health.breaker is Breaker.OPEN or not _should_open(health):
        return health
    duration = min(SHORTEST * 2 ** min(health.trips, 10), LONGEST) * (0.8 + 0.4 * chance)
    return replace(health, breaker=Breaker.OPEN, trips=health.trips + 1, probe_at=now + duration)


def _should_open(health: Health) -> bool:
    in_a_row = health.failures >= FAILURES_IN_A_ROW and health.several
    mostly = health.recent.count("-") > WINDOW / 2
    return health.breaker is Breaker.HALF_OPEN or in_a_row or mostly


def may_probe(health: Health, now: datetime) -> bool:
    """Whether an open breaker lets one lane through by now."""
    return health.probe_at is None or health.probe_at <= now


def refuses_us(health: Health) -> bool:
    """Whether the target turned away several lanes in a row: a person has to look."""
    return health.refusals >= REFUSALS_IN_A_ROW and health.several


def hopeless(health: Health, now: datetime) -> bool:
    """Whether there was nothing but failure for so long that trying goes on no more."""
    return health.failing_since is not None and now - health.failing_since >= DISABLE_AFTER
