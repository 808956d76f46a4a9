"""The crash harness, and that its check would see a loss."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db.models.functions import Now

from mdm import services
from sync.models import Lane
from sync.outbound.answers.retry import Judgement, Verdict
from sync.outbound.delivery import lanes
from sync.outbound.delivery.lanes import Settlement
from sync.outbound.publishing import fanout
from sync.torture.ablations import without
from sync.torture.ledger import check
from sync.torture.receiver import Reaction, Receiver
from tests import databases
from tests.factories import journal, processes, targets


def torture(*options: str, database: str = "") -> str:
    """Run it in a process and a database of its own; what it said, and that it ended well."""
    environment = {**os.environ, "ASSAY_NO_BOOTSTRAP": "1"}
    environment.pop("ASSAY_DATABASE_URL", None)
    if database:
        environment["ASSAY_DATABASE_URL"] = database
    run = processes.call(["manage.py", "torture", *options], env=environment, timeout=400)
    return run.stdout + (run.stderr[-2000:] if run.returncode else "held")


@pytest.mark.long
@pytest.mark.parametrize(
    "database", ["", pytest.param(services.POSTGRES_URL, marks=pytest.mark.postgres)]
)
def test_nothing_is_lost_or_doubled_in_100_kills(database: str) -> None:
    said = torture("--kills", "100", database=own(database))
    assert said.endswith("held"), said


def own(database: str) -> str:
    """A name of this checkout's own beside the server's other databases."""
    return database and database.rpartition("/")[0] + f"/torture_{databases.CHECKOUT}"


SEEN = {
    "fence": "was settled under lease",
    "guard": "one message had 2 effects",
    "tail": "never got a place in the feed",
    "queue": "still owed",
}


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("precaution", SEEN)
def test_the_check_fails_without_a_precaution(precaution: str) -> None:
    url = own(services.POSTGRES_URL)
    assert SEEN[precaution] in torture("--kills", "60", "--without", precaution, database=url)


@pytest.mark.slow
@pytest.mark.parametrize("precaution", sorted(SEEN.keys() - {"tail"}))
def test_it_fails_on_the_embedded_database_too(precaution: str) -> None:
    assert SEEN[precaution] in torture("--kills", "60", "--without", precaution)


def test_what_sqlite_cannot_do_wrong_is_not_left_out() -> None:
    assert "order of their numbers" in torture("--without", "tail")


def violations(folder: Path, receiver: Receiver) -> str:
    truth: dict[str, Any] = {
        "requests": receiver.truth.requests,
        "older_after_newer": receiver.truth.older_after_newer,
        "most_effects": max(receiver.truth.effects.values(), default=0),
        "versions": {subject: v for (_, subject), v in receiver.truth.versions.items()},
    }
    return "\n".join(check(folder, truth).violations)


@pytest.mark.django_db
class TestTheCheckSees:
    def test_nothing_where_all_is_well(self, receiver: Receiver, tmp_path: Path) -> None:
        target = targets.subscription(receiver)
        journal.clients(3)
        targets.deliver(target)
        assert violations(tmp_path, receiver) == ""

    def test_a_double_effect_at_a_receiver_without_guard(
        self, receiver: Receiver, tmp_path: Path
    ) -> None:
        receiver.guarded = False
        lost = iter([Reaction(manner="reset")])
        receiver.behave = lambda _: next(lost, Reaction())
        target = targets.subscription(receiver)
        journal.golden(legal_name="Acme")
        for _ in range(2):
            targets.make_due(target)
            targets.deliver(target)
        assert "one message had 2 effects" in violations(tmp_path, receiver)

    def test_a_change_that_a_reader_by_sequence_passed_over(
        self, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = targets.subscription(receiver)
        missed = journal.golden(legal_name="Committed late")
        journal.golden(legal_name="Committed early")
        unplaced = fanout._unplaced
        monkeypatch.setattr(fanout, "_unplaced", lambda: unplaced().exclude(golden=missed))
        targets.deliver(target)
        found = violations(tmp_path, receiver)
        assert "1 rows never got a place" in found
        assert "never told of the newest version of 1 records" in found

    def test_a_confirmation_of_what_never_arrived(self, receiver: Receiver, tmp_path: Path) -> None:
        targets.subscription(receiver)
        journal.golden(legal_name="Acme")
        fanout.fan_out()
        Lane.objects.update(confirmed=1)
        assert "the receiver holds -1" in violations(tmp_path, receiver)

    def test_an_acknowledgement_without_a_journal_row(
        self, receiver: Receiver, tmp_path: Path
    ) -> None:
        client = journal.golden(legal_name="Acme")
        fanout.fan_out()
        note = json.dumps(["ack", 1, "updated", str(client.pk), 2])
        (tmp_path / "writer.log").write_text(f'{note}\n["try", 2')
        assert "acknowledged, but not in the journal" in violations(tmp_path, receiver)

    def test_a_settlement_under_a_lease_that_was_lost(
        self, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lanes, "_is_ours", lambda *_: True)
        target = targets.subscription(receiver)
        client = journal.golden(legal_name="Acme")
        fanout.fan_out()
        [frozen] = lanes.claim(target.pk, 1)
        journal.change(client, legal_name="Newer")
        Lane.objects.update(due_at=Now() - timedelta(seconds=1))
        targets.deliver(target)
        judged = Judgement(Verdict.CONFIRMED)
        late = Settlement(frozen, judged, version=1, digest="old", message_id=str(UUID(int=1)))
        lanes.settle(target, [late])
        found = violations(tmp_path, receiver)
        assert "was settled under lease 1 after lease 2" in found
        assert "is believed to be held as another version" in found

    def test_a_delivery_that_only_a_lost_message_knew_of(
        self, receiver: Receiver, tmp_path: Path
    ) -> None:
        with without("queue", tmp_path):
            target = targets.subscription(receiver)
            journal.clients(2)
            fanout.fan_out()
            assert len(lanes.claim(target.pk, 1)) == 1  # and this worker dies
            targets.make_due(target)
            targets.deliver(target)
        assert "still owed" in violations(tmp_path, receiver)
