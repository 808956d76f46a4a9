"""The web processes: gunicorn's threads, with connections shared out evenly among processes."""

from __future__ import annotations

import time
from socket import socket
from typing import Final

from gunicorn.workers.gthread import ThreadWorker

STEP: Final = 0.00025  # seconds that each connection of its own makes a process wait for another
MOST: Final = 8


class FairWorker(ThreadWorker):  # type: ignore[misc]
    """Leaves a new connection to the process that has the fewest.

    All processes wake when a connection comes, and the first takes it, for as long as the client
    keeps it. Callers that stay connected so gathered on one process, while the other cores idled.
    """

    def accept(self, listener: socket) -> None:
        time.sleep(min(self.nr_conns, MOST) * STEP)
        super().accept(listener)
