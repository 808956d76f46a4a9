"""Workday's records come in, against a tenant that stands in; zeep holds both against WSDLs."""

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
from tests.standins.workday import BUSY, SERVICES, USER, Workday, ids_of

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
            entities=["resource", "client", "contract", "engagement", "billing_schedule"],
        ),
        "test",
    )  # fmt: skip


def pull(entity: str = "resource") -> dict[str, int]:
    reading = Reading(Pull.objects.get(connection="hr", entity=entity))
    for _ in reading:
        pass
    return dict(reading.outcomes)


def values(source_id: str, entity: str = "resource") -> dict[str, object]:
    record = hub.held("hr", source_id, entity)
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
    reading = iter(Reading(Pull.objects.get(connection="hr", entity="resource")))
    next(reading)
    del reading  # the worker dies after the first page
    Pull.objects.update(leased_until=None)
    middle = json.loads(Pull.objects.get(entity="resource").cursor)
    assert middle["page"] == 2
    tenant.enter("0" * 32, -1, name="New Comer", number="1")  # would move all pages by one
    pull()
    moments = {call.body.split(b"As_Of_Entry_DateTime>")[1] for call in tenant.calls[1:]}
    assert len(moments) == 1
    assert SourceRecord.objects.filter(system="hr").count() == 6


def revenue(tenant: Workday) -> None:
    """A customer with a contract of two lines, a project and a schedule of two installments."""
    usage = {"Type_Data": {"Type_Reference": ids_of(Communication_Usage_Type_ID="BUSINESS")},
             "Use_For_Reference": ids_of(Communication_Usage_Behavior_ID="BILLING")}  # fmt: skip
    address = {
        "Country_Reference": ids_of(**{"WID": "9" * 32, "ISO_3166-1_Alpha-2_Code": "GB"}),
        "Address_Line_Data": [{"@Type": "ADDRESS_LINE_1", "#": "1 Mill Lane"},
                              {"@Type": "ADDRESS_LINE_2", "#": "Unit 4"}],
        "Municipality": "Leeds", "Postal_Code": "LS1 1AA", "Usage_Data": usage,
    }  # fmt: skip
    contact = {
        "Address_Data": address,
        "Phone_Data": {"@E164_Formatted_Phone": "+441134960000"},
        "Email_Address_Data": {"Email_Address": "accounts@southgate.example"},
        "Web_Address_Data": {"Web_Address": "https://southgate.example"},
    }
    gbp = ids_of(WID="8" * 32, Currency_ID="GBP", Currency_Numeric_Code="826")
    terms = ids_of(WID="7" * 32, Payment_Terms_ID="NET_30")
    tenant.enter("cu", 48, element="Customer", Customer_Data={
        "Customer_ID": "C-2", "Customer_Name": "Southgate Textiles Ltd",
        "Payment_Terms_Reference": terms, "DUNS_Number": "315000001",
        "Credit_Limit_Currency_Reference": gbp, "Credit_Limit": "50000",
        "Business_Entity_Data": {"Contact_Data": contact}, "Currency_Reference": gbp,
    })  # fmt: skip
    lines = [
        {"Receivable_Contract_Line_Reference": ids_of(WID=f"line-{number}"),
         "Line_Number": str(number), "Billable_Project_Reference": ids_of(WID="pr"),
         "Contract_Line_Description": name, "Quantity": "1", "Unit_Cost": "60000",
         "Extended_Amount": "60000"}
        for number, name in ((1, "Advice"), (2, "Training"))
    ]  # fmt: skip
    tenant.enter("ct", 48, element="Customer_Contract", Customer_Contract_Data={
        "Customer_Contract_ID": "CT", "Currency_Reference": gbp,
        "Sold_To_Customer_Reference": ids_of(WID="cu", Customer_ID="C-2"),
        "Contract_Name": "Framework 2026", "Customer_Contract_Number": "CON-0042",
        "Payment_Terms_Reference": terms, "On_Hold": False,
        "Customer_Contract_Effective_Date": "2026-01-01", "Contract_Signed_Date": "2025-12-15",
        "PO_Number": "PO-7", "Current_Contract_Amount": "120000",
        "Customer_Contract_Line_Replacement_Data": lines,
    })  # fmt: skip
    tenant.enter("pr", 48, element="Project", Project_Data={
        "Project_Name": "Group audit 2026", "Project_Owner_Reference": ids_of(WID=WIDS[1]),
        "Start_Date": "2026-02-01", "End_Date": "2026-09-30", "Currency_Reference": gbp,
        "Billable": False, "Overall_Percent_Complete": "25",
        "Customer_Reference": ids_of(WID="cu"), "Estimated_Revenue": "120000",
    })  # fmt: skip
    installments = [
        {"Billing_Installment_Reference": ids_of(WID=f"in-{number}",
                                                 Billing_Installment_Reference_ID=f"I-{number}"),
         "Installment_Date": day, "On_Hold": number == 2, "Total_Amount": "60000",
         "Milestone_Reference": {"@Descriptor": name, **ids_of(WID=f"mi-{number}")}}
        for number, day, name in ((1, "2026-02-15", "Kick-off"), (2, "2026-09-15", "Report"))
    ]  # fmt: skip
    tenant.enter("bs", 48, element="Billing_Schedule", Billing_Schedule_Data={
        "Billing_Schedule_Reference_ID": "BS",
        "Schedule_Status_Reference": ids_of(Document_Status_ID="APPROVED"),
        "Currency_Reference": gbp, "Bill-To_Customer_Reference": ids_of(WID="cu"),
        "From_Date": "2026-01-01", "To_Date": "2026-12-31", "Number_of_Installments": "2",
        "Schedule_Description": "Framework 2026 milestones", "PO_Number": "PO-7",
        "Contract_Line_Reference": ids_of(WID="line-1"),
        "Billing_Installment_Data": installments,
    })  # fmt: skip


