"""Workday's workers come in, against a tenant that stands in; zeep holds both against a WSDL."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from canonical.models import OrderBy, SourceRecord, System
from sync import connectors, egress
from sync.connections import Unconnectable, Wish, connect
from sync.inbound.pulls import Reading, Unread
from sync.models import Connection, Pull
from sync.models.connections import LoginKind
from tests.factories import hub
from tests.standins import environment
from tests.standins.openapi import SPECS
from tests.standins.server import SECRET
from tests.standins.workday import BUSY, USER, Workday

ZEEP = ["zeep==4.3.3"]
WIDS = [f"0111d20206d2015222b0a3d7f08a15d{n}" for n in range(5)]
JUST_NOW = 0.003  # hours: moments are asked for in whole seconds
pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant(settings: Settings) -> Iterator[Workday]:
    settings.ALLOW_LOCAL_TARGETS = True
    with Workday() as running:
        assert isinstance(running, Workday)
        names = ["Ada Lovett", "Grace Okafor", "Mei Chen", "Lars Holm", "Ida Roth"]
        for number, name in enumerate(names):
            running.enter(WIDS[number], 48, name=name, number=f"2100{number}",
                          boss=WIDS[0] if number else None)  # fmt: skip
        running.enter("c" * 32, 48, name="Kit Marsh", number="C-7", kind="Contingent_Worker_ID")
        connection(running)
        yield running


def connection(tenant: Workday, secret: str = SECRET) -> Connection:
    System.objects.get_or_create(
        code="hr", defaults={"name": "Workday", "order_by": OrderBy.RECEIVED}
    )
    return connect(
        Wish(
            system="hr", connector="workday", url=f"{tenant.url}/ccx/service/acme",
            login_kind=LoginKind.BASIC, login={"username": USER}, secret=secret,
            entities=["resource"],
        ),
        "test",
    )  # fmt: skip


def pull() -> dict[str, int]:
    reading = Reading(Pull.objects.get(connection="hr"))
    for _ in reading:
        pass
    return dict(reading.outcomes)


def values(source_id: str) -> dict[str, object]:
    record = hub.held("hr", source_id, "resource")
    assert record.current is not None
    return dict(record.current.values)


def test_workers_come_in_whole(tenant: Workday) -> None:
    assert pull() == {"created": 6}
    said = values(WIDS[1])
    assert said == {
        "resource_type": "employee", "display_name": "Grace Okafor", "given_name": "Grace",
        "family_name": "Okafor", "worker_id": "21001", "user_name": "grace",
        "email": "grace.okafor@firm.example", "employment_status": "active",
        "hired_on": "2020-02-01", "job_title": "Consultant", "job_code": "CONS-2",
        "weekly_hours": "40.00", "fte": "1.00", "department": "Advisory",
        "cost_center": "CC-100", "location": {"country": "GB"},
        "manager": {"source_id": WIDS[0]}, "date_of_birth": "1990-05-06",
    }  # fmt: skip
    assert values("c" * 32)["resource_type"] == "contingent"
    boss, grace = hub.home("hr", WIDS[0], "resource"), hub.home("hr", WIDS[1], "resource")
    assert hub.document(grace)["manager"] == str(boss)


def test_only_what_changed_comes_again(tenant: Workday) -> None:
    pull()
    tenant.enter(WIDS[2], JUST_NOW, name="Mei Chen", number="21002", title="Partner", fte="80")
    tenant.enter(WIDS[3], JUST_NOW, name="Lars Holm", number="21003", ended="2026-03-31")
    assert pull() == {"updated": 2}
    assert (values(WIDS[2])["job_title"], values(WIDS[2])["fte"]) == ("Partner", "0.80")
    left = values(WIDS[3])
    assert (left["employment_status"], left["terminated_on"]) == ("terminated", "2026-03-31")


def test_all_pages_show_one_moment_and_a_reading_goes_on_where_it_stopped(tenant: Workday) -> None:
    tenant.next(BUSY, on="POST")
    with pytest.raises(Unread, match="Processing error"):
        pull()
    reading = iter(Reading(Pull.objects.get(connection="hr")))
    next(reading)
    del reading  # the worker dies after the first page
    Pull.objects.update(leased_until=None)
    middle = json.loads(Pull.objects.get().cursor)
    assert middle["page"] == 2
    tenant.enter("0" * 32, -1, name="New Comer", number="1")  # would move all pages by one
    pull()
    moments = {call.body.split(b"As_Of_Entry_DateTime>")[1] for call in tenant.calls[1:]}
    assert len(moments) == 1
    assert SourceRecord.objects.filter(system="hr").count() == 6


def test_a_wrong_password_says_so(tenant: Workday) -> None:
    connection(tenant, secret="wrong")
    with pytest.raises(Unread, match="invalid username or password"):
        pull()
    assert "wrong" not in Pull.objects.get().last_error


def test_one_worker_can_be_asked_for(tenant: Workday) -> None:
    with egress.Client() as client:
        speaker = connectors.for_connection(Connection.objects.get(pk="hr"), client)
        assert [held.source_id for held in speaker.read("resource", [WIDS[4]])] == [WIDS[4]]
        assert len(list(speaker.read("resource"))) == 6


def test_nothing_is_written_to_it(tenant: Workday) -> None:
    with pytest.raises(connectors.Unusable, match="only read"):
        connectors.check("workday", "hr", ["resource"])
    with pytest.raises(Unconnectable, match="is not read for: client"):
        connect(Wish("hr", "workday", tenant.url, entities=["client"]), "test")


def test_zeep_agrees(tenant: Workday) -> None:
    """What we wrote is valid by the schema, and zeep, unmodified, reads what we read."""
    python = environment.python(ZEEP)
    pull()
    tenant.enter(WIDS[2], JUST_NOW, name="Mei Chen", number="21002", title="Partner")
    pull()
    ours = [base64.b64encode(call.body).decode() for call in tenant.calls]
    wsdl = str(SPECS / "workday" / "Human_Resources.wsdl")
    address = f"{tenant.url}/ccx/service/acme/Human_Resources/v26.1"
    told = environment.run(python, _SCRIPT, wsdl, address, USER, SECRET, *ours)
    assert told["valid"] == len(ours)
    assert told["pages"] == 3
    assert told["first"] == ["Ada Lovett", "WID", WIDS[0], "Consultant"]
    assert told["fault"] == "invalid username or password"


_SCRIPT = """
import base64, datetime, json, sys
from lxml import etree
from zeep import Client
from zeep.exceptions import Fault
from zeep.wsse.username import UsernameToken

