"""The ledger check: what was acknowledged, journaled, delivered and received agree.

Every acknowledged answer names a golden version whose journal row exists; versions have no gap;
at rest everything owed is confirmed; the receiver took nothing twice and nothing older after
newer, and holds what was confirmed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.db.models import Count, F, Max, Q

from canonical.models import Change, FeedState
from sync.models import Attempt, Lane, Subscription
from sync.outbound.content.envelope import LEFT, digest, record_version
from sync.outbound.delivery import messages
from sync.torture.roles import read_notes


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the check counted, and every violation in a sentence."""

    acknowledged: int
    changes: int
    requests: int
    violations: tuple[str, ...]


def check(folder: Path, truth: Mapping[str, Any]) -> Ledger:
    """Compare the writers' notes, the database and what the receiver holds."""
    notes = [note for path in sorted(folder.glob("*.log")) for note in read_notes(path)]
    acknowledged = [note for note in notes if note[0] == "ack"]
    violations = (
        *_acknowledged(acknowledged),
        *_journal(),
        *_lanes(),
        *_attempts(),
        *_digests(),
        *_received(truth),
    )
    return Ledger(len(acknowledged), Change.objects.count(), truth["requests"], violations)


def _acknowledged(notes: Iterable[list[Any]]) -> Iterator[str]:
    named = {(golden, version) for *_, golden, version in notes if golden}
    journaled = {
        (str(golden), version)
        for golden, version in Change.objects.values_list("golden_id", "version")
    }
    for golden, version in sorted(named - journaled):
        yield f"acknowledged, but not in the journal: {golden} version {version}"


def _journal() -> Iterator[str]:
    rows = Change.objects.values("golden").annotate(rows=Count("seq"), newest=Max("version"))
    for row in rows.exclude(rows=F("newest")):
        yield f"the versions of {row['golden']} have a gap"
    ordered = Change.objects.order_by("golden_id", "version").values_list("golden_id", "position")
    for (golden, before), (other, after) in pairwise(ordered):
        if golden == other and (before or 0) >= (after or 0):
            yield f"the feed has versions of {golden} out of order"
    if missed := Change.objects.filter(position=None).count():
        yield f"{missed} rows never got a place in the feed"


def _lanes() -> Iterator[str]:
    owed = Lane.objects.filter(Q(confirmed__lt=F("desired")) | Q(resend=True))
    for lane in owed[:20]:
        yield f"still owed: {lane} ({lane.parked}, {lane.last_error})"
    newest = dict(
        Change.objects.filter(published=True).values_list("golden").annotate(Max("version"))
    )
    for subscription in Subscription.objects.all():
        desired = dict(
            Lane.objects.filter(subscription=subscription).values_list("golden", "desired")
        )
        behind = sum(desired.get(golden, 0) < version for golden, version in newest.items())
        if behind:
            yield f"{subscription} was never told of the newest version of {behind} records"


def _attempts() -> Iterator[str]:
    """Nobody settles a lane under a lease that another has taken over since."""
    settled = Attempt.objects.filter(settled=True).order_by("lane_id", "id")
    for (lane, before), (other, after) in pairwise(settled.values_list("lane_id", "fence")):
        if lane == other and after < before:
            yield f"lane {lane} was settled under lease {after} after lease {before}"


def _digests() -> Iterator[str]:
    """What a lane believes the target holds is what it confirmed, not what a late worker sent."""
    for subscription in Subscription.objects.all():
        known = Lane.objects.filter(subscription=subscription).exclude(
            confirmed_digest__in=["", LEFT]
        )
        believed = {lane.golden_id: lane for lane in known}
        expected = messages.expected(subscription, {g: x.confirmed for g, x in believed.items()})
        for golden, message in expected.items():
            content = json.loads(message.body)["data"]
            if digest(content) != believed[golden].confirmed_digest:
                yield f"{golden} is believed to be held as another version than the confirmed one"


def _received(truth: Mapping[str, Any]) -> Iterator[str]:
    if truth["most_effects"] > 1:
        yield f"one message had {truth['most_effects']} effects"
    if truth["older_after_newer"]:
        yield f"{truth['older_after_newer']} older versions landed after newer ones"
    timeline = FeedState.objects.values_list("timeline", flat=True).get(pk=1)
    for golden, confirmed in Lane.objects.values_list("golden_id", "confirmed"):
        held = truth["versions"].get(str(golden), -1)
        if held != record_version(timeline, confirmed):
            yield f"{golden} is confirmed at {confirmed}, but the receiver holds {held}"
