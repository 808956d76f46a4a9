"""The sandbox: a demo goes back to how it began, without a new start and with the same keys."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from oauth2_provider.models import AccessToken

from canonical.models import Credential, FeedState, Golden
from sync import sink

KEPT: Final = "beginning.sqlite3"


class NoSandbox(Exception):
    """This hub is no demo, or it was begun before demos could be reset."""


@dataclass(frozen=True, slots=True)
class Reset:
    """What the sandbox is after a reset."""

    golden_records: int
    timeline: int


def keep_beginning() -> None:
    """Keep a copy of the database as it is now, unless there is one already."""
    copy = Path(settings.VAR_DIR) / KEPT
    if copy.exists():
        return
    draft = copy.with_suffix(".new")
    draft.unlink(missing_ok=True)
    connection.ensure_connection()
    with closing(sqlite3.connect(draft)) as target:
        connection.connection.backup(target)
    draft.chmod(0o600)
    draft.replace(copy)


def reset() -> Reset:
    """Put the database back to its beginning, under every process that has it open.

    Who is signed in stays so, by session or by the token of a credential that was there in the
    beginning. A new timeline begins: cursors given out before answer 410, and what is delivered
    from now on counts as newer.
    Raises NoSandbox.
    """
    copy = Path(settings.VAR_DIR) / KEPT
    if not settings.DEMO or not copy.exists():
        raise NoSandbox
    timeline = FeedState.objects.values_list("timeline", flat=True).get(pk=1)
    tokens, sessions = list(AccessToken.objects.all()), list(Session.objects.all())
    with closing(sqlite3.connect(copy)) as source:
        source.backup(connection.connection)
    with transaction.atomic():
        FeedState.objects.filter(pk=1).update(timeline=timeline + 1)
        known = set(Credential.objects.values_list("pk", flat=True))
        AccessToken.objects.bulk_create(
            (token for token in tokens if token.application_id in known), ignore_conflicts=True
        )
        Session.objects.bulk_create(sessions, ignore_conflicts=True)
    _follow_address()
    return Reset(Golden.objects.count(), timeline + 1)


def _follow_address() -> None:
    """The demo's own receiver listens where this demo listens, not where the first one did."""
    facts: dict[str, Any] = json.loads((Path(settings.VAR_DIR) / "demo.json").read_text())
    if not facts["empty"]:
        sink.enable(facts["base_url"])
