"""The net under every hint: what has to be looked at again and again, each room's part in turn."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from canonical.api.contract import retention as contract
from canonical.governance import completeness, lateness, rates, value
from matching import upkeep
from mdm.models import Heartbeat
from sync.inbound import hints, pulls, remapping, retention, submissions, uploads
from sync.outbound import sweep as deliveries
from sync.reconciliation import runs

WHOLE = "sweep"

# Each step finds its own due work in the database and is safe to run twice at once.
STEPS: dict[str, Callable[[], object]] = {
    "submissions": submissions.work_off,
    "uploads": uploads.work_off,
    "remapping": remapping.work_off,
    "upkeep": upkeep.run,
    "lateness": lateness.look,
    "rates": rates.look,
    "value at risk": value.revalue,
    "deliveries": deliveries.run,
    "hints": hints.work_off,
    "pulls": pulls.run,
    "reconciliation": runs.work_off,
    "retention": contract.run,
    "retention of what came in": retention.run,
    "completeness": completeness.take,
}

log = structlog.get_logger(__name__)


def run() -> list[str]:
    """Run every step; one that fails is logged and named, and the others still run.

    Returns the names of the steps that failed. Only a sweep without failures beats its heart, so
    that /health/ready shows what keeps failing.
    """
    failed = [name for name, step in STEPS.items() if not _runs(name, step)]
    if not failed:
        Heartbeat.beat(WHOLE)
    return failed


def _runs(name: str, step: Callable[[], object]) -> bool:
    try:
        step()
    except Exception:
        log.exception("sweep step failed", step=name)
        return False
    Heartbeat.beat(name)
    return True
