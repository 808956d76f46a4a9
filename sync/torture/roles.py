"""What runs under the nemesis: writers through the real intake, workers without any broker.

Each is the body of a forked process and goes on until it is killed or told to stop.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from django.db import DatabaseError, connections, transaction
from django.db.models.functions import Now

from canonical import access
from sync.inbound.arrivals import Item
from sync.inbound.receive import receive
from sync.models import Lane, Subscription
from sync.outbound.delivery import dependencies
from sync.outbound.delivery.deliver import drain
from sync.outbound.publishing import fanout

SYSTEM = "torture"
#: Names far apart, so that each is a golden record of its own; every other one for each writer.
FIRMS = (
    *("Amber", "Basalt", "Copper", "Drumlin", "Ember", "Flint", "Granite", "Harbor"),
    *("Indigo", "Juniper", "Kestrel", "Lantern", "Meadow", "Nickel", "Orchid", "Pepper"),
    *("Quartz", "Raven", "Saffron", "Timber", "Umber", "Velvet", "Walnut", "Zephyr"),
)
RECORDS = len(FIRMS) // 2
REPEATED = 0.1  # of acknowledged writes are sent again


def write(name: str, folder: Path, seed: int) -> None:
    """Write versions of a few records; note each try and each acknowledgement in a file.

    A writer that died takes up its last try again, as a client does that got no answer.
    """
    random = Random(f"{seed}/{name}/{os.getpid()}")  # noqa: S311 (a load, not a secret)
    notes = folder / f"{name}.log"
    version = _last_try(notes)
    goes_on = _until_stopped(folder)
    while goes_on():
        if version == 0 or _was_acknowledged(notes, version):
            version += random.random() >= REPEATED or version == 0
        _note(notes, "try", version)
        try:
            _note(notes, "ack", version, *_put(name, version))
        except DatabaseError as error:
            _note(notes, "failed", version, type(error).__name__)
            connections.close_all()


def _until_stopped(folder: Path) -> Callable[[], bool]:
    """Whether to go on: nobody said stop, and the harness is still there."""
    parent = os.getppid()
    return lambda: os.getppid() == parent and not (folder / "stop").exists()


def warm_up() -> None:
    """Load what every writer needs once, so that those forked later begin at once."""
    _put("writer1", 0)


def _put(name: str, version: int) -> tuple[str, str, int]:
    """Send one version; its outcome, golden id and golden version."""
    firm = FIRMS[int(name[-1]) % 2 :: 2][version % RECORDS]
    data = {
        "legal_name": f"{firm} {firm[::-1]} Ltd",
        "website": f"https://{firm.lower()}.example",
        "credit_limit": {"amount": f"{version}.00", "currency": "EUR"},
    }
    principal = access.of_hub("torture")
    [answer] = receive(principal, SYSTEM, "client", [Item(firm, data, version=version)])
    golden = answer.golden
    if golden is None:
        return (answer.outcome, "", 0)
    return (answer.outcome, str(golden.pk), golden.version)


def _note(notes: Path, *facts: object) -> None:
    with notes.open("a") as log:
        log.write(json.dumps(facts) + "\n")


def read_notes(notes: Path) -> list[list[object]]:
    """What a writer noted; a line that its death cut short is no note."""
    found = []
    for line in notes.read_text().splitlines() if notes.exists() else []:
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return found


def _last_try(notes: Path) -> int:
    tries = [note[1] for note in read_notes(notes) if note[0] == "try"]
    return int(str(tries[-1])) if tries else 0


def _was_acknowledged(notes: Path, version: int) -> bool:
    return any(note[:2] == ["ack", version] for note in read_notes(notes)[-5:])


def work(folder: Path) -> None:
    """Do what hints and sweeps would do, over and over: the database alone says what is due."""
    goes_on = _until_stopped(folder)
    while goes_on():
        try:
            work_once()
        except DatabaseError:
            connections.close_all()
        time.sleep(0.02)


def take_over() -> None:
    """Go on with every lane under a lease, as if it had run out.

    Rows that its holders have locked are left alone: whoever waited for them would wait for them.
    """
    with contextlib.suppress(DatabaseError):  # one was stopped while it was the one that writes
        with transaction.atomic():
            leased = Lane.objects.filter(leased=True)
            free = leased.select_for_update(skip_locked=True).order_by("golden_id")
            ids = list(free.values_list("id", flat=True))
            Lane.objects.filter(id__in=ids).update(due_at=Now())
        work_once()


def work_once() -> int:
    """One round: place, load, release, deliver; returns how many lanes were settled."""
    fanout.fan_out()
    fanout.load_pending()
    settled = 0
    for subscription in Subscription.objects.values_list("pk", flat=True):
        dependencies.release_ready(subscription)
        settled += drain(subscription, budget=2)
    return settled
