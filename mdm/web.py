"""The web processes: gunicorn's threads, with connections shared out evenly among processes."""

from __future__ import annotations

import time
from mmap import mmap
from socket import socket
from typing import Final

from gunicorn.workers.gthread import ThreadWorker

WAIT: Final = 0.002  # seconds in which a process with fewer connections takes the next one
SLOTS: Final = 64  # more than there are processes at a time; ages are taken in turn
NOBODY: Final = -1


class Shares:
    """How many connections each process has, in memory that all of them see."""

    def __init__(self) -> None:
        self._numbers = memoryview(mmap(-1, 4 * SLOTS)).cast("i")  # of no file, shared by forks
        for slot in range(SLOTS):
            self._numbers[slot] = NOBODY

    def note(self, age: int, connections: int) -> None:
        """Say how many the process of this age has."""
        self._numbers[age % SLOTS] = connections

    def forget(self, age: int) -> None:
        """Say that a process is gone."""
        self._numbers[age % SLOTS] = NOBODY

    def least(self) -> int:
        """How many the process with the fewest has."""
        return min((number for number in self._numbers if number != NOBODY), default=0)


shares = Shares()


class FairWorker(ThreadWorker):  # type: ignore[misc]
    """Leaves a new connection to the process that has the fewest.

    All processes wake when a connection comes, and the first takes it, for as long as the client
    keeps it. Callers that stay connected so gathered on one process, while the other cores idled.
    """

    @property
    def nr_conns(self) -> int:
        """The connections of this process; gunicorn counts them."""
        return self._connections

    @nr_conns.setter
    def nr_conns(self, number: int) -> None:
        self._connections = number
        shares.note(self.age, number)

    def accept(self, listener: socket) -> None:
        if self.nr_conns > shares.least():
            time.sleep(WAIT)
        super().accept(listener)
