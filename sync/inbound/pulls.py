"""Reading systems: what changed since the last time goes through intake, page by page.

What a system says in an event is only a hint to read again; records come in by their ids, so that
reading one twice changes nothing. The cursor moves once a page is taken in.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from django.db import transaction
from django.db.models import F, Q

from canonical import access, writer
from sync import connectors, egress
from sync.connectors.faults import Turned
from sync.inbound.receive import receive
from sync.models import Pull

log = structlog.get_logger(__name__)

LEASE: Final = timedelta(minutes=5)  # renewed with every page
AGAIN: Final = timedelta(minutes=1)  # after a failure
BUDGET: Final = 15.0  # seconds of one sweep


class Unread(Exception):
    """The system could not be read to the end; what came before is taken in."""


@dataclass
class Reading:
    """One entity of one system on its way in; iterating reads the next page and tells its size."""

    pull: Pull
    until: float | None = None  # monotonic seconds: what is left then waits for the next time
    outcomes: Counter[str] = field(default_factory=Counter)
    ended: bool = True

    def __iter__(self) -> Iterator[int]:
        """Raises Unread; nothing is yielded where another process reads it already."""
        if not take(self.pull):
            return
        try:
            yield from self._pages()
        except (Turned, egress.Unreachable, egress.Refused) as error:
            _finish(self.pull, str(error))
            raise Unread(str(error)) from error
        except BaseException as error:
            _finish(self.pull, type(error).__name__)
            raise
        _finish(self.pull, "", ended=self.ended)

    def _pages(self) -> Iterator[int]:
        connection = self.pull.connection
        with egress.Client(2) as client:
            connector = connectors.for_connection(connection, client)
            for page in connector.changes(self.pull.entity, self.pull.cursor):
                answers = receive(
                    access.of_hub("pull"), connection.system_id, self.pull.entity, page.items
                )
                self.outcomes.update(answer.outcome for answer in answers)
                _advance(self.pull, page.cursor, len(page.items))
                yield len(page.items)
                if self.until is not None and time.monotonic() >= self.until:
                    self.ended = False
                    return


@transaction.atomic
def take(pull: Pull) -> bool:
    """Hold the pull; False where another process does."""
    now = writer.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    taken = Pull.objects.filter(free, pk=pull.pk).update(leased_until=now + LEASE)
    if taken:
        pull.refresh_from_db(fields=["cursor", "every", "leased_until"])
    return bool(taken)


def renew(pull: Pull) -> None:
    """Go on holding the pull."""
    Pull.objects.filter(pk=pull.pk).update(leased_until=writer.now() + LEASE)


def release(pull: Pull) -> None:
    """Hold the pull no longer; when it is read next stays as it is."""
    Pull.objects.filter(pk=pull.pk).update(leased_until=None)


def _advance(pull: Pull, cursor: str, records: int) -> None:
    pull.cursor = cursor
    Pull.objects.filter(pk=pull.pk).update(
        cursor=cursor, records=F("records") + records, leased_until=writer.now() + LEASE
    )


def _finish(pull: Pull, error: str, *, ended: bool = True) -> None:
    now = writer.now()
    wait = AGAIN if error else pull.every if ended else timedelta()
    Pull.objects.filter(pk=pull.pk).update(
        leased_until=None,
        last_error=error[:255],
        due_at=now + wait if pull.every and wait is not None else None,
        finished_at=now,
    )


def run() -> int:
    """Read what is due; returns how many entities were read. A system that fails stops no other."""
    until = time.monotonic() + BUDGET
    now = writer.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    due = Pull.objects.filter(free, Q(due_at=None) | Q(due_at__lte=now), every__isnull=False)
    read = 0
    for pull in due.select_related("connection").order_by(F("due_at").asc(nulls_first=True), "id"):
        try:
            for _ in Reading(pull, until):
                pass
        except Unread as error:
            log.warning("system not read", pull=str(pull), error=str(error))
        read += 1
        if time.monotonic() >= until:
            break
    return read
