"""Forgetting a person: nothing of them is left here, and everyone who holds them hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from canonical.golden import journal
from canonical.golden.cause import Cause
from canonical.identity.errors import Refused
from canonical.identity.merging import merge
from canonical.models import Change, Golden, SourceVersion, System, WorkItem, WorkKind
from sync.erasure import erase
from sync.models import Lane
from sync.outbound.delivery.deliver import drain
from sync.outbound.publishing import fanout
from sync.torture.receiver import Receiver
from tests.factories import hub, targets

pytestmark = pytest.mark.django_db

WHY = Cause(actor="user:1", name="Ada", reason="asked to be forgotten")
GRACE = {
    "display_name": "Grace Zyxwvut", "given_name": "Grace", "family_name": "Zyxwvut",
    "resource_type": "employee", "employment_status": "active", "worker_id": "W-4711",
    "email": "grace.zyxwvut@firm.example", "department": "Zyxwvut and friends",
}  # fmt: skip
CANARY = "zyxwvut"


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.ALLOW_LOCAL_TARGETS = True
    with Receiver() as running:
        yield running


@pytest.fixture(autouse=True)
def _hub() -> None:
    hub.open_hub()


def say(system: str, source_id: str, order: int = 1, **more: Any) -> Golden:
    return hub.golden_of(hub.put(system, "resource", source_id, {**GRACE, **more}, order))


def traces() -> list[str]:
    """Where the person is still to be found: every text of every table."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            for field in model._meta.concrete_fields:
                table, column = model._meta.db_table, field.column
                like = f'CAST("{column}" AS TEXT)'
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE lower({like}) LIKE %s', [f"%{CANARY}%"]
                )
                if cursor.fetchone()[0]:
                    found.append(f"{table}.{column}")
    return found


def test_nothing_of_a_person_is_left_and_the_history_still_proves_itself() -> None:
    first = say("erp", "R-1")
    say("erp", "R-1", 2, job_title="Zyxwvut whisperer")
    second = say("crm", "R-2", worker_id="W-4712", display_name="G. Zyxwvut-Lee")
    if second.pk != first.pk:
        merge(first.pk, [second.pk], hub.STEWARD)
    assert {"canonical_change.after", "canonical_sourceversion.raw"} <= set(traces())
    erase(second.pk, WHY)
    assert traces() == []
    hub.assert_sound()
    first.refresh_from_db()
    assert first.state == "retired"
    last = Change.objects.get(golden=first, version=first.version)
    assert (last.kind, last.cause, last.actor_name) == ("erased", WHY.reason, "Ada")
    assert not list(journal.verify())
    assert not SourceVersion.objects.exclude(raw="").exists()


def test_a_person_who_is_sent_again_is_there_again() -> None:
    first = say("erp", "R-1")
    erase(first.pk, WHY)
    again = say("erp", "R-1", 3)
    assert again.pk == first.pk
    assert again.state == "active"
    assert hub.document(first)["display_name"] == GRACE["display_name"]
    hub.assert_sound()
    erase(first.pk, WHY)
    assert traces() == []


def test_targets_that_take_events_are_told_once_and_after_whatever_came_since(
    receiver: Receiver,
) -> None:
    told = targets.subscription(receiver, "told", entities=["resource"], system="psa")
    never = targets.subscription(receiver, "never", entities=["resource"], system="crm")
    person = say("erp", "R-1")
    fanout.fan_out()
    drain(told.pk)
    Lane.objects.filter(subscription=never).update(parked="held")
    erase(person.pk, WHY)
    hub.put("crm", "resource", "R-9", {}, 1, same_as=person.code)  # a later version, still nothing
    Lane.objects.filter(subscription=never).update(parked="none")
    fanout.fan_out()
    drain(told.pk)
    drain(never.pk)
    heard = [each.event for each in receiver.received]
    events = [event for event in heard if event["subject"] == str(person.pk)]
    assert [event["type"] for event in events][-1:] == ["org.assay.resource.erased.v1"]
    assert "display_name" not in {n for n, v in events[-1]["data"].items() if v}
    assert targets.at_rest(told)
    assert targets.at_rest(never)


def test_who_does_not_hear_of_it_is_somebodys_work(receiver: Receiver) -> None:
    person = say("erp", "R-1")
    hub.put("crm", "resource", "R-2", GRACE, 1, same_as=person.code)
    targets.subscription(receiver, "crm", entities=["resource"], system="crm")
    System.objects.create(code="hr", name="HR")
    hub.put("hr", "resource", "WID-1", GRACE, same_as=person.code)
    assert erase(person.pk, WHY) == {"erp": ["R-1"], "hr": ["WID-1"]}
    items = WorkItem.objects.filter(kind=WorkKind.ERASURE, state="open")
    assert {item.facts["system"]: item.facts["source_ids"] for item in items} == {
        "erp": ["R-1"], "hr": ["WID-1"]
    }  # fmt: skip
    assert all(CANARY not in item.title.lower() for item in items)


def test_firms_are_not_erased_and_a_reason_is_asked_for() -> None:
    client = hub.client("Acme")
    with pytest.raises(Refused, match="Only people"):
        erase(client.pk, WHY)
    with pytest.raises(Refused, match="Say why"):
        erase(say("erp", "R-1").pk, Cause(actor="user:1", name="Ada"))
    assert hub.document(client)["legal_name"] == "Acme"


def test_the_command_says_who_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    person = say("erp", "R-1")
    call_command("erase", person.code, by="Ada", reason="asked to be forgotten")
    assert f"{person.code} is erased." in (said := capsys.readouterr().out)
    assert "By hand: erp holds R-1." in said
    with pytest.raises(CommandError, match="no record"):
        call_command("erase", "RS-999999", by="Ada", reason="x")
