"""The journal: each version once, in a chain in which every changed byte shows (F83)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from canonical.golden import journal
from canonical.golden.cause import Cause
from canonical.models import Change, Golden
from tests.factories import hub
from tests.factories.hub import client, put

pytestmark = pytest.mark.django_db

TRIGGERS = {
    "postgresql": ("canonical_change_guard", "canonical_change_no_truncate"),
    "sqlite": ("canonical_change_no_update", "canonical_change_no_delete"),
}


@pytest.fixture(autouse=True)
def _hub() -> None:
    hub.open_hub()


@contextmanager
def unguarded() -> Iterator[None]:
    """As someone who owns the database could write: the trigger is gone."""
    on_table = " ON canonical_change" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for trigger in TRIGGERS[connection.vendor]:
            cursor.execute(f"DROP TRIGGER {trigger}{on_table}")
    yield


def three_versions() -> Golden:
    golden = client("Acme Mining", source_id="1")
    put("crm", "client", "1", {"legal_name": "Acme Holding"}, 2)
    put("crm", "client", "1", {"legal_name": "Acme Group"}, 3)
    golden.refresh_from_db()
    return golden


def test_versions_are_a_chain_that_ends_at_the_head() -> None:
    golden = three_versions()
    rows = list(golden.changes.order_by("version"))
    assert [row.version for row in rows] == [1, 2, 3]
    assert [row.prev_hash for row in rows] == ["", rows[0].hash, rows[1].hash]
    assert golden.head_hash == rows[-1].hash
    assert list(journal.verify()) == []


CHANGED: dict[str, Any] = {
    "seq": F("seq") + 10_000,
    "entity": "contract",
    "version": 7,
    "kind": "linked",
    "published": False,
    "actor_id": "someone",
    "actor_name": "Someone",
    "cause": "another reason",
    "correlation_id": "c-0",
    "model_version": "m-0",
    "policy_version": 99,
    "recorded_at": F("recorded_at") + timedelta(seconds=-1),
    "after": {"legal_name": "Evil"},
    "winners": {"legal_name": "nobody"},
    "salt": "0" * 32,
    "content_digest": "0" * 64,
    "prev_hash": "0" * 64,
    "hash": "0" * 64,
}


def test_every_column_is_tampered_with() -> None:
    columns = {field.attname for field in Change._meta.concrete_fields}
    assert columns == CHANGED.keys() | {"position", "golden_id"}


@pytest.mark.parametrize("column", CHANGED)
def test_a_changed_column_is_found(column: str) -> None:
    golden = three_versions()
    with unguarded():
        Change.objects.filter(golden=golden, version=2).update(**{column: CHANGED[column]})
    assert list(journal.verify())


def test_a_row_moved_to_another_golden_record_is_found() -> None:
    golden, other = three_versions(), client("Borealis Shipping")
    with unguarded():
        Change.objects.filter(golden=golden, version=2).update(golden=other)
    assert {broken.golden for broken in journal.verify()} == {golden.pk, other.pk}


def test_a_changed_place_in_the_feed_is_found() -> None:
    golden = three_versions()
    for version in (1, 2, 3):
        Change.objects.filter(golden=golden, version=version).update(position=version)
    assert list(journal.verify()) == []
    with unguarded():
        Change.objects.filter(golden=golden, version=2).update(position=90)
    assert [broken.version for broken in journal.verify()] == [3]


REMOVED: dict[str, Callable[[Golden], Any]] = {
    "the first row": lambda g: Change.objects.filter(golden=g, version=1).delete(),
    "the middle row": lambda g: Change.objects.filter(golden=g, version=2).delete(),
    "the last row": lambda g: Change.objects.filter(golden=g, version=3).delete(),
    "all rows": lambda g: Change.objects.filter(golden=g).delete(),
    "the content": lambda g: Change.objects.filter(golden=g).update(after=None, winners=None),
    "the salt": lambda g: Change.objects.filter(golden=g).update(salt=""),
    "the head": lambda g: Golden.objects.filter(pk=g.pk).update(head_hash=""),
}


@pytest.mark.parametrize("what", REMOVED)
def test_what_is_missing_is_found(what: str) -> None:
    golden = three_versions()
    with unguarded():
        REMOVED[what](golden)
    with pytest.raises(CommandError, match="broken"):
        call_command("verify_journal", stdout=StringIO())


def test_an_erased_content_leaves_the_chain_whole() -> None:
    golden = three_versions()
    Change.objects.filter(golden=golden, version=1).update(after=None, winners=None, salt="")
    out = StringIO()
    call_command("verify_journal", stdout=out)
    assert "3 journal rows are whole" in out.getvalue()


REFUSED: dict[str, Callable[[], Any]] = {
    "an update": lambda: Change.objects.update(cause="x"),
    "another content": lambda: Change.objects.update(after={"legal_name": "Evil"}),
    "another salt": lambda: Change.objects.update(salt="0" * 32),
    "a second place in the feed": lambda: Change.objects.update(position=F("version") + 5),
    "a deletion": lambda: Change.objects.all().delete(),
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_database_refuses(what: str) -> None:
    three_versions()
    Change.objects.update(position=F("version"))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        REFUSED[what]()
    assert list(journal.verify()) == []


@pytest.mark.postgres
def test_the_database_refuses_to_empty_the_journal() -> None:
    three_versions()
    truncate = "TRUNCATE canonical_change CASCADE"
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(truncate)


def test_whoever_listens_is_told_of_new_rows() -> None:
    heard = []

    def hear(**_: Any) -> None:
        heard.append(Change.objects.count())

    journal.written.connect(hear)
    try:
        client("Acme Mining")
    finally:
        journal.written.disconnect(hear)
    assert heard == [1]


def test_a_cause_never_outgrows_its_columns() -> None:
    cause = Cause("a" * 200, "n" * 200, "r" * 900, "c" * 200, "m" * 200)
    assert [len(v) for v in (cause.actor, cause.name, cause.reason)] == [120, 120, 500]
    assert cause.because("why").reason == "why"
