"""The outcome policy of a target: when to try again, what is permanent, and who owns a failure.

Stored as {"delays": [seconds], "every": seconds, "give_up_after": seconds, "permanent": [...],
"transient": [...], "owners": {failure: owner}, "escalate_to": queue}; what is left out is as usual.
`permanent` and `transient` are statuses, or texts that an answer's body holds: error codes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate, repeat, takewhile
from typing import Any, Final

MINUTE, HOUR = 60, 3600
DELAYS: Final = (5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR)
EVERY: Final = 10 * HOUR
GIVE_UP_AFTER: Final = 72 * HOUR
LONGEST: Final = 30 * 24 * HOUR
MOST: Final = 50  # members of a list


class Failure(StrEnum):
    """How a delivery ends that the target did not take."""

    PERMANENT = "permanent"  # the target will never take this content
    EXHAUSTED = "exhausted"  # it could not for as long as was tried
    UNVERIFIED = "unverified"  # it never gave the receipt that was asked for


class Owner(StrEnum):
    """Who owns a failure, and so what happens then."""

    RETRY = "retry"  # the hub: it goes on trying at the longest delay
    COMPENSATE = "compensate"  # the hub: the target is told to use the record no more
    ESCALATE = "escalate"  # a person: the delivery is given up and stands in the queue


class Unreadable(ValueError):
    """A policy that does not say what is meant; `where` is the place in it."""

    def __init__(self, where: str, detail: str) -> None:
        super().__init__(detail)
        self.where = where


@dataclass(frozen=True, slots=True)
class Outcomes:
    """An outcome policy; the empty value is what holds for a target that says nothing."""

    delays: tuple[float, ...] = DELAYS
    every: float = EVERY
    give_up_after: float = GIVE_UP_AFTER
    permanent: tuple[int | str, ...] = ()
    transient: tuple[int | str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    escalate_to: str = "integration"

    def owner(self, failure: Failure) -> Owner:
        """Who owns a failure of this kind."""
        return Owner(self.owners.get(failure, Owner.ESCALATE))

    def pause(self, attempt: int) -> float | None:
        """Seconds after the failed attempt number `attempt` (from 1); None: it is exhausted.

        Attempts are counted instead of a clock, so that a pause costs none.
        """
        schedule = _schedule(self.delays, self.every, self.give_up_after)
        return schedule[attempt - 1] if attempt <= len(schedule) else None


USUAL: Final = Outcomes()


@lru_cache(maxsize=1000)
def _schedule(delays: tuple[float, ...], every: float, give_up_after: float) -> tuple[float, ...]:
    spent = list(takewhile(lambda total: total <= give_up_after, accumulate(delays)))
    first = delays[: len(spent)]
    if len(first) < len(delays):
        return first
    later = takewhile(lambda total: sum(first) + total <= give_up_after, accumulate(repeat(every)))
    return first + tuple(every for _ in later)


def of(stored: Mapping[str, Any]) -> Outcomes:
    """The policy behind its stored form."""
    if not stored:
        return USUAL
    lists = {n: tuple(stored[n]) for n in ("delays", "permanent", "transient") if n in stored}
    return Outcomes(**{**stored, **lists})


def check(given: Any) -> dict[str, Any]:
    """The stored form of a policy as it was given; Unreadable where it is none."""
    if not isinstance(given, Mapping):
        raise Unreadable("", "An outcome policy is an object.")
    for name in given:
        if name not in _READERS:
            raise Unreadable(f"/{name}", f"It has {', '.join(_READERS)}.")
    return {name: _READERS[name](f"/{name}", value) for name, value in given.items()}


def _seconds(where: str, value: Any) -> float:
    try:
        seconds = -1.0 if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not 1 <= seconds <= LONGEST:
        raise Unreadable(where, "A number of seconds, from 1 to 30 days.")
    return seconds


def _list(where: str, value: Any, read: Callable[[str, Any], Any]) -> list[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MOST:
        raise Unreadable(where, f"A list of at most {MOST}.")
    return [read(f"{where}/{place}", item) for place, item in enumerate(value)]


def _delays(where: str, value: Any) -> list[float]:
    return _list(where, value, _seconds)


def _errors(where: str, value: Any) -> list[int | str]:
    return _list(where, value, _error)


def _error(where: str, value: Any) -> int | str:
    if type(value) is int and 400 <= value <= 599:
        return value
    if isinstance(value, str) and 3 <= len(value) <= 100:
        return value
    raise Unreadable(where, "A status from 400 to 599, or a text of 3 to 100 characters.")


def _owners(where: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise Unreadable(where, f"An owner for any of {', '.join(Failure)}.")
    for failure, owner in value.items():
        if failure not in tuple(Failure):
            raise Unreadable(where, f"A failure is one of {', '.join(Failure)}.")
        if owner not in tuple(Owner):
            raise Unreadable(f"{where}/{failure}", f"An owner is one of {', '.join(Owner)}.")
    return dict(value)


def _queue(where: str, value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 60:
        raise Unreadable(where, "The name of a queue, at most 60 characters.")
    return value


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "delays": _delays,
    "every": _seconds,
    "give_up_after": _seconds,
    "permanent": _errors,
    "transient": _errors,
    "owners": _owners,
    "escalate_to": _queue,
}
assert tuple(_READERS) == tuple(each.name for each in fields(Outcomes))
