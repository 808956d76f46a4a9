"""Loading a file of records through intake, a chunk at a time, going on where it stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from canonical.access import Principal
from canonical.models import System
from canonical.validation import Fault
from sync.inbound import files
from sync.inbound.answers import Answer
from sync.inbound.arrivals import BadItem, Item, read_item
from sync.inbound.receive import CHUNK, receive
from sync.models import FileLoad


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one row of the file."""

    line: int
    answer: Answer

    def as_row(self) -> dict[str, Any]:
        """The result as one line of JSON holds it; what is empty is left out."""
        answer = self.answer
        row = {
            "line": self.line,
            "source_id": answer.source_id,
            "outcome": answer.outcome,
            "golden": answer.golden.code if answer.golden else None,
            "faults": [asdict(fault) for fault in answer.faults],
            "issues": answer.issues,
            "pending_references": answer.pending_references,
            "unmapped_values": answer.unmapped_values,
        }
        return {name: value for name, value in row.items() if value not in (None, "", [])}


@dataclass
class Loading:
    """One file on its way in. Iterating takes the next rows in and yields what became of each.

    Progress is kept after every chunk: the same file for the same system and entity goes on
    behind the last one, and yields nothing when it was finished. Rows that were taken in just
    before an interruption are offered once more and answer "unchanged".
    """

    principal: Principal
    system: System
    entity: str
    path: Path
    id_column: str = "source_id"
    again: bool = False

    def __post_init__(self) -> None:
        self.state, _ = FileLoad.objects.get_or_create(
            system=self.system,
            entity=self.entity,
            digest=files.digest(self.path),
            defaults={"name": self.path.name[-255:]},
        )
        if self.again:
            self.state.rows_done, self.state.counts, self.state.finished = 0, {}, False

    def __iter__(self) -> Iterator[Loaded]:
        """Raises FileFault where the file cannot be read any further; what came before stays."""
        if self.state.finished:
            return
        rows = islice(files.read(self.path, self.id_column), self.state.rows_done, None)
        while chunk := list(islice(rows, CHUNK)):
            loaded = self._take_in(chunk)
            self._remember(loaded)
            yield from loaded
        self.state.finished = True
        self.state.save()

    def _take_in(self, rows: Sequence[files.Row]) -> list[Loaded]:
        read = [_item(row) for row in rows]
        items = [item for item in read if isinstance(item, Item)]
        taken = iter(receive(self.principal, self.system.code, self.entity, items))
        answers = (next(taken) if isinstance(item, Item) else item for item in read)
        return [Loaded(row.line, answer) for row, answer in zip(rows, answers, strict=True)]

    def _remember(self, loaded: Sequence[Loaded]) -> None:
        outcomes = Counter(each.answer.outcome for each in loaded)
        self.state.counts = dict(Counter(self.state.counts) + outcomes)
        self.state.rows_done += len(loaded)
        self.state.save()


def _item(row: files.Row) -> Item | Answer:
    """The row as intake takes it, or the answer to a row that is none."""
    if row.fault:
        return Answer(row.source_id, "refused", faults=[Fault("", "bad_row", row.fault)])
    try:
        return read_item({"source_id": row.source_id, "data": row.data, **row.envelope})
    except BadItem as error:
        return Answer(row.source_id, "refused", faults=error.faults)
