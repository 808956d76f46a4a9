"""Hints: they only save waiting for the sweep, so losing every one of them loses nothing.

The one place that publishes to the broker; nothing else may rely on it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from celery import current_app
from django.db import transaction

log = structlog.get_logger(__name__)

EXPIRES = 30  # seconds; an older hint is no news


def after_commit() -> None:
    """Say, once this transaction is committed, that the journal has grown."""
    transaction.on_commit(changed, robust=True)


def changed() -> None:
    """Say that committed rows wait for their position."""
    _hint("sync.fan_out")


def drain(subscription: UUID) -> bool:
    """Say that a subscription has due lanes; whether anyone could be told."""
    return _hint("sync.drain", str(subscription))


def drain_after_commit(subscription: UUID) -> None:
    """The same, once this transaction is committed."""
    transaction.on_commit(lambda: drain(subscription) and None, robust=True)


def _hint(task: str, *arguments: Any) -> bool:
    try:
        current_app.send_task(
            task, args=arguments, expires=EXPIRES, retry=False, ignore_result=True
        )
    except Exception as error:
        log.warning("no hint published", task=task, error=str(error))
        return False
    return True
