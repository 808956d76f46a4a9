"""What the ledger owes to each precaution: leave one out, and the check must see what is lost.

* `fence`: whoever comes back late settles all the same;
* `guard`: the receiver applies whatever comes;
* `tail`: the journal is read by `seq > last`, as if rows were committed in the order of their
  numbers (on SQLite they are, as it has one writer);
* `queue`: a change is delivered because a message says so and not because the database does, and
  the message is gone with the worker that took it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import random
from typing import Any, Final
from unittest import mock
from uuid import UUID

from django.db.models import Max, QuerySet

from canonical import writer
from canonical.models import Change
from sync.outbound.delivery import lanes
from sync.outbound.delivery.lanes import Claimed
from sync.outbound.publishing import fanout

ABLATIONS: Final = ("fence", "guard", "tail", "queue")
LONGEST: Final = 0.2  # seconds

_together = writer.together


@contextmanager
def without(ablation: str, folder: Path) -> Iterator[None]:
    """Leave a precaution out in this process and those that are forked meanwhile."""
    patches: dict[str, list[Any]] = {
        "fence": [mock.patch.object(lanes, "_is_ours", return_value=True)],
        "tail": [
            mock.patch.object(fanout, "_unplaced", _tailed),
            mock.patch.object(writer, "together", _lingering),
        ],
        "queue": _as_queue(folder),
    }
    active = patches.get(ablation, [])
    for patch in active:
        patch.start()
    try:
        yield
    finally:
        for patch in active:
            patch.stop()


@contextmanager
def _lingering(few: int = 0) -> Iterator[None]:
    """Some transactions take a while from the numbers they drew to their end."""
    with _together(few):
        yield
    time.sleep(random() * LONGEST)  # noqa: S311 (only spreads)


def _tailed() -> QuerySet[Change]:
    last = Change.objects.filter(position__isnull=False).aggregate(last=Max("seq"))["last"] or 0
    return Change.objects.filter(position__isnull=True, seq__gt=last)


def _as_queue(folder: Path) -> list[Any]:
    """A message a raised lane; a claim takes one and with it the only word of the lane."""
    raise_lanes, claim = fanout.raise_lanes, lanes.claim
    queue = folder / "queue"
    queue.mkdir(exist_ok=True)

    def raise_and_publish(subscription: Any, versions: Any) -> None:
        raise_lanes(subscription, versions)
        for golden in versions:
            (queue / str(golden)).touch()

    def take(subscription: UUID, limit: int) -> list[Claimed]:
        taken: list[UUID] = []
        for message in sorted(queue.iterdir())[:limit]:
            message.unlink(missing_ok=True)
            taken.append(UUID(message.name))
        if not taken:
            return []
        with mock.patch.object(lanes, "_CLAIM", _only(taken)):
            return claim(subscription, limit)

    return [
        mock.patch.object(fanout, "raise_lanes", raise_and_publish),
        mock.patch.object(lanes, "claim", take),
    ]


def _only(goldens: list[UUID]) -> str:
    named = ", ".join(f"'{golden.hex}'" for golden in goldens)
    return lanes._CLAIM.replace("AND (desired", f"AND golden_id IN ({named}) AND (desired")
