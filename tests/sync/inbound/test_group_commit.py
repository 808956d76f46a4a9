"""Threads that come while others are at work are served together, and none pays for another."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from sync.inbound.group_commit import GroupCommit

SECONDS = 10.0


class Desk:
    """Work that takes until it is let go; it remembers its groups."""

    def __init__(self, bad: int = -1, error: type[BaseException] = ValueError) -> None:
        self.groups: list[list[int]] = []
        self.begun, self.go = Event(), Event()
        self.bad, self.error = bad, error

    def __call__(self, items: Sequence[int]) -> list[str]:
        self.groups.append(list(items))
        self.begun.set()
        assert self.go.wait(SECONDS)
        if self.bad in items:
            raise self.error(f"{self.bad} among {len(items)}")
        return [f"did {item}" for item in items]


def waiting(commits: GroupCommit[int, str], kind: str) -> int:
    return len(commits._lines.get(kind, ()))


def sent(
    pool: ThreadPoolExecutor, commits: GroupCommit[int, str], desk: Desk, items: Sequence[int]
) -> list[Future[str]]:
    """Items sent one after the other, so that their order is known; the first is at work."""
    told = []
    for item in items:
        told.append(pool.submit(commits.do, "clients", item, desk))
        until = time.monotonic() + SECONDS
        while waiting(commits, "clients") < len(told):
            assert time.monotonic() < until
            time.sleep(0.001)
        assert desk.begun.wait(SECONDS)
    return told


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(12) as threads:
        yield threads


def test_who_comes_while_others_work_goes_together_in_order(pool: ThreadPoolExecutor) -> None:
    commits, desk = GroupCommit[int, str](most=3), Desk()
    told = sent(pool, commits, desk, range(6))
    desk.go.set()
    assert [each.result(SECONDS) for each in told] == [f"did {n}" for n in range(6)]
    assert desk.groups == [[0], [1, 2, 3], [4, 5]]
    assert not commits._lines


def test_one_alone_waits_for_nobody(pool: ThreadPoolExecutor) -> None:
    commits, desk = GroupCommit[int, str](most=3), Desk()
    desk.go.set()
    assert [commits.do("clients", n, desk) for n in range(3)] == ["did 0", "did 1", "did 2"]
    assert desk.groups == [[0], [1], [2]]


def test_another_kind_does_not_wait(pool: ThreadPoolExecutor) -> None:
    commits, slow, quick = GroupCommit[int, str](most=3), Desk(), Desk()
    quick.go.set()
    told = sent(pool, commits, slow, [1])
    assert commits.do("contracts", 2, quick) == "did 2"
    slow.go.set()
    assert told[0].result(SECONDS) == "did 1"


def test_a_group_that_fails_is_done_one_by_one(pool: ThreadPoolExecutor) -> None:
    commits, desk = GroupCommit[int, str](most=8), Desk(bad=2)
    told = sent(pool, commits, desk, [0, 1, 2, 3])
    desk.go.set()
    assert [told[n].result(SECONDS) for n in (0, 1, 3)] == ["did 0", "did 1", "did 3"]
    with pytest.raises(ValueError, match="2 among 1"):
        told[2].result(SECONDS)
    assert desk.groups == [[0], [1, 2, 3], [1], [2], [3]]


def test_whoever_waits_hears_that_the_thread_ended(pool: ThreadPoolExecutor) -> None:
    commits, desk = GroupCommit[int, str](most=8), Desk(bad=2, error=SystemExit)
    told = sent(pool, commits, desk, [0, 1, 2])
    desk.go.set()
    for each in told[1:]:
        with pytest.raises(SystemExit, match="2 among 2"):
            each.result(SECONDS)
    assert not commits._lines
