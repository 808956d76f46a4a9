"""Merge, undo and split as people do them: identity first, then everything that hangs on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from canonical.golden.cause import Cause
from canonical.identity import merging
from canonical.identity.merging import Outcome
from matching.intake.refresh import refresh
from matching.questions import review


def merge(
    survivor: UUID,
    absorb: Sequence[UUID],
    cause: Cause,
    expected: Mapping[UUID, int] | None = None,
    preview: bool = False,
    picks: Mapping[str, Any] | None = None,
) -> Outcome:
    """`canonical.identity.merging.merge`, then close what it made moot."""
    outcome = merging.merge(survivor, absorb, cause, expected, preview, picks)
    return _followed(outcome, cause, preview)


def undo(
    merge_id: UUID,
    cause: Cause,
    allocate: Mapping[UUID, UUID] | None = None,
    preview: bool = False,
    pins: Collection[str] = (),
) -> Outcome:
    """`canonical.identity.merging.undo`, then close what it made moot."""
    return _followed(merging.undo(merge_id, cause, allocate, preview, pins), cause, preview)


def undo_all(merge_ids: Collection[UUID], cause: Cause, preview: bool = False) -> Outcome:
    """`canonical.identity.merging.undo_all`, then close what it made moot."""
    return _followed(merging.undo_all(merge_ids, cause, preview=preview), cause, preview)


def split(
    golden: UUID,
    records: Collection[UUID],
    cause: Cause,
    expected: int | None = None,
    preview: bool = False,
) -> Outcome:
    """`canonical.identity.merging.split`, then close what it made moot."""
    return _followed(merging.split(golden, records, cause, expected, preview), cause, preview)


def _followed(outcome: Outcome, cause: Cause, preview: bool) -> Outcome:
    if not preview:
        refresh(list(outcome.touched))
        review.settle(list(outcome.touched), cause)
    return outcome
