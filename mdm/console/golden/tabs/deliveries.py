"""Deliveries: what each target is owed, has confirmed, and what was tried last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canonical.documents import history as past
from canonical.models import Change, Golden
from mdm.console.golden.tabs.timeline import past_differences
from sync.models import Attempt, Lane

Context = dict[str, Any]
ATTEMPTS_SHOWN = 20


def _held(golden: Golden, lanes: list[Lane], sees: bool) -> dict[int, list[dict[str, Any]]]:
    """Per lane that is behind, what the target still holds otherwise; two statements."""
    behind = [lane for lane in lanes if 0 < lane.confirmed < golden.version]
    wanted = {lane.confirmed for lane in behind} | {golden.version}
    rows = Change.objects.filter(golden=golden, version__in=wanted if behind else ())
    found = {row.version: row for row in rows.select_related("golden")}
    now = found.get(golden.version)
    return {
        lane.pk: past_differences(
            past.show([now, found[lane.confirmed]], 1, sees_restricted=sees)[0]["changes"]
        )
        for lane in behind
        if now and lane.confirmed in found
    }


def deliveries(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """What each target is owed, has confirmed, and what was tried last."""
    lanes = Lane.objects.filter(golden=golden).select_related("subscription__system", "waiting_on")
    attempts = Attempt.objects.filter(lane__golden=golden).select_related("lane__subscription")
    listed = list(lanes.order_by("subscription__name"))
    held = _held(golden, listed, sees)
    return {
        "lanes": [(lane, held.get(lane.pk)) for lane in listed],
        "attempts": attempts.order_by("-id")[:ATTEMPTS_SHOWN],
    }
