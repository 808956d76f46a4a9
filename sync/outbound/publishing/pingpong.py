"""Ping-pong: where two systems overwrite each other's value in turn, the more trusted one's stays.

The value is pinned as a steward would pin it, in the hub's name and with the reason, so that a
person can take it back. A work item says that the two systems have to be told apart.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.db.models import Count

from canonical import configuration, worklist, writer
from canonical.golden.cause import Cause
from canonical.governance.stewardship import overrides, set_override
from canonical.identity.errors import IdentityError
from canonical.models import Change, FeedState, SourceRecord, WorkItem, WorkKind
from canonical.survivorship.policy import Policy
from canonical.worklist import Need
from sync.outbound.publishing import flips
from sync.outbound.publishing.flips import Flip, Said

log = structlog.get_logger(__name__)

WITHIN: Final = timedelta(minutes=10)
LOOKED_AT: Final = 20_000  # of the newest places in the feed: an index range, whatever its age
HUB: Final = "hub:ping-pong"


def freeze() -> int:
    """Pin what flips now, and close the items of what is pinned no more; how many were pinned."""
    _close_thawed()
    return sum(_freeze(golden, entity) for golden, entity in _restless())


def _restless() -> list[tuple[UUID, str]]:
    """The golden records with versions enough in the last ten minutes to hold the flips."""
    last = FeedState.objects.values_list("last_position", flat=True).get(pk=1)
    recent = Change.objects.filter(
        position__gt=last - LOOKED_AT, recorded_at__gt=writer.now() - WITHIN
    )
    counted = recent.order_by().values("golden_id", "entity").annotate(versions=Count("seq"))
    found = counted.filter(versions__gte=flips.ENOUGH)
    return list(found.values_list("golden_id", "entity"))


def _freeze(golden: UUID, entity: str) -> int:
    frozen = 0
    for flip in flips.find(_versions(golden)):
        if flip.attribute not in overrides(golden):
            frozen += _pin(golden, entity, flip)
    return frozen


def _versions(golden: UUID) -> list[Said]:
    """The versions of the last ten minutes and the one before them."""
    rows = Change.objects.filter(golden=golden, after__isnull=False)
    recent = list(rows.filter(recorded_at__gt=writer.now() - WITHIN).order_by("version"))
    before = rows.filter(version__lt=recent[0].version).order_by("-version")[:1] if recent else []
    changes = [*before, *recent]
    records = {record for change in changes for record in (change.winners or {}).values()}
    systems = dict(SourceRecord.objects.filter(id__in=records).values_list("id", "system_id"))
    named = {str(record): system for record, system in systems.items()}
    return [
        Said(
            change.after or {},
            {
                name: named[record]
                for name, record in (change.winners or {}).items()
                if record in named
            },
        )
        for change in changes
    ]


def _pin(golden: UUID, entity: str, flip: Flip) -> int:
    """Pin the more trusted system's value; where it cannot be pinned, a person is told only."""
    policy = configuration.current().policies.get(entity, Policy(entity))
    system = max(flip.newest, key=lambda code: (policy.trust_of(code, flip.attribute), code))
    others = ", ".join(sorted(flip.newest.keys() - {system}))
    reason = f"{flip.times} flips in 10 minutes between {system} and {others}; {system} is kept."
    try:
        set_override(golden, flip.attribute, flip.newest[system], Cause(HUB, "Assay", reason))
    except IdentityError as error:
        log.warning("flips, but cannot be pinned", attribute=flip.attribute, error=str(error))
    worklist.open_items([_need(golden, entity, flip, reason, system)])
    return 1


def _need(golden: UUID, entity: str, flip: Flip, reason: str, system: str) -> Need:
    facts: dict[str, Any] = {
        "attribute": flip.attribute,
        "flips": flip.times,
        "values": dict(flip.newest),
        "kept": system,
    }
    return Need(
        kind=WorkKind.PING_PONG,
        subject=f"{golden}/{flip.attribute}",
        title=f"{flip.attribute}: {reason}",
        entity=entity,
        golden=golden,
        facts=facts,
    )


def _close_thawed() -> None:
    """Close the items whose value a person has taken back or pinned themselves."""
    items = WorkItem.objects.filter(kind=WorkKind.PING_PONG, state="open", golden__isnull=False)
    thawed = [item.subject for item in items if not _is_ours(item)]
    worklist.close_items(WorkKind.PING_PONG, thawed)


def _is_ours(item: WorkItem) -> bool:
    pinned = overrides(item.golden_id) if item.golden_id else {}
    return pinned.get(item.facts["attribute"], {}).get("actor") == HUB
