"""The journal's only writer, and the proof of its chain."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import Signal

from canonical import writer
from canonical.golden.cause import Cause
from canonical.golden.document import chain_hash, content_digest
from canonical.models import Change, ChangeKind, Golden
from canonical.validation import instant_text

# Sent inside the transaction that wrote rows. Who listens is not known here.
written = Signal()


@dataclass(frozen=True, slots=True)
class Entry:
    """One version about to be journaled; `prev_hash` is the golden record's present head."""

    golden: UUID
    entity: str
    version: int
    kind: ChangeKind
    published: bool
    after: dict[str, Any]
    winners: dict[str, str]
    policy_version: int
    prev_hash: str
    recorded_at: datetime


def rows(entries: Sequence[Entry], cause: Cause) -> list[dict[str, Any]]:
    """The rows of these versions; each one's `hash` is its golden record's new head."""
    return [_row(entry, cause) for entry in entries]


def write(rows: Sequence[dict[str, Any]]) -> None:
    """Append rows to the journal."""
    writer.insert(Change, rows)


def _row(entry: Entry, cause: Cause) -> dict[str, Any]:
    salt = secrets.token_hex(16)
    digest = content_digest(salt, entry.after, entry.winners)
    return {
        "golden_id": entry.golden,
        "entity": entry.entity,
        "version": entry.version,
        "kind": entry.kind.value,
        "published": entry.published,
        "actor_id": cause.actor,
        "actor_name": cause.name,
        "cause": cause.reason[:500],
        "correlation_id": cause.correlation_id,
        "model_version": cause.model_version,
        "policy_version": entry.policy_version,
        "recorded_at": entry.recorded_at,
        "after": entry.after,
        "winners": entry.winners,
        "salt": salt,
        "content_digest": digest,
        "prev_hash": entry.prev_hash,
        "hash": row_hash(
            entry.prev_hash,
            entry.golden,
            entry.version,
            entry.kind.value,
            cause.actor,
            entry.recorded_at,
            digest,
        ),
    }


def row_hash(
    prev: str,
    golden: UUID,
    version: int,
    kind: str,
    actor: str,
    recorded_at: datetime,
    digest: str,
) -> str:
    """sha256(prev_hash, golden, version, kind, actor, recorded_at, content_digest)."""
    return chain_hash(
        prev, str(golden), str(version), kind, actor, instant_text(recorded_at), digest
    )


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
    heads = dict(Golden.objects.values_list("id", "head_hash"))
    golden, prev, version = None, "", 0
    rows = Change.objects.order_by("golden_id", "version").iterator(chunk_size=2000)
    for change in rows:
        if change.golden_id != golden:
            if golden is not None:
                yield from _head(golden, version, prev, heads)
            golden, prev, version = change.golden_id, "", 0
        yield from _row_faults(change, prev, version)
        prev, version = change.hash, change.version
        progress(1)
    if golden is not None:
        yield from _head(golden, version, prev, heads)


def _row_faults(change: Change, prev: str, version: int) -> Iterator[Broken]:
    def broken(detail: str) -> Broken:
        return Broken(change.golden_id, change.version, detail)

    if change.version != version + 1:
        yield broken(f"version {version} is followed by {change.version}")
    if change.prev_hash != prev:
        yield broken("does not continue the chain")
    if change.salt and content_digest(change.salt, change.after, change.winners) != (
        change.content_digest
    ):
        yield broken("content was changed")
    expected = row_hash(
        change.prev_hash,
        change.golden_id,
        change.version,
        change.kind,
        change.actor_id,
        change.recorded_at,
        change.content_digest,
    )
    if change.hash != expected:
        yield broken("facts were changed")


def _head(golden: UUID, version: int, last: str, heads: dict[UUID, str]) -> Iterator[Broken]:
    if heads.get(golden) != last:
        yield Broken(golden, version, "is not the head the golden record knows")
