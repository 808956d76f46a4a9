"""The worker's own tick: the sweep goes on while broker and beat are away."""

from __future__ import annotations

import threading

import structlog
from django.db import DatabaseError, connections

from mdm import sweep
from mdm.models import TICK, Heartbeat

log = structlog.get_logger(__name__)


class Clockwork(threading.Thread):
    """Sweeps whenever nobody else has for one tick, beginning at once.

    With beat and broker at work the heartbeat is always younger, and this thread only looks.
    """

    def __init__(self) -> None:
        super().__init__(name="clockwork", daemon=True)
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            self.tick()
            self.stopped.wait(TICK.total_seconds())

    def tick(self) -> None:
        """Sweep if it is due; a database that is away is asked again at the next tick."""
        try:
            if not Heartbeat.is_fresh(sweep.WHOLE, within=TICK):
                sweep.run()
        except DatabaseError as error:
            log.warning("no sweep", error=str(error))
        finally:
            connections.close_all()