def test_customers_and_what_was_agreed_with_them_come_in_whole(tenant: Workday) -> None:
    revenue(tenant)
    pull()
    for entity in ("client", "contract", "engagement", "billing_schedule"):
        assert pull(entity) == {"created": 1}
    assert values("cu", "client") == {
        "legal_name": "Southgate Textiles Ltd", "party_type": "organization",
        "duns": "315000001", "currency": "GBP", "payment_terms": {"code": "NET_30"},
        "credit_limit": {"amount": "50000.00", "currency": "GBP"},
        "email": "accounts@southgate.example", "phone": "+441134960000",
        "website": "https://southgate.example",
        "addresses": [{"role": "billing", "lines": ["1 Mill Lane", "Unit 4"], "locality": "Leeds",
                       "postal_code": "LS1 1AA", "country": "GB"}],
    }  # fmt: skip
    contract = values("ct", "contract")
    lines = contract.pop("lines")
    assert contract == {
        "contract_number": "CON-0042", "title": "Framework 2026", "currency": "GBP",
        "client": {"source_id": "cu"}, "effective_from": "2026-01-01",
        "signed_by_client_on": "2025-12-15", "po_number": "PO-7",
        "total_value": {"amount": "120000.00", "currency": "GBP"},
        "payment_terms": {"code": "NET_30"},
    }  # fmt: skip
    assert isinstance(lines, list)
    assert lines[1] == {
        "line_no": "2", "description": "Training", "quantity": "1.00", "unit_price": "60000.00",
        "amount": "60000.00", "engagement": {"source_id": "pr"},
    }  # fmt: skip
    assert values("pr", "engagement") == {
        "name": "Group audit 2026", "client": {"source_id": "cu"}, "currency": "GBP",
        "manager": {"source_id": WIDS[1]}, "planned_start": "2026-02-01",
        "planned_end": "2026-09-30", "billing_method": "non_billable",
        "fee_budget": {"amount": "120000.00", "currency": "GBP"}, "percent_complete": "0.25",
    }  # fmt: skip


def test_a_schedule_is_that_of_its_lines_contract(tenant: Workday) -> None:
    revenue(tenant)
    for entity in ("client", "contract", "billing_schedule"):
        pull(entity)
    schedule = values("bs", "billing_schedule")
    assert schedule["contract"] == {"source_id": "ct"}
    items = schedule["items"]
    assert isinstance(items, list)
    assert [(i["item_no"], i["milestone_name"], i.get("item_status")) for i in items] == [
        ("I-1", "Kick-off", None), ("I-2", "Report", "on_hold"),
    ]  # fmt: skip
    home = hub.home("hr", "bs", "billing_schedule")
    golden = hub.document(home)
    assert golden["contract"] == str(hub.home("hr", "ct", "contract"))
    assert golden["schedule_status"] == "active"


