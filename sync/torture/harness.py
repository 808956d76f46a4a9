"""Writers, workers, a receiver that misbehaves, and a nemesis that kills them; then the check."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any, Final

from django.conf import settings
from django.db import connections
from django.db.models.functions import Now

from canonical.models import OrderBy, System
from sync.models import Lane, Mode, Subscription, TargetHealth
from sync.outbound.subscriptions import subscribe
from sync.torture import roles
from sync.torture.ablations import without
from sync.torture.ledger import Ledger, check

WRITERS: Final = 2
WORKERS: Final = 2
LEASED_WITHIN: Final = 2.0  # seconds
REST_WITHIN: Final = 180.0  # seconds
WITHOUT_WITHIN: Final = 20.0  # where a precaution is left out, some of it never will

_fork = multiprocessing.get_context("fork")
Say = Callable[[str], object]


@dataclass
class Nemesis:
    """The processes under attack; one that died is replaced at once.

    Every fifth time the workers are frozen instead, until their leases have run out and another has
    taken over; where there is a `crash` of the database, every fourth time that is done.
    """

    folder: Path
    seed: int
    crash: Callable[[], object] | None = None
    kills: int = 0
    running: dict[str, BaseProcess] = field(default_factory=dict)

    def start(self) -> None:
        """Begin with everyone alive."""
        for name in self._names():
            self._spawn(name)

    def strike(self, random: Random) -> None:
        """Kill one of them, any one, and start another in its place."""
        self.kills += 1
        if self.crash and self.kills % 4 == 0:
            connections.close_all()
            self.crash()
            return
        name = random.choice(self._names())
        process = self.running[name]
        if self.kills % 5 == 0:
            _freeze([self.running[n] for n in self._names() if n.startswith("worker")])
            return
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        self._spawn(name)

    def stop(self) -> None:
        """Let them finish what they are at."""
        (self.folder / "stop").touch()
        for process in self.running.values():
            process.join(30)
            process.kill()

    def _names(self) -> list[str]:
        return [f"writer{n}" for n in range(WRITERS)] + [f"worker{n}" for n in range(WORKERS)]

    def _spawn(self, name: str) -> None:
        if name.startswith("writer"):
            self.running[name] = _start(roles.write, name, self.folder, self.seed)
        else:
            self.running[name] = _start(roles.work, self.folder)


def _start(role: Callable[..., object], *args: object) -> BaseProcess:
    """Fork without a connection: one that is carried along corrupts SQLite's file.

    After an error it may stay open beyond its close, as long as the traceback holds a cursor: what
    may fail is done by others (https://sqlite.org/howtocorrupt.html, 2.6).
    """
    connections.close_all()
    process = _fork.Process(target=role, args=args)
    process.start()
    return process


def _freeze(workers: Sequence[BaseProcess]) -> None:
    """A pause beyond every lease: another goes on with their lanes, then they wake as zombies."""
    _until_leased()
    for worker in workers:
        os.kill(worker.pid or 0, signal.SIGSTOP)
    try:
        _start(roles.take_over).join()
    finally:
        for worker in workers:
            os.kill(worker.pid or 0, signal.SIGCONT)


def _until_leased() -> None:
    """Wait a moment for a message to be under way: a worker without one wakes as no zombie."""
    ends = time.monotonic() + LEASED_WITHIN
    while time.monotonic() < ends and not Lane.objects.filter(leased=True).exists():
        time.sleep(0.005)


def torture(
    kills: int,
    seed: int,
    say: Say,
    *,
    ablation: str = "",
    crash: Callable[[], object] | None = None,
) -> Ledger:
    """Kill that many processes of a hub in the connected database, then check the ledger.

    `crash` takes the database down and brings it up again. `ablation` leaves out one of the things
    that keep the ledger right (see sync.torture.ablations), and the check must see it.
    """
    settings.ALLOW_LOCAL_TARGETS = True
    random = Random(seed)  # noqa: S311 (a choice of victims, not a secret)
    with (
        tempfile.TemporaryDirectory(prefix="assay-torture-") as folder,
        _receiver(seed, guarded=ablation != "guard") as receiver,
        without(ablation, Path(folder)),
    ):
        subscription = _subscribe(receiver.url)
        roles.warm_up()
        nemesis = Nemesis(Path(folder), seed, crash)
        nemesis.start()
        try:
            while nemesis.kills < kills:
                time.sleep(random.uniform(0.1, 0.4))
                nemesis.strike(random)
            say(f"{kills} kills; coming to rest")
        finally:
            nemesis.stop()
        _rest(subscription, WITHOUT_WITHIN if ablation else REST_WITHIN)
        return check(Path(folder), receiver.truth())


def _subscribe(url: str) -> Subscription:
    System.objects.get_or_create(
        code=roles.SYSTEM, defaults={"name": "Torture", "order_by": OrderBy.VERSION}
    )
    return subscribe(
        owner="torture",
        name="torture",
        system=None,
        url=f"{url}/latest",
        entities=["client"],
        mode=Mode.LATEST,
        receipts=True,
    )


def _rest(subscription: Subscription, within: float) -> None:
    """Deliver what is left, as if waiting times had passed; leases run out by themselves."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        TargetHealth.objects.update(breaker="closed", probe_at=None, not_before=None)
        Lane.objects.filter(leased=False).update(due_at=Now())
        roles.work_once()
        if not any(lane.confirmed < lane.desired for lane in Lane.objects.all()):
            return
        time.sleep(0.1)


@dataclass
class ReceiverProcess:
    """A receiver in a process of its own, which nobody kills."""

    process: subprocess.Popen[str]
    url: str

    def truth(self) -> dict[str, Any]:
        """Stop it and read what it holds."""
        out, _ = self.process.communicate("")
        held: dict[str, Any] = json.loads(out)
        return held


@contextmanager
def _receiver(seed: int, *, guarded: bool) -> Iterator[ReceiverProcess]:
    command = [sys.executable, "-m", "sync.torture", "--seed", str(seed)]
    process = subprocess.Popen(
        command if guarded else [*command, "--unguarded"],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield ReceiverProcess(process, process.stdout.readline().strip())
    finally:
        process.kill()
        process.communicate()
