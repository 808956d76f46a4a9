"""The queue of later recomputes: what an event elsewhere touched is brought up to date here."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef

from canonical import writer
from canonical.golden.cause import SYSTEM, Cause
from canonical.golden.recompute import Occasion, recompute
from canonical.identity.linking import mark_due
from canonical.identity.units import locked_rows, unit
from canonical.models import Golden, Link, RecomputeDue, SourceReference

CHUNK = 200


def work_off(limit: int = 2000, cause: Cause = SYSTEM) -> list[UUID]:
    """Recompute what is due, oldest mark first, a chunk per transaction; the ids that were due."""
    done: list[UUID] = []
    while len(done) < limit:
        chunk = unit(lambda: _chunk(cause))
        if not chunk:
            break
        done += chunk
    return done


def _chunk(cause: Cause) -> list[UUID]:
    """Lock by golden id, as everyone does; the marks go with the recompute."""
    oldest = RecomputeDue.objects.order_by("since").values_list("golden_id", flat=True)
    due = list(oldest[:CHUNK])
    locked = locked_rows(due)
    recompute(list(locked.values()), Occasion(cause=cause.because("due")))
    return due


def heal_references() -> int:
    """Mark golden records whose pending reference resolves by now; how many.

    The net under two transactions that brought parent and child at the same moment, neither
    seeing the other.
    """
    linked = Link.objects.filter(
        record__system=OuterRef("system_code"),
        record__entity=OuterRef("entity"),
        record__source_id=OuterRef("source_id"),
        until__isnull=True,
    )
    healed = SourceReference.objects.filter(Exists(linked), pending=True).values("record_id")
    waiting = Link.objects.filter(record__in=healed, until__isnull=True)
    goldens = set(waiting.values_list("golden_id", flat=True))
    mark_due(goldens, "late reference", writer.now())
    return len(goldens)


def mark_all(goldens: models.QuerySet[Golden], reason: str) -> int:
    """Mark a whole population, in batches, for the sweep to bring up to date; how many."""
    total = 0
    batch: list[UUID] = []
    moment = writer.now()
    for golden in goldens.values_list("id", flat=True).iterator(chunk_size=2000):
        batch.append(golden)
        if len(batch) == 2000:
            mark_due(batch, reason, moment)
            total, batch = total + len(batch), []
    mark_due(batch, reason, moment)
    return total + len(batch)


def pending(goldens: Collection[UUID]) -> set[UUID]:
    """Those of the golden records that wait for a recompute."""
    due = RecomputeDue.objects.filter(golden__any=list(goldens))
    return set(due.values_list("golden_id", flat=True))
