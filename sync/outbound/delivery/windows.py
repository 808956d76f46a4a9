"""Maintenance windows and month-end calendars: when nothing is sent, and the ramp afterwards.

A window is {"rrule", "starts", "minutes", "time_zone"}: an RFC 5545 recurrence whose occurrences
begin at the wall clock of an IANA zone, so that a change to summer time moves it along.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrule, rruleset, rrulestr

Window = Mapping[str, Any]

RAMP: Final = timedelta(minutes=10)
FIRST_SHARE: Final = 0.1
LONGEST: Final = timedelta(days=31)
FIRST_YEAR: Final = 2000


class Unreadable(ValueError):
    """A window that does not say when; `member` names what is wrong in it."""

    def __init__(self, member: str, detail: str) -> None:
        super().__init__(detail)
        self.member = member


def share(windows: Sequence[Window], now: datetime) -> float:
    """The share of its usual width that a target takes now: 0 inside a window, then 0.1 to 1."""
    ends = [end for window in windows if (end := _last_end(window, now)) is not None]
    if not ends:
        return 1.0
    since = now - max(ends)
    if since < timedelta(0):
        return 0.0
    return min(1.0, FIRST_SHARE + (1 - FIRST_SHARE) * (since / RAMP))


def closed_until(windows: Sequence[Window], now: datetime) -> datetime | None:
    """When the last of the windows ends that `now` lies in; None outside all of them."""
    ends = [end for window in windows if (end := _last_end(window, now)) and end > now]
    return max(ends, default=None)


def ramp(chance: float) -> timedelta:
    """When after a window one of many held records goes; `chance` is evenly spread over [0, 1).

    Together they go as `share` lets a target be served: a tenth of the pace at first, all of it
    after ten minutes. This inverts the sum of that share from the end of the window on.
    """
    slope = 1 - FIRST_SHARE
    total = FIRST_SHARE + slope / 2
    place = (math.sqrt(FIRST_SHARE**2 + 2 * slope * total * chance) - FIRST_SHARE) / slope
    return RAMP * place


def _last_end(window: Window, now: datetime) -> datetime | None:
    """When the newest occurrence that has begun ends, in UTC."""
    zone = ZoneInfo(window["time_zone"])
    began = recurrence(window["rrule"], window["starts"]).before(
        now.astimezone(zone).replace(tzinfo=None), inc=True
    )
    if began is None:
        return None
    return began.replace(tzinfo=zone).astimezone(UTC) + timedelta(minutes=window["minutes"])


@lru_cache(maxsize=1000)
def recurrence(rule: str, starts: str) -> rrule | rruleset:
    """The occurrences as wall-clock times."""
    return rrulestr(rule, dtstart=datetime.fromisoformat(starts), cache=True)


def check(window: Any) -> None:
    """Refuse a window that cannot be evaluated."""
    if not isinstance(window, Mapping):
        raise Unreadable("", "A window is an object.")
    for member in ("rrule", "starts", "time_zone"):
        if not isinstance(window.get(member), str):
            raise Unreadable(member, f"{member} is a text.")
    minutes = window.get("minutes")
    if type(minutes) is not int or not 0 < minutes <= LONGEST / timedelta(minutes=1):
        raise Unreadable("minutes", "minutes is a whole number, at most 31 days of them.")
    _check_times(window)


def _check_times(window: Window) -> None:
    try:
        ZoneInfo(window["time_zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unreadable("time_zone", "No IANA time zone of this name.") from None
    try:
        starts = datetime.fromisoformat(window["starts"])
    except ValueError:
        raise Unreadable("starts", "starts is a local time such as 2026-01-31T22:00.") from None
    if starts.tzinfo is not None:
        raise Unreadable("starts", "starts is a local time, without an offset.")
    if starts.year < FIRST_YEAR:
        raise Unreadable("starts", f"starts lies before {FIRST_YEAR}.")
    _check_rule(window)


def _check_rule(window: Window) -> None:
    """Refuse rules that are none, and those with so many occurrences that counting them is work."""
    detail = "rrule is a daily to yearly recurrence such as FREQ=WEEKLY;BYDAY=SA."
    if not re.fullmatch(
        r"(RRULE:)?FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[\w,+-]+)*", window["rrule"]
    ):
        raise Unreadable("rrule", detail)
    try:
        recurrence(window["rrule"], window["starts"])
    except (ValueError, TypeError, KeyError):
        raise Unreadable("rrule", detail) from None
