from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from contextlib import closing
from socket import create_connection, create_server, socket
from typing import Any

import pytest

from mdm.web import FairWorker


@pytest.fixture
def listener() -> Iterator[socket]:
    with closing(create_server(("127.0.0.1", 0))) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A worker without its process: what it accepts is put down."""
    made: Any = object.__new__(FairWorker)
    made.nr_conns, made.cfg, made.taken = 0, None, []
    monkeypatch.setattr(FairWorker, "enqueue_req", lambda self, conn: self.taken.append(conn))
    return made


def take(worker: Any, listener: socket, monkeypatch: pytest.MonkeyPatch) -> float:
    """Have the worker accept what waits; the seconds for which it let others be first."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    worker.accept(listener)
    return sum(waited)


def test_a_process_without_connections_takes_one_at_once(
    worker: Any, listener: socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with create_connection(listener.getsockname()):
        assert take(worker, listener, monkeypatch) == 0
    assert (worker.nr_conns, len(worker.taken)) == (1, 1)
    worker.taken[0].sock.close()


def test_the_more_it_has_the_longer_it_lets_others_be_first(
    worker: Any, listener: socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []
    for held in (1, 4, 8, 500):
        worker.nr_conns = held
        waited.append(take(worker, listener, monkeypatch))
    assert 0 < waited[0] < waited[1] < waited[2] == waited[3]


def test_what_another_process_took_is_no_fault(
    worker: Any, listener: socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.nr_conns = 3
    with pytest.raises(BlockingIOError) as empty:
        listener.accept()
    assert empty.value.errno == errno.EAGAIN
    take(worker, listener, monkeypatch)
    assert (worker.nr_conns, worker.taken) == (3, [])