def test_all_projects_are_read_each_time_and_an_inactive_one_is_retired(tenant: Workday) -> None:
    for number in range(3):
        tenant.enter(f"p{number}", 48, element="Project",
                     Project_Data={"Project_Name": f"Project {number}"})  # fmt: skip
    assert pull("engagement") == {"created": 3}
    assert pull("engagement") == {"unchanged": 3}
    tenant.enter("p1", JUST_NOW, element="Project",
                 Project_Data={"Project_Name": "Project 1", "Inactive": True})  # fmt: skip
    assert pull("engagement") == {"unchanged": 2, "updated": 1}
    assert hub.held("hr", "p1", "engagement").state == "retired"


def test_a_wrong_password_says_so(tenant: Workday) -> None:
    connection(tenant, secret="wrong")
    with pytest.raises(Unread, match="invalid username or password"):
        pull()
    assert "wrong" not in Pull.objects.get(entity="resource").last_error


def test_one_worker_can_be_asked_for(tenant: Workday) -> None:
    with egress.Client() as client:
        speaker = connectors.for_connection(Connection.objects.get(pk="hr"), client)
        assert [held.source_id for held in speaker.read("resource", [WIDS[4]])] == [WIDS[4]]
        assert len(list(speaker.read("resource"))) == 6


def test_nothing_is_written_to_it(tenant: Workday) -> None:
    with pytest.raises(connectors.Unusable, match="only read"):
        connectors.check("workday", "hr", ["resource"])
    with pytest.raises(Unconnectable, match="is not read for: rate_card"):
        connect(Wish("hr", "workday", tenant.url, entities=["rate_card"]), "test")


@pytest.mark.parametrize("service", list(SERVICES))
def test_zeep_agrees(tenant: Workday, service: str) -> None:
    """What we wrote is valid by the schema, and zeep, unmodified, reads what we read."""
    python = environment.python(ZEEP)
    revenue(tenant)
    pull()
    tenant.enter(WIDS[2], JUST_NOW, name="Mei Chen", number="21002", title="Partner")
    for entity in ("resource", "client", "contract", "engagement", "billing_schedule"):
        pull(entity)
    ours = [call.body for call in tenant.calls if service in call.path]
    wsdl = str(SPECS / "workday" / f"{service}.wsdl")
    address = f"{tenant.url}/ccx/service/acme/{service}/v26.1"
    bodies = [base64.b64encode(body).decode() for body in ours]
    told = environment.run(
        python,
        _SCRIPT,
        wsdl,
        service,
        address,
        USER,
        SECRET,
        json.dumps(SERVICES[service]),
        *bodies,
    )
    assert told["valid"] == len(ours)
    assert told["fault"] == "invalid username or password"
    assert (
        told["first"]
        == {
            "Human_Resources": {"Get_Workers": [3, WIDS[0]]},
            "Revenue_Management": {
                "Get_Customers": [1, "cu"],
                "Get_Customer_Contracts": [1, "ct"],
                "Get_Billing_Schedules": [1, "bs"],
            },
            "Resource_Management": {"Get_Projects": [1, "pr"]},
        }[service]
    )


_SCRIPT = """
import base64, datetime, json, sys
from lxml import etree
from zeep import Client
from zeep.exceptions import Fault
from zeep.wsse.username import UsernameToken

wsdl, name, address, user, secret, named, *ours = sys.argv[1:]
told = {"valid": 0, "first": {}}
schema = etree.parse(wsdl).find(".//{http://www.w3.org/2001/XMLSchema}schema")
valid = etree.XMLSchema(etree.fromstring(etree.tostring(schema)))
for body in ours:
    envelope = etree.fromstring(base64.b64decode(body))
    valid.assertValid(envelope.find("{*}Body")[0])
    told["valid"] += 1

def service(password):
    client = Client(wsdl, wsse=UsernameToken(user, password))
    binding = f"{{urn:com.workday/bsvc/{name}}}{name}Binding"
    return client.create_service(binding, address)

now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
page = {"As_Of_Entry_DateTime": now, "Page": 1, "Count": 100}
for operation, element in json.loads(named).items():
    answer = service(secret)[operation](Response_Filter=page, version="v26.1")
    row = getattr(answer.Response_Data, element)[0]
    reference = getattr(row, f"{element}_Reference")
    told["first"][operation] = [int(answer.Response_Results.Total_Pages),
                                reference.ID[0]._value_1]
    try:
        service("wrong")[operation](Response_Filter=page, version="v26.1")
    except Fault as error:
        told["fault"] = error.message
print(json.dumps(told))
"""