wsdl, address, user, secret, *ours = sys.argv[1:]
told = {"valid": 0}
schema = etree.parse(wsdl).find(".//{http://www.w3.org/2001/XMLSchema}schema")
valid = etree.XMLSchema(etree.fromstring(etree.tostring(schema)))
for body in ours:
    envelope = etree.fromstring(base64.b64decode(body))
    valid.assertValid(envelope.find("{*}Body")[0])
    told["valid"] += 1

def service(password):
    client = Client(wsdl, wsse=UsernameToken(user, password))
    return client.create_service("{urn:com.workday/bsvc/Human_Resources}Human_ResourcesBinding",
                                 address)

now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
page = {"As_Of_Entry_DateTime": now, "Page": 1, "Count": 100}
answer = service(secret).Get_Workers(Response_Filter=page, _soapheaders=[],
                                     version="v26.1")
told["pages"] = int(answer.Response_Results.Total_Pages)
worker = answer.Response_Data.Worker[0]
reference = worker.Worker_Reference
job = worker.Worker_Data.Employment_Data.Worker_Job_Data[0].Position_Data
told["first"] = [reference.Descriptor, reference.ID[0].type, reference.ID[0]._value_1,
                 job.Business_Title]
try:
    service("wrong").Get_Workers(Response_Filter=page, version="v26.1")
except Fault as error:
    told["fault"] = error.message
print(json.dumps(told))
"""
