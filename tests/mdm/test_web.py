from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import closing
from socket import create_connection, create_server, socket
from typing import Any

import pytest

from mdm import web
from mdm.web import WAIT, FairWorker, Shares


@pytest.fixture
def listener() -> Iterator[socket]:
    with closing(create_server(("127.0.0.1", 0))) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A worker without its process: what it accepts is put down. Another one has a connection."""
    monkeypatch.setattr("mdm.web.shares", Shares())
    made: Any = object.__new__(FairWorker)
    other: Any = object.__new__(FairWorker)
    made.age, made.nr_conns, made.cfg, made.taken = 7, 0, None, []
    other.age, other.nr_conns = 8, 1
    monkeypatch.setattr(FairWorker, "enqueue_req", lambda self, conn: self.taken.append(conn))
    return made


def take(worker: Any, listener: socket, monkeypatch: pytest.MonkeyPatch) -> float:
    """Have the worker accept what waits; the seconds for which it let others be first."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    worker.accept(listener)
    return sum(waited)


@pytest.mark.parametrize("held", [0, 1])
def test_the_process_that_has_fewest_takes_a_connection_at_once(
    worker: Any, listener: socket, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    worker.nr_conns = held
    with create_connection(listener.getsockname()):
        assert take(worker, listener, monkeypatch) == 0
    assert (worker.nr_conns, len(worker.taken)) == (held + 1, 1)
    worker.taken[0].sock.close()


def test_one_that_has_more_lets_the_others_be_first(
    worker: Any, listener: socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.nr_conns = 2
    assert take(worker, listener, monkeypatch) == WAIT


def test_a_process_that_is_gone_has_no_share(
    worker: Any, listener: socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.nr_conns = 2
    web.shares.forget(8)
    assert take(worker, listener, monkeypatch) == 0


def test_a_number_is_seen_by_every_process() -> None:
    shares = Shares()
    child = os.fork()
    if not child:
        shares.note(3, 5)
        os._exit(0)
    os.waitpid(child, 0)
    assert shares.least() == 5


def test_what_another_process_took_is_no_fault(
    worker: Any, listener: socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.nr_conns = 3
    with pytest.raises(BlockingIOError) as empty:
        listener.accept()
    assert empty.value.errno == errno.EAGAIN
    take(worker, listener, monkeypatch)
    assert (worker.nr_conns, worker.taken) == (3, [])
