"""Writing down who did something that the journal does not tell of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from canonical import writer
from canonical.golden.cause import Cause
from canonical.models import AuditEntry, AuditKind


def note(
    kind: AuditKind,
    cause: Cause,
    subject: str,
    golden: UUID | None = None,
    facts: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add an entry, in the transaction of what it tells of."""
    return AuditEntry.objects.create(
        kind=kind,
        actor_id=cause.actor,
        actor_name=cause.name,
        at=writer.now(),
        reason=cause.reason,
        subject=subject[:400],
        golden_id=golden,
        facts=facts or {},
        correlation_id=cause.correlation_id,
    )
