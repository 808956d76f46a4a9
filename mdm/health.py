"""Is the hub alive, and does all of it work: /health/live and /health/ready."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mdm.celery import app
from mdm.models import Heartbeat
from mdm.sweep import WHOLE

log = structlog.get_logger(__name__)


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer that this process answers; a supervisor restarts it if not, so nothing is asked."""
    return JsonResponse({"status": "live"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 if database, broker and sweep work, else 503 with which of them does not.

    Writes do not depend on the broker or the sweep: a load balancer that must keep sending during
    their absence asks /health/live.
    """
    checks = {name: _outcome(name, check) for name, check in CHECKS.items()}
    works = all(outcome == "ok" for outcome in checks.values())
    body = {"status": "ready" if works else "not ready", "checks": checks}
    return JsonResponse(body, status=200 if works else 503)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _broker() -> str:
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=1)
        broker.default_channel.queue_declare(app.conf.task_default_queue)
    return "ok"


def _sweep() -> str:
    return "ok" if Heartbeat.is_fresh(WHOLE) else "no heartbeat in the last 30 seconds"


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "broker": _broker,
    "sweep": _sweep,
}


def _outcome(name: str, check: Callable[[], str]) -> str:
    """The check's word; the reason of a failure goes to the log, not to a stranger."""
    try:
        return check()
    except Exception as error:
        log.warning("health check failed", check=name, error=str(error))
        return "does not answer"
