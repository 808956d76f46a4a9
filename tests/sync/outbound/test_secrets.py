"""F72: a signing secret stands in its encrypted column, and nowhere else that is kept or logged."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import override_settings

from sync.models import Attempt, Subscription
from sync.outbound import subscriptions
from sync.torture.receiver import Reaction, Receiver
from tests.factories import journal, targets

pytestmark = pytest.mark.django_db


def rows() -> str:
    """Everything stored about subscriptions, attempts and work, as the database holds it."""
    told = []
    with connection.cursor() as cursor:
        for table in ("sync_subscription", "sync_attempt", "canonical_workitem", "sync_replay"):
            cursor.execute(f"SELECT * FROM {table}")
            told.append(repr(cursor.fetchall()))
    return "".join(told)


def test_f72_a_target_that_echoes_the_secret_gets_it_into_nothing(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    target = targets.subscription(receiver)
    old, new = target.secret, subscriptions.rotate_secret(target)
    receiver.behave = lambda _: Reaction(422, applies=False, body=f"bad {old} or {new}".encode())
    journal.golden(legal_name="Acme")
    targets.deliver(target)
    assert "[...]" in Attempt.objects.get().response
    for secret in (old, new):
        key = secret.removeprefix("whsec_")
        assert key not in caplog.text
        assert key not in rows()
        assert key not in repr(target)


def test_a_rotated_encryption_key_still_reads_what_the_old_one_wrote(receiver: Receiver) -> None:
    with override_settings(ASSAY_ENCRYPTION_KEYS=["first"]):
        target = targets.subscription(receiver)
        secret = target.secret
    with override_settings(ASSAY_ENCRYPTION_KEYS=["second", "first"]):
        found = Subscription.objects.get(pk=target.pk)
        assert found.secret == secret
        found.save()
    with override_settings(ASSAY_ENCRYPTION_KEYS=["second"]):
        assert Subscription.objects.get(pk=target.pk).secret == secret
