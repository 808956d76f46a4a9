"""Timeline: what sources, people and targets did, in lanes, and the record as of any version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from canonical.documents import history as past
from canonical.documents import records
from canonical.documents.records import View
from canonical.entities import schema_of
from canonical.models import CONSOLE, Change, Golden, Link, Merge, SourceVersion
from mdm.console.layout.values import NOTHING, label, shown
from sync.models import Attempt

Context = dict[str, Any]
EACH_SHOWN = 100
LANES = ("sources", "versions", "people", "targets")
WIDTH, LANE, LEFT = 900.0, 34.0, 90.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a lane; `version` is the golden version it made, if one."""

    at: datetime
    lane: str
    text: str
    version: int | None = None
    x: float = 0.0
    y: float = 0.0


def timeline(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """The lanes, and the version the slider stands at: its values and what it changed."""
    changes = list(
        Change.objects.filter(golden=golden).defer("after", "winners").order_by("-version")
    )[:EACH_SHOWN]
    events = sorted(
        [*_versions(changes), *_sources(golden), *_people(golden), *_targets(golden)],
        key=lambda event: event.at,
    )
    version = _chosen(query.get("version", ""), golden)
    return {
        "events": list(reversed(events)),
        "lanes": _drawn(events),
        "height": LANE * len(LANES) + 14,
        "version": version,
        "versions": golden.version,
        "first": max(1, golden.version - EACH_SHOWN + 1),
        **_as_of(golden, version, sees),
    }


def _chosen(text: str, golden: Golden) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else golden.version
    return min(max(number, 1), max(golden.version, 1))


def _versions(changes: Iterable[Change]) -> Iterator[Event]:
    for change in changes:
        text = f"Version {change.version}: {change.get_kind_display()}, by {change.actor_name}"
        yield Event(change.recorded_at, "versions", text, change.version)


def _sources(golden: Golden) -> Iterator[Event]:
    """What its source records said, also while it was theirs no more."""
    links = Link.objects.filter(golden=golden).exclude(record__system=CONSOLE)
    said = SourceVersion.objects.filter(record__in=links.values("record_id"))
    rows = said.select_related("record__system").defer("raw", "values").order_by("-received_at")
    for row in rows[:EACH_SHOWN]:
        yield Event(row.received_at, "sources", f"{row.record} said something new")


def _people(golden: Golden) -> Iterator[Event]:
    """Merges, their undos, and what was pinned."""
    merges = Merge.objects.filter(Q(survivor=golden) | Q(absorbed=golden))
    for merge in merges.select_related("survivor", "absorbed").order_by("-at")[:EACH_SHOWN]:
        codes = f"{merge.absorbed.code} into {merge.survivor.code}"
        yield Event(merge.at, "people", f"{merge.by} merged {codes}: {merge.reason}")
        if merge.undone_at:
            why = f"{merge.undone_by} undid {codes}: {merge.undo_reason}"
            yield Event(merge.undone_at, "people", why)
    links = Link.objects.filter(golden=golden, record__system=CONSOLE)
    said = SourceVersion.objects.filter(record__in=links.values("record_id"))
    for row in said.defer("raw", "values").order_by("-received_at")[:EACH_SHOWN]:
        yield Event(row.received_at, "people", f"{row.actor} pinned or unpinned a value")


def _targets(golden: Golden) -> Iterator[Event]:
    attempts = Attempt.objects.filter(lane__golden=golden).select_related("lane__subscription")
    for attempt in attempts.order_by("-id")[:EACH_SHOWN]:
        name = attempt.lane.subscription.name
        text = f"{name}: version {attempt.version} {attempt.verdict}"
        yield Event(attempt.started_at, "targets", text, attempt.version)


def _drawn(events: Sequence[Event]) -> list[tuple[str, float, list[Event]]]:
    """Each lane with its height and its events placed along time."""
    first = events[0].at if events else None
    whole = (events[-1].at - first).total_seconds() if first and len(events) > 1 else 0
    placed: dict[str, list[Event]] = {lane: [] for lane in LANES}
    for event in events:
        share = (event.at - first).total_seconds() / whole if first and whole else 0.5
        x = round(LEFT + 10 + share * (WIDTH - LEFT - 20), 1)
        y = LANES.index(event.lane) * LANE + LANE / 2
        placed[event.lane].append(Event(event.at, event.lane, event.text, event.version, x, y))
    return [(lane, LANES.index(lane) * LANE + LANE / 2, placed[lane]) for lane in LANES]


def _as_of(golden: Golden, version: int, sees: bool) -> Context:
    """One version as a whole, and its difference from the one before."""
    rows = past.versions(golden, 2, version + 1)
    if not rows:
        return {"then": None}
    then = past.show(rows, 1, sees_restricted=sees)[0]
    document = records.show([records.then(rows[0])], View(sees))[0]
    names = [a.name for a in schema_of(golden.entity) if document.get(a.name) not in NOTHING]
    return {
        "then": then,
        "differences": past_differences(then["changes"]),
        "values": [(label(name), shown(document[name])) for name in names],
    }


def past_differences(changes: Iterable[Mapping[str, Any]]) -> list[Context]:
    """Changes of a version laid out for the table of differences."""
    return [
        {
            "label": label(change["attribute"]),
            "before": shown(change["before"]),
            "after": shown(change["after"]),
        }
        for change in changes
    ]
