"""Hints: they only save waiting for the sweep, so losing every one of them loses nothing.

The one place that publishes to the broker; nothing else may rely on it.
"""

from __future__ import annotations

import time
from functools import partial
from threading import Lock, Timer
from typing import Final
from uuid import UUID

import structlog
from celery import current_app
from django.db import transaction

log = structlog.get_logger(__name__)

EXPIRES: Final = 30  # seconds; an older hint is no news
GAP: Final = 0.1  # seconds between two hints of one kind

_guard = Lock()
_last: dict[tuple[str, ...], float] = {}
_coming: set[tuple[str, ...]] = set()


def on_journal(**_: object) -> None:
    """Say, once this transaction is committed, that rows wait for their position."""
    transaction.on_commit(changed, robust=True)


def changed() -> None:
    """Say that committed rows wait for their position."""
    _ring("sync.fan_out")


def drain(subscription: UUID) -> bool:
    """Say that a subscription has due lanes; whether anyone could be told."""
    return _ring("sync.drain", str(subscription))


def submission(id: UUID) -> None:
    """Say, once this transaction is committed, that a batch waits to be worked off."""
    transaction.on_commit(partial(_ring, "sync.submission", str(id)), robust=True)


def upload(id: UUID) -> None:
    """Say, once this transaction is committed, that a file waits to be worked on."""
    transaction.on_commit(partial(_ring, "sync.upload", str(id)), robust=True)


def remapping() -> None:
    """Say, once this transaction is committed, that records wait to be mapped again."""
    transaction.on_commit(partial(_ring, "sync.remapping"), robust=True)


def reconciliation(id: UUID) -> bool:
    """Say that a comparison waits; whether anyone could be told."""
    return _ring("sync.reconciliation", str(id))


def hints() -> bool:
    """Say that records wait to be read again; whether anyone could be told."""
    return _ring("sync.hints")


def drain_after_commit(subscription: UUID) -> None:
    """The same, once this transaction is committed."""
    transaction.on_commit(partial(drain, subscription), robust=True)


def _ring(task: str, *arguments: str) -> bool:
    """Publish, but the same hint at most every 100 ms: the one that follows says it all."""
    hint = (task, *arguments)
    with _guard:
        if hint in _coming:
            return True
        wait = _last.get(hint, -GAP) + GAP - time.monotonic()
        if wait > 0:
            _coming.add(hint)
            timer = Timer(wait, _late, hint)
            timer.daemon = True
            timer.start()
            return True
        _last[hint] = time.monotonic()
    return _hint(*hint)


def _late(*hint: str) -> None:
    with _guard:
        _coming.discard(hint)
        _last[hint] = time.monotonic()
    _hint(*hint)


def _hint(task: str, *arguments: str) -> bool:
    try:
        current_app.send_task(
            task, args=arguments, expires=EXPIRES, retry=False, ignore_result=True
        )
    except Exception as error:
        log.warning("no hint published", task=task, error=str(error))
        return False
    return True
