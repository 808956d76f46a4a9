"""The change feed: published versions in the order in which they were found committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from canonical.documents import records
from canonical.documents.records import View
from canonical.entities import schema_of
from canonical.models import Change, FeedState
from sync.outbound import wake
from sync.outbound.publishing import fanout


class Gone(Exception):
    """The place belongs to another timeline, or lies before what the feed keeps."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the feed: everything up to and including `position` of this timeline is known."""

    timeline: int
    position: int


@dataclass(frozen=True, slots=True)
class Portion:
    """What follows a place, and the place after it; `more` tells whether the feed goes on there."""

    changes: list[Change]
    place: Place
    more: bool


def head() -> Place:
    """The end of the feed; what is committed by now is in it."""
    _catch_up()
    state = FeedState.objects.get(pk=1)
    return Place(state.timeline, state.last_position)


def beginning() -> Place:
    """The first place the feed keeps."""
    state = FeedState.objects.get(pk=1)
    return Place(state.timeline, state.horizon)


def after(place: Place, entity: str | None, limit: int) -> Portion:
    """The next published versions after a place, all of them or one entity's."""
    end = head()
    horizon = FeedState.objects.values_list("horizon", flat=True).get(pk=1)
    if place.timeline != end.timeline or not horizon <= place.position <= end.position:
        raise Gone
    rows = Change.objects.filter(
        published=True, position__gt=place.position, position__lte=end.position
    )
    if entity is not None:
        rows = rows.filter(entity=entity)
    found = list(rows.order_by("position").select_related("golden")[: limit + 1])
    shown = found[:limit]
    if len(found) > limit:
        return Portion(shown, Place(end.timeline, shown[-1].position or 0), more=True)
    return Portion(shown, end, more=False)


def _catch_up() -> None:
    """Place what is committed, so that a reader finds what it has just written.

    Where another process is at it, the reader finds it at the next look.
    """
    for subscription in fanout.fan_out():
        wake.drain(subscription)


def show(changes: Sequence[Change], *, sees_restricted: bool) -> list[dict[str, Any]]:
    """The changes as a reader gets them, each with its whole record."""
    shown = records.show([records.then(row) for row in changes], View(sees_restricted))
    return [
        {
            "position": row.position,
            "entity": row.entity,
            "kind": row.kind,
            "golden": {
                "id": row.golden_id,
                "code": row.golden.code,
                "version": row.version,
                "url": f"/api/v1/{schema_of(row.entity).path}/{row.golden_id}",
            },
            "recorded_at": row.recorded_at,
            "actor": {"id": row.actor_id, "name": row.actor_name},
            "cause": row.cause,
            "correlation_id": row.correlation_id,
            "record": None if row.after is None else document,
        }
        for row, document in zip(changes, shown, strict=True)
    ]
