"""F47: windows by a virtual clock, a change to summer time inside them included."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sync.outbound.delivery import windows

NIGHTLY = {
    "rrule": "FREQ=DAILY",
    "starts": "2026-01-01T01:30",
    "minutes": 120,
    "time_zone": "Europe/Berlin",
}
MONTH_END = {
    "rrule": "FREQ=MONTHLY;BYMONTHDAY=-1",
    "starts": "2026-01-31T18:00",
    "minutes": 24 * 60,
    "time_zone": "UTC",
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "share"),
    [
        ("2026-01-10T00:29", 1.0),
        ("2026-01-10T00:31", 0.0),
        ("2026-01-10T02:29", 0.0),
        ("2026-01-10T02:30", 0.1),
        ("2026-01-10T02:35", 0.55),
        ("2026-01-10T02:40", 1.0),
        ("2026-03-29T00:31", 0.0),  # 01:31 in Berlin; at 02:00 the clocks go to 03:00
        ("2026-03-29T02:29", 0.0),  # 04:29: the window is two hours long all the same
        ("2026-03-29T02:41", 1.0),
        ("2026-07-10T00:00", 0.0),
    ],
)
def test_share(moment: str, share: float) -> None:
    assert windows.share([NIGHTLY], at(moment)) == pytest.approx(share)


def test_a_calendar_of_several() -> None:
    assert windows.share([NIGHTLY, MONTH_END], at("2026-02-28T20:00")) == 0.0
    assert windows.share([NIGHTLY, MONTH_END], at("2026-02-27T20:00")) == 1.0
    assert windows.share([], at("2026-02-28T20:00")) == 1.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"rrule": "FREQ=SECONDLY"},
        {"rrule": "sometimes"},
        {"rrule": "FREQ=DAILY;BYDAY=XX"},
        {"starts": "yesterday"},
        {"starts": "2026-01-01T01:30+01:00"},
        {"starts": "0001-01-01T00:00"},
        {"minutes": 0},
        {"minutes": True},
        {"minutes": 10**6},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../etc/passwd"},
        {"time_zone": None},
    ],
)
def test_an_unreadable_window_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(windows.Unreadable) as error:
        windows.check({**NIGHTLY, **wrong})
    assert error.value.member == next(iter(wrong))
