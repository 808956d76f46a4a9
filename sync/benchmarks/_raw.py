"""What the database alone can do: the rows that intake writes, written again and nothing else.

Intake runs once for each item without keeping what it did, and every row it hands to the writer
is noted; then the notes are written, one transaction an item, by as many connections.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from canonical import writer
from canonical.access import of_hub
from sync.benchmarks import _load
from sync.benchmarks._hub import SYSTEM
from sync.inbound.arrivals import read_item
from sync.inbound.receive import CHUNK, receive

Write = tuple[Callable[..., None], tuple[Any, ...]]
_next_codes = writer.next_codes
NAMES = ("insert_tuples", "update", "delete")  # what all writes end in


def single(items: Sequence[dict[str, Any]], clients: int, seconds: float) -> _load.Measured:
    """One record a transaction."""
    units = [_written([_stranger(body)]) for body in items]
    return _replay(units, clients, seconds, few=1)


def bulk(items: Sequence[dict[str, Any]], seconds: float) -> _load.Measured:
    """A chunk of intake a transaction, over one connection."""
    strangers = [_stranger(body) for body in items]
    chunks = [strangers[n : n + CHUNK] for n in range(0, len(items) - CHUNK + 1, CHUNK)]
    return _replay([_written(chunk) for chunk in chunks], 1, seconds, few=0)


def _stranger(body: dict[str, Any]) -> dict[str, Any]:
    """As many values that are no one else's: two notes must not write the same golden record."""
    word = secrets.token_hex(8)
    own = {"legal_name": f"{word} {word[::-1]} GmbH", "website": f"https://{word}.example"}
    own |= {"email": f"info@{word}.example"} if "email" in body["data"] else {}
    strange = body["data"] | own
    for name in ("phone", "identifiers"):
        strange.pop(name, None)
    return {**body, "source_id": word, "data": strange}


def _written(items: Sequence[dict[str, Any]]) -> list[Write]:
    with _noted() as writes:
        receive(of_hub("bench"), SYSTEM, "client", [read_item(b) for b in items], dry_run=True)
    return writes


@contextmanager
def _noted() -> Iterator[list[Write]]:
    writes: list[Write] = []
    real = {name: getattr(writer, name) for name in NAMES}

    def noting(write: Callable[..., None]) -> Callable[..., None]:
        def note(*arguments: Any) -> None:
            writes.append((write, arguments))
            write(*arguments)

        return note

    try:
        for name, write in real.items():
            setattr(writer, name, noting(write))
        writer.next_codes = _own_codes
        yield writes
    finally:
        for name, write in real.items():
            setattr(writer, name, write)
        writer.next_codes = _next_codes


def _own_codes(entity: str, prefix: str, count: int) -> list[str]:
    """Codes beside the counter: what is taken back would be given out again."""
    return [f"{prefix}-{secrets.token_hex(6)}" for _ in range(count)]


def _replay(
    units: Sequence[list[Write]], clients: int, seconds: float, *, few: int
) -> _load.Measured:
    def call(lane: int, number: int) -> None:
        unit = units[number]
        with transaction.atomic(), writer.together(few):
            for write, arguments in unit:
                write(*arguments)

    measured = _load.measure(call, clients=clients, seconds=seconds)
    connection.close()
    return measured
