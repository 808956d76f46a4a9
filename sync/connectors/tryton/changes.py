"""What changed in Tryton, by `last_modified_at`: a walk by id over everything changed since.

* `write_date` stays empty until the first update, so a delta on it misses what was created.
* A moment counts from the beginning of a transaction, which may end later: what changed shortly
  before the last walk is read again. Reading twice changes nothing.
* What only our own user ever wrote is our own word: it does not come back. Tryton's log of
  modifications tells who else touched a record, also where we wrote last.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sync.connectors.protocol import Page
from sync.connectors.tryton.records import ALL, Records
from sync.connectors.tryton.tree import Tree
from sync.inbound.arrivals import Item

PAGE: Final = 50  # records


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a walk stands: since when, up to when it will have looked, and behind which id."""

    since: str = ""
    until: str = ""
    after: int = 0

    @classmethod
    def read(cls, text: str) -> Cursor:
        """The cursor as it was written; the beginning for none."""
        return cls(**json.loads(text)) if text else cls()

    def write(self) -> str:
        """As text."""
        return json.dumps(asdict(self))


def pages(records: Records, cursor: str, overlap: float) -> Iterator[Page]:
    """Page by page to the end of this walk; the last page's cursor begins the next one."""
    place = Cursor.read(cursor)
    until = place.until or (records.server.moment() - timedelta(seconds=overlap)).isoformat()
    after, more = place.after, True
    while more:
        ids = _changed(records, place.since, after)
        after = ids[-1] if ids else after
        more = len(ids) == PAGE
        here = Cursor(place.since, until, after) if more else Cursor(since=until)
        yield Page(_items(records, ids), here.write())


def _changed(records: Records, since: str, after: int) -> list[int]:
    domain: list[Any] = [["id", ">", after], *records.domain()]
    if since:
        domain.append(["OR", *records.changed_since(datetime.fromisoformat(since))])
    found: list[int] = records.server.call(
        records.model, "search", domain, 0, PAGE, [["id", "ASC"]], **ALL
    )
    return found


def again(records: Records, source_ids: Collection[str]) -> list[Item]:
    """Records of these ids; of what only our own user wrote nothing is said."""
    ids = [int(each) for each in source_ids if each.isdecimal()]
    domain = [["id", "in", ids], *records.domain()]
    trees = records.trees(records.server.call(records.model, "search", domain, **ALL))
    there = {str(each["id"]) for each in trees}
    gone = [Item(each, None, retired=True) for each in source_ids if each not in there]
    return [*_told(records, trees), *gone]


def _items(records: Records, ids: Sequence[int]) -> list[Item]:
    return _told(records, records.trees(ids) if ids else [])


def _told(records: Records, trees: list[Tree]) -> list[Item]:
    theirs = records.touched(trees) if trees else set()
    told = records.flats([each for each in trees if each["id"] in theirs])
    return [Item(record["id"], record) for record in told]
