"""Keeps a few processes running, each in its own process group, and stops them all together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 20.0  # seconds a process has to end before it is killed
SHORT_LIFE = 5.0  # seconds; a process that dies younger did not start properly
MOST_SHORT_LIVES = 5


class GaveUpError(Exception):
    """A process died again and again right after its start; its log says why."""


@dataclass
class Service:
    """One process to keep running: its command, and the file that gets what it says."""

    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    short_lives: int = 0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=_die_with_parent,
            )
        self.started = time.monotonic()

    def signal(self, number: int) -> None:
        """Signal the whole group: a worker that was killed leaves its beat process behind."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def is_dead(self) -> bool:
        return self.process is None or self.process.poll() is not None


@dataclass
class Supervisor:
    """Starts services, restarts those that die, and stops them in the reverse order."""

    services: list[Service]
    say: Callable[[str], object]
    stopping: bool = field(default=False, init=False)

    def start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        for service in self.services:
            service.start()

    def _ask_to_stop(self, *_: object) -> None:
        self.stopping = True

    def tend(self) -> None:
        """Restart what has died since the last time; raises GaveUpError."""
        for service in self.services:
            if service.is_dead() and not self.stopping:
                self._restart(service)

    def _restart(self, service: Service) -> None:
        service.signal(signal.SIGKILL)
        lived = time.monotonic() - service.started
        service.short_lives = service.short_lives + 1 if lived < SHORT_LIFE else 0
        if service.short_lives >= MOST_SHORT_LIVES:
            raise GaveUpError(f"{service.name} does not stay up; see {service.log}")
        self.say(f"{service.name} died and is started again.")
        service.start()

    def run(self) -> None:
        """Tend the services until a signal asks to stop; raises GaveUpError."""
        while not self.stopping:
            self.tend()
            time.sleep(0.3)

    def stop(self) -> None:
        """End every service and whatever it started; kill what is still there after PATIENCE."""
        for service in reversed(self.services):
            service.signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for service in self.services:
            if service.process:
                with suppress(subprocess.TimeoutExpired):
                    service.process.wait(max(0.1, deadline - time.monotonic()))
            service.signal(signal.SIGKILL)


def _die_with_parent() -> None:
    """On Linux, let the kernel end a service whose supervisor was killed without a word."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
