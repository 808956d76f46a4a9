"""The breaker by a virtual clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sync.outbound.answers import breaker
from sync.outbound.answers.breaker import Breaker, Health, observe
from sync.outbound.answers.retry import Verdict

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
FAILED, GOOD, REFUSED = Verdict.FAILED, Verdict.CONFIRMED, Verdict.REFUSED


WELL = Health()


def after(*verdicts: Verdict, health: Health = WELL, now: datetime = NOW) -> Health:
    """The health after these, each on a lane of its own."""
    for lane, verdict in enumerate(verdicts):
        health = observe(health, verdict, lane, now, 0.5)
    return health


def test_five_failures_in_a_row_open_it() -> None:
    assert after(*[FAILED] * 4).breaker is Breaker.CLOSED
    opened = after(*[FAILED] * 5)
    assert opened.breaker is Breaker.OPEN
    assert opened.probe_at == NOW + timedelta(seconds=30)


def test_one_lane_alone_does_not_open_it() -> None:
    health = Health()
    for _ in range(8):
        health = observe(health, FAILED, 1, NOW, 0.5)
    assert health.breaker is Breaker.CLOSED


def test_more_than_half_of_twenty_open_it() -> None:
    health = after(*[FAILED, FAILED, GOOD] * 7)
    assert health.breaker is Breaker.OPEN


def test_a_failed_probe_doubles_the_wait_up_to_a_quarter_of_an_hour() -> None:
    health, waits = after(*[FAILED] * 5), []
    for _ in range(7):
        now = health.probe_at
        assert now is not None
        health = observe(health, FAILED, 9, now, 0.5)
        assert health.probe_at is not None
        waits.append((health.probe_at - now).total_seconds())
    assert waits == [60, 120, 240, 480, 900, 900, 900]


def test_three_good_probes_close_it() -> None:
    opened = after(*[FAILED] * 5)
    later = NOW + timedelta(minutes=1)
    assert after(GOOD, GOOD, health=opened, now=later).breaker is Breaker.HALF_OPEN
    assert after(GOOD, GOOD, GOOD, health=opened, now=later) == Health()


def test_a_straggler_does_not_move_an_open_breaker() -> None:
    opened = after(*[FAILED] * 5)
    assert observe(opened, FAILED, 1, NOW, 0.5).probe_at == opened.probe_at


def test_refusals_of_several_lanes_count_in_a_row() -> None:
    assert breaker.refuses_us(after(REFUSED, REFUSED, REFUSED))
    assert not breaker.refuses_us(after(REFUSED, REFUSED, FAILED, REFUSED))


def test_after_five_days_of_failure_alone_it_is_hopeless() -> None:
    health = after(FAILED)
    assert not breaker.hopeless(health, NOW + timedelta(days=4))
    assert breaker.hopeless(health, NOW + timedelta(days=5))
    assert not breaker.hopeless(after(FAILED, GOOD), NOW + timedelta(days=9))
