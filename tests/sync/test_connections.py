"""Connecting systems, reading them, and subscribing to them by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.test import Client
from pytest_django import Settings

from canonical.models import Crosswalk, SourceRecord, System, Term
from sync.connections import Unconnectable, Wish, connect
from sync.connectors import SYSTEMS
from sync.connectors.protocol import Capabilities
from sync.inbound import catalogue, pulls
from sync.models import Connection, Pull, Subscription
from sync.models.connections import LoginKind
from tests.canonical.api.conftest import Caller
from tests.standins.salesforce import Salesforce
from tests.standins.server import BROKEN, CLIENT, SECRET

pytestmark = pytest.mark.django_db


@pytest.fixture
def vendor(settings: Settings) -> Iterator[Salesforce]:
    settings.ALLOW_LOCAL_TARGETS = True
    System.objects.create(code="crm", name="CRM")
    with Salesforce() as running:
        assert isinstance(running, Salesforce)
        yield running


def wish(vendor: Salesforce, **given: Any) -> Wish:
    wanted: dict[str, Any] = {
        "system": "crm", "connector": "salesforce", "url": vendor.url,
        "login_kind": LoginKind.OAUTH,
        "login": {"token_url": f"{vendor.url}/services/oauth2/token", "client_id": CLIENT},
        "secret": SECRET, "entities": ["client"],
    }  # fmt: skip
    return Wish(**{**wanted, **given})


def test_the_secret_is_encrypted_and_kept_where_none_is_given(vendor: Salesforce) -> None:
    connect(wish(vendor), "test")
    with database.cursor() as cursor:
        cursor.execute("SELECT secret FROM sync_connection")
        [(stored,)] = cursor.fetchall()
    assert SECRET not in stored
    connect(wish(vendor, secret="", settings={"api_version": "61.0"}), "test")
    held = Connection.objects.get()
    assert (held.secret, held.settings) == (SECRET, {"api_version": "61.0"})


def test_words_and_mappings_that_the_firm_has_stay(vendor: Salesforce) -> None:
    term = Term.objects.get(vocabulary="client_status", code="on_hold")
    Crosswalk.objects.create(system_id="crm", vocabulary_id="client_status", term=term,
                             value="Prospect", outbound=True)  # fmt: skip
    own = {"system": "crm", "entity": "client", "version": 1,
           "rules": [{"to": "legal_name", "from": "Name"}]}  # fmt: skip
    catalogue.save(own, "test")
    connect(wish(vendor), "test")
    words = dict(Crosswalk.objects.filter(system="crm", vocabulary="client_status")
                 .values_list("value", "term__code"))  # fmt: skip
    assert words["Prospect"] == "on_hold"
    assert words["Customer - Direct"] == "active"
    mapping = catalogue.active("crm", "client")
    assert mapping is not None
    assert mapping.targets == ["legal_name"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"connector": "nothing"}, "A connector is one of"),
        ({"system": "nowhere"}, "There is no system nowhere"),
        ({"url": "http://vendor.example"}, "is not spoken to: an address begins with https"),
        ({"settings": {"version": 1}}, "No setting version; there are: api_version"),
        ({"entities": ["billing_schedule"]}, "is not read for: billing_schedule"),
        ({"login": {"client_id": "x"}}, "needs token_url"),
        ({"login_kind": LoginKind.BASIC}, "has no client_id, token_url"),
    ],
)
def test_what_cannot_be_connected_says_why(
    vendor: Salesforce, given: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Unconnectable, match=reason):
        connect(wish(vendor, **given), "test")
    assert not Connection.objects.exists()


def test_commands_connect_and_read(
    vendor: Salesforce, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("Arbor Legal", "Brightwater Mining", "Cobalt Retail", "Dunmore"):
        vendor.insert("Account", Name=name)
    monkeypatch.setenv("ASSAY_CONNECTION_SECRET", SECRET)
    login = ["--with", f"token_url={vendor.url}/services/oauth2/token", "--with",
             f"client_id={CLIENT}"]  # fmt: skip
    call_command("connect", "crm", "--connector", "salesforce", "--url", vendor.url, "--login",
                 "oauth", *login, "--read", "clients", "--every", "60")  # fmt: skip
    call_command("pull", "crm")
    told = capsys.readouterr().out
    assert "read: client" in told
    assert "crm client: 4 created." in " ".join(told.split()).replace("by salesforce ", "")
    assert SECRET not in told
    with pytest.raises(CommandError, match="Nothing is read from erp"):
        call_command("pull", "erp")


def test_the_sweep_reads_what_is_due_and_a_failure_waits(vendor: Salesforce) -> None:
    vendor.insert("Account", Name="Arbor Legal")
    connect(wish(vendor, every=timedelta(hours=1)), "test")
    vendor.next(BROKEN)
    assert pulls.run() == 1
    failed = Pull.objects.get()
    assert failed.last_error == "answered 503"
    assert pulls.run() == 0
    Pull.objects.update(due_at=failed.finished_at)
    assert pulls.run() == 1
    read = Pull.objects.get()
    assert (read.last_error, read.records) == ("", 1)
    assert read.due_at is not None
    assert SourceRecord.objects.filter(system="crm").count() == 1


def test_two_do_not_read_the_same_at_once(vendor: Salesforce) -> None:
    vendor.insert("Account", Name="Arbor Legal")
    connect(wish(vendor), "test")
    pull = Pull.objects.get()
    first = iter(pulls.Reading(pull))
    next(first)
    assert list(pulls.Reading(Pull.objects.get())) == []
    first.close()  # type: ignore[attr-defined]


def subscribe(caller: Caller, **given: Any) -> Any:
    body = {"name": "CRM", "system": "crm", "connector": "salesforce", **given}
    headers = {"Idempotency-Key": str(uuid4())}
    client: Client = caller("sync", "read")
    return client.post("/api/v1/subscriptions", body, "application/json", headers=headers)


def test_a_subscription_names_its_connector(vendor: Salesforce, caller: Caller) -> None:
    refused = subscribe(caller)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/connector")
    connect(wish(vendor), "test")
    made = subscribe(caller)
    assert made.status_code == 201, made.json()
    assert made.json()["connector"] == "salesforce"
    assert "billing-schedules" not in made.json()["entities"]
    assert Subscription.objects.get().connector == "salesforce"
    assert subscribe(caller, connector=7).status_code == 400
    assert subscribe(caller, entities=["billing-schedules"]).status_code == 400
    assert subscribe(caller, connector="webhook").json()["errors"][0]["pointer"] == "/url"


def test_f42_a_target_where_a_repeat_counts_twice_gets_no_subscription(
    vendor: Salesforce, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(wish(vendor), "test")
    monkeypatch.setattr(SYSTEMS["salesforce"], "capabilities", Capabilities(frozenset()))
    refused = subscribe(caller)
    assert refused.status_code == 400
    assert "could apply a repeated message twice" in refused.json()["detail"]
