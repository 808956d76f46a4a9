"""The crash harness, and that its check would see a loss."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from sync.models import Lane
from sync.outbound import fanout
from sync.torture.ledger import check
from sync.torture.receiver import Reaction, Receiver
from tests.factories import journal, targets


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_under_kill_9() -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", "torture", "--kills", "100"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "ASSAY_NO_BOOTSTRAP": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


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
