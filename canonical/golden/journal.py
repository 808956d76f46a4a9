"""The journal's only writer, and the proof of its chain."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.dispatch import Signal

from canonical import writer
from canonical.exact_json import Encoded
from canonical.golden.cause import Cause
from canonical.golden.document import chain_hash, content_digest, spelled
from canonical.models import Change, ChangeKind, Golden
from canonical.validation import instant_text

# Sent inside the transaction that wrote rows. Who listens is not known here.
written = Signal()


class Entry(NamedTuple):
    """One version about to be journaled, spelled; `prev_hash` is its golden record's head."""

    golden: UUID
    entity: str
    version: int
    kind: ChangeKind
    published: bool
    after: Encoded
    winners: Encoded
    policy_version: int
    prev_hash: str
    recorded_at: datetime
    cause: Cause


def rows(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The rows of these versions; each one's `hash` is its golden record's new head."""
    return [_row(entry) for entry in entries]


def write(rows: Sequence[dict[str, Any]]) -> None:
    """Append rows to the journal and tell whoever listens."""
    writer.insert(Change, rows)
    written.send(Change)


def _row(entry: Entry) -> dict[str, Any]:
    salt, cause = secrets.token_hex(16), entry.cause
    facts = {
        "golden_id": entry.golden,
        "entity": entry.entity,
        "version": entry.version,
        "kind": entry.kind.value,
        "published": entry.published,
        "actor_id": cause.actor,
        "actor_name": cause.name,
        "cause": cause.reason,
        "correlation_id": cause.correlation_id,
        "model_version": cause.model_version,
        "policy_version": entry.policy_version,
        "recorded_at": entry.recorded_at,
        "content_digest": content_digest(salt, entry.after, entry.winners),
    }
    return {
        **facts,
        "after": entry.after,
        "winners": entry.winners,
        "salt": salt,
        "prev_hash": entry.prev_hash,
        "hash": row_hash(entry.prev_hash, facts),
    }


# All a row says beside its content, which `content_digest` stands for, and its place in the feed.
FACTS = (
    "golden_id",
    "entity",
    "version",
    "kind",
    "published",
    "actor_id",
    "actor_name",
    "cause",
    "correlation_id",
    "model_version",
    "policy_version",
    "recorded_at",
    "content_digest",
)


def row_hash(prev: str, facts: Mapping[str, Any]) -> str:
    """sha256 of the previous hash and the row's facts, in the order of FACTS."""
    return chain_hash(prev, *(_fact(facts[name]) for name in FACTS))


def _fact(value: Any) -> str:
    return instant_text(value) if isinstance(value, datetime) else str(value)


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where the journal is not what was written."""

    golden: UUID
    version: int
    detail: str


def verify(progress: Callable[[int], object] = lambda _: None) -> Iterator[Broken]:
    """Walk every chain and report each broken row, gap and head that does not fit.

    `progress` is called with the number of rows read since the last call.
    """
    heads = dict(Golden.objects.exclude(head_hash="").values_list("id", "head_hash"))
    rows = Change.objects.order_by("golden_id", "version").iterator(chunk_size=2000)
    for golden, chain in groupby(rows, key=attrgetter("golden_id")):
        last: Change | None = None
        for change in chain:
            yield from (Broken(golden, change.version, fault) for fault in _faults(change, last))
            last = change
            progress(1)
        if last is not None and heads.pop(golden, "") != last.hash:
            yield Broken(golden, last.version, "is not the head the golden record knows")
    yield from (Broken(golden, 0, "the whole chain is missing") for golden in heads)


def _faults(change: Change, before: Change | None) -> Iterator[str]:
    """What is wrong with a row, given the one before it of the same golden record."""
    version = before.version if before else 0
    if change.version != version + 1:
        yield f"version {version} is followed by {change.version}"
    if change.prev_hash != (before.hash if before else ""):
        yield "does not continue the chain"
    if before is not None and not _follows(change, before):
        yield "stands before an older version"
    if not _content_fits(change):
        yield "content was changed"
    if change.hash != row_hash(change.prev_hash, vars(change)):
        yield "facts were changed"


def _follows(change: Change, before: Change) -> bool:
    placed = change.position is None or (before.position or change.position) < change.position
    return placed and before.seq < change.seq and before.recorded_at <= change.recorded_at


def _content_fits(change: Change) -> bool:
    """The digest's content, or nothing at all where a person's content was erased."""
    if not change.salt:
        return change.after is None and change.winners is None
    said = spelled(change.after), spelled(change.winners)
    return content_digest(change.salt, *said) == change.content_digest
