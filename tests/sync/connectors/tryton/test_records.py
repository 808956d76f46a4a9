"""What goes out: parties, employees, projects, sales and subscriptions as Tryton wants them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from canonical import configuration
from canonical.identity.merging import merge, undo
from canonical.models import Golden, Term
from sync import connectors, egress
from sync.connectors.tryton import records
from sync.inbound.receive import retire
from sync.models import Connection, Parked
from sync.outbound.answers.retry import Verdict
from sync.outbound.content.envelope import Message, Operation, Target
from tests.factories import hub
from tests.sync.connectors.tryton.samples import CLIENT, CONTRACT, SCHEDULE, engaged
from tests.tryton import Between, Erp
from tests.tryton.billing import bill, billed
from tests.tryton.linked import Linked, link

pytestmark = [pytest.mark.tryton, pytest.mark.django_db]


@pytest.fixture
def between(tryton: Erp, settings: Settings) -> Iterator[Between]:
    settings.ALLOW_LOCAL_TARGETS = True
    with Between(tryton) as running:
        assert isinstance(running, Between)
        yield running


# --- clients


def test_a_client_is_a_party_with_all_that_hangs_on_it(linked: Linked) -> None:
    golden = linked.say("client", "C-1", **CLIENT)
    linked.deliver()
    party = linked.erp.one(
        "party.party", [["code", "=", golden.code]], "name", "lang.code", "customer_currency.code",
        "identifiers.type", "identifiers.code", "addresses.street", "addresses.city",
        "addresses.invoice", "addresses.delivery", "addresses.country.code",
        "contact_mechanisms.type", "contact_mechanisms.value", "contact_mechanisms.name",
    )  # fmt: skip
    assert party["name"] == "Nordlicht Beratung GmbH"
    assert (party["lang."]["code"], party["customer_currency."]["code"]) == ("de", "EUR")
    [identifier] = party["identifiers."]
    assert (identifier["type"], identifier["code"]) == ("eu_vat", "DE136695976")
    uses = {(a["city"], a["invoice"], a["delivery"]) for a in party["addresses."]}
    assert uses == {("Berlin", True, False), ("Hamburg", False, True)}
    said = {(m["type"], m["value"], m["name"]) for m in party["contact_mechanisms."]}
    assert said == {
        ("email", "post@nordlicht.example", None),
        ("email", "ada@nordlicht.example", "Ada Kern"),
        ("phone", "+49301234567", "Ada Kern"),
    }


def test_only_what_differs_is_written(between: Between, tryton: Erp) -> None:
    linked = link(tryton, between.address)
    linked.say("client", "C-1", **CLIENT)
    linked.deliver()
    between.calls.clear()
    linked.say("client", "C-1", **{**CLIENT, "email": "neu@nordlicht.example", "contacts": []})
    linked.deliver()
    [written] = between.requests("POST", "party.party.write")
    [ids, values, context] = written.json["params"]
    assert set(values) == {"contact_mechanisms"}
    assert set(context["_timestamp"]) == {f"party.party,{ids[0]}"}
    party = tryton.one("party.party", [["id", "=", ids[0]]], "contact_mechanisms.value")
    assert [m["value"] for m in party["contact_mechanisms."]] == ["neu@nordlicht.example"]


def test_a_change_made_meanwhile_is_not_overwritten_unseen(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    golden = linked.say("client", "C-1", **CLIENT)
    linked.deliver()
    party, read = linked.id_there(golden), records.Records.one
    meddled: list[str] = []

    def meddle(self: records.Records, source_id: str) -> Any:
        found = read(self, source_id)
        if not meddled:
            meddled.append(source_id)
            linked.erp.call("party.party", "write", [party], {"name": "Changed meanwhile"})
        return found

    monkeypatch.setattr(records.Records, "one", meddle)
    linked.say("client", "C-1", **{**CLIENT, "currency": "GBP"})
    linked.deliver()
    assert meddled
    assert linked.at_rest(), linked.errors()
    held = linked.held(golden).values
    assert (held["legal_name"], held["currency"]) == ("Nordlicht Beratung GmbH", "GBP")


def test_what_an_administrator_has_not_set_up_is_said_by_name(linked: Linked) -> None:
    Term.objects.create(vocabulary_id="payment_terms", code="net_45", label="45 days")
    configuration.touch()
    linked.say("client", "C-1", **{**CLIENT, "payment_terms": {"code": "net_45"}})
    linked.deliver()
    [(_, parked, reason)] = linked.errors()
    assert parked == Parked.DEAD
    assert reason == "Tryton has no payment term named 'net_45'"


def test_a_merge_moves_documents_and_its_undo_brings_them_back(linked: Linked) -> None:
    client, contract, schedule = engaged(linked)
    twin = linked.say("client", "C-2", legal_name="Nordlicht AG", client_status="active")
    linked.deliver()
    theirs, ours = linked.id_there(twin), linked.id_there(client)
    outcome = merge(twin.pk, [client.pk], hub.STEWARD)
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    gone = linked.erp.one("party.party", [["id", "=", ours]], "active", "replaced_by")
    assert (gone["active"], gone["replaced_by"]) == (False, theirs)
    for model, golden in (("sale.sale", contract), ("sale.subscription", schedule)):
        document = linked.erp.one(model, [["number", "=", golden.code]], "party", "state")
        assert document["party"] == theirs, model
    undo(outcome.merges[0].pk, hub.STEWARD)
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    back = linked.erp.one("party.party", [["id", "=", ours]], "active", "replaced_by")
    assert (back["active"], back["replaced_by"]) == (True, None)
    sale = linked.erp.one("sale.sale", [["number", "=", contract.code]], "party", "state")
    assert (sale["party"], sale["state"]) == (ours, "quotation")


# --- resources


def test_a_resource_is_an_employee_with_a_cost_and_a_supervisor(linked: Linked) -> None:
    person: dict[str, Any] = {
        "resource_type": "employee",
        "employment_status": "active",
        "hired_on": "2020-04-01",
    }
    boss = linked.say("resource", "R-1", display_name="Grace Okafor", worker_id="21001", **person)
    cost = {"amount": "85.50", "currency": "EUR", "unit": "HUR"}
    ada: dict[str, Any] = {
        "display_name": "Ada Kern", "worker_id": "21002", "email": "ada@firm.example",
        "manager": {"source_id": "R-1"}, "cost_rate": cost, **person,
    }  # fmt: skip
    golden = linked.say("resource", "R-2", **ada)
    linked.deliver()
    held = linked.held(golden).values
    assert held["manager"] == str(linked.id_there(boss))
    assert (held["worker_id"], held["cost_rate.amount"]) == ("21002", "85.5")
    linked.say("resource", "R-2", **{**ada, "cost_rate": {**cost, "amount": "91"}})
    linked.deliver()
    employee = linked.erp.one(
        "company.employee", [["id", "=", linked.id_there(golden)]], "cost_prices.cost_price"
    )
    prices = {price["cost_price"] for price in employee["cost_prices."]}
    assert prices == {Decimal("85.50"), Decimal(91)}  # what was booked at the old cost stays so
    linked.say("resource", "R-2", **{**ada, "cost_rate": {**cost, "unit": "DAY"}})
    linked.deliver()
    [(_, _, reason)] = linked.errors()
    assert "per DAY" in reason


# --- engagements


def test_an_engagement_is_a_project_in_its_company(linked: Linked) -> None:
    linked.say("client", "C-1", **CLIENT)
    audit: dict[str, Any] = {
        "name": "Group audit 2026", "client": {"source_id": "C-1"}, "currency": "EUR",
        "engagement_stage": "in_progress", "billing_method": "time_and_materials",
        "fee_budget": {"amount": "120000.50", "currency": "EUR"}, "hours_budget": "640",
        "percent_complete": "0.25", "planned_start": "2026-02-01", "planned_end": "2026-09-30",
    }  # fmt: skip
    golden = linked.say("engagement", "E-1", **audit)
    linked.deliver()
    work = linked.erp.one(
        "project.work", [["number", "=", golden.code]], "project_invoice_method", "revenue",
        "total_effort", "progress", "timesheet_available", "timesheet_end_date", "status.name",
    )  # fmt: skip
    assert work["project_invoice_method"] == "timesheet"
    assert work["revenue"] == Decimal("120000.50")
    assert work["total_effort"].total_seconds() == 640 * 3600
    assert (work["timesheet_available"], work["timesheet_end_date"]) == (True, date(2026, 9, 30))
    linked.say("engagement", "E-1", **{**audit, "engagement_stage": "completed"})
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    done = linked.erp.one("project.work", [["number", "=", golden.code]], "status.name", "progress")
    assert (done["status."]["name"], done["progress"]) == ("Done", 1)


def test_a_fee_in_another_currency_than_the_companys_is_not_written(linked: Linked) -> None:
    linked.say("client", "C-1", **CLIENT)
    linked.say("engagement", "E-1", name="Abroad", client={"source_id": "C-1"}, currency="USD",
               engagement_stage="won", fee_budget={"amount": "5", "currency": "USD"})  # fmt: skip
    linked.deliver()
    assert [reason for _, _, reason in linked.errors()] == [
        "the fee budget is in USD, and Halden Marsh GmbH keeps books in EUR"
    ]


# --- contracts


def test_a_contract_is_quoted_and_changed_as_a_draft(linked: Linked) -> None:
    _, contract, _ = engaged(linked)
    there = [["number", "=", contract.code]]
    sale = linked.erp.one("sale.sale", there, "state", "reference", "comment", "untaxed_amount")
    assert (sale["state"], sale["reference"]) == ("quotation", "PO-77")
    assert sale["comment"].splitlines() == [
        "Contract number: NL-2026-7",
        "Effective until: 2026-12-31",
    ]
    linked.erp.call("sale.sale", "write", [sale["id"]], {"comment": f"{sale['comment']}\nCall Ada"})
    more = {"line_no": "2", "description": "Travel", "amount": "4000"}
    linked.say("contract", "CT-1", **{**CONTRACT, "po_number": "PO-78",
                                      "lines": [*CONTRACT["lines"], more]})  # fmt: skip
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    sale = linked.erp.one("sale.sale", there, "state", "reference", "comment", "untaxed_amount")
    assert (sale["state"], sale["reference"]) == ("quotation", "PO-78")
    assert sale["untaxed_amount"] == Decimal(94000)
    assert sale["comment"].endswith("Call Ada")


def test_a_contract_without_lines_stays_a_draft(linked: Linked) -> None:
    """Tryton quotes nothing then: a framework waits for what is called off under it."""
    linked.say("client", "C-1", **CLIENT)
    golden = linked.say("contract", "CT-2", **{**CONTRACT, "lines": [], "contract_type": "msa"})
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    assert linked.held(golden).values["contract_status"] == "draft"
    linked.say("contract", "CT-2", **CONTRACT)
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    sale = linked.erp.one("sale.sale", [["number", "=", golden.code]], "state")
    assert sale["state"] == "quotation"


def test_lines_of_a_contract_that_is_processed_are_left_to_finance(linked: Linked) -> None:
    _, contract, _ = engaged(linked)
    sale = linked.id_there(contract)
    linked.erp.call("sale.sale", "confirm", [sale])
    linked.say("contract", "CT-1", **{**CONTRACT, "title": "Group audit, signed"})
    linked.deliver()
    assert linked.held(contract).values["title"] == "Group audit, signed"
    linked.say("contract", "CT-1", **{**CONTRACT, "title": "Group audit, signed",
        "lines": [*CONTRACT["lines"], {"line_no": "2", "amount": "1"}]})  # fmt: skip
    linked.deliver()
    [(_, parked, reason)] = linked.errors()
    assert parked == Parked.DEAD
    assert "no longer in a draft state" in reason


# --- billing schedules


def test_tryton_bills_what_is_ready_and_nothing_that_waits(linked: Linked) -> None:
    _, _, schedule = engaged(linked)
    bill(linked.erp, "2026-11-01")
    assert billed(linked.erp) == [("1: Kick-off", Decimal(30000))]
    done = [{**SCHEDULE["items"][0]}, {**SCHEDULE["items"][1], "item_status": "ready_to_invoice"}]
    linked.say("billing_schedule", "BS-1", **{**SCHEDULE, "items": done})
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    bill(linked.erp, "2026-11-01")
    assert billed(linked.erp) == [
        ("1: Kick-off", Decimal(30000)),
        ("2: Report", Decimal(60000)),
    ]
    assert linked.held(schedule).values["items"].keys() == {"1", "2"}


def test_a_retainer_is_consumed_as_often_as_it_says(linked: Linked) -> None:
    engaged(linked)
    retainer: dict[str, Any] = {
        **SCHEDULE, "name": "Retainer 2026", "schedule_type": "retainer", "items": [],
        "billing_trigger": "period_start", "total_amount": {"amount": "12000", "currency": "EUR"},
        "recurrence": {"frequency": "monthly", "occurrences": 12}, "ends_on": "2026-12-31",
    }  # fmt: skip
    golden = linked.say("billing_schedule", "BS-2", **retainer)
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    bill(linked.erp, "2026-03-10")
    months = [price for text, price in billed(linked.erp) if text.startswith("recurring")]
    assert months == [Decimal(1000)] * 3
    more = {**retainer, "total_amount": {"amount": "18000", "currency": "EUR"}}
    linked.say("billing_schedule", "BS-2", **more)
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    bill(linked.erp, "2026-04-10")
    there = [["subscription.number", "=", golden.code]]
    [line] = linked.erp.find("sale.subscription.line", there, "unit_price", "consumed_until")
    assert line["unit_price"] == Decimal(1500)
    assert linked.held(golden).values["items"] == {}


def test_a_schedule_is_held_and_cancelled(linked: Linked) -> None:
    _, _, schedule = engaged(linked)
    for status, state in (("on_hold", "quotation"), ("active", "running"),
                          ("cancelled", "cancelled"), ("active", "running")):  # fmt: skip
        linked.say("billing_schedule", "BS-1", **{**SCHEDULE, "schedule_status": status})
        linked.deliver()
        there = linked.erp.one("sale.subscription", [["number", "=", schedule.code]], "state")
        assert there["state"] == state
    assert linked.at_rest()


# --- the end of use


def test_what_is_retired_is_in_use_no_longer_until_it_comes_back(linked: Linked) -> None:
    client, contract, schedule = engaged(linked)
    work: dict[str, Any] = {
        "name": "Group audit 2026", "client": {"source_id": "C-1"}, "currency": "EUR",
        "engagement_stage": "in_progress",
    }  # fmt: skip
    person: dict[str, Any] = {"display_name": "Bo Lind", "employment_status": "terminated",
                              "terminated_on": "2026-01-31", "hired_on": "2020-01-01"}  # fmt: skip
    sent = {
        "billing_schedule": ("BS-1", schedule, SCHEDULE),
        "engagement": ("E-1", linked.say("engagement", "E-1", **work), work),
        "contract": ("CT-1", contract, CONTRACT),
        "resource": ("R-1", linked.say("resource", "R-1", **person), person),
        "client": ("C-1", client, CLIENT),
    }
    linked.deliver()
    assert all(linked.held(golden).active for _, golden, _ in sent.values())  # who left, too
    for entity, (source_id, _, _) in sent.items():
        retire(hub.SENDER, "crm", entity, source_id)
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    assert not any(linked.held(golden).active for _, golden, _ in sent.values())
    for entity, (source_id, _, data) in reversed(sent.items()):
        linked.say(entity, source_id, **data)
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    assert all(linked.held(golden).active for _, golden, _ in sent.values())
    sale = linked.erp.one("sale.sale", [["number", "=", contract.code]], "state", "comment")
    assert sale["state"] == "quotation"
    assert "No longer in use" not in sale["comment"]


# --- people


def test_people_are_forgotten(linked: Linked) -> None:
    golden = linked.say("client", "C-1", **CLIENT)
    linked.deliver()
    party = linked.id_there(golden)
    connection = Connection.objects.get(pk="tryton")
    with egress.Client() as client:
        speaker = connectors.for_connection(connection, client)
        [answer] = speaker.send([erasure(golden, str(party))])
    assert answer.verdict == Verdict.CONFIRMED, answer
    left = linked.erp.one("party.party", [["id", "=", party]], "name", "active", "code",
                          "identifiers", "contact_mechanisms", "addresses.street")  # fmt: skip
    assert (left["name"], left["active"], left["code"]) == ("Erased", False, golden.code)
    assert not left["identifiers"]
    assert not left["contact_mechanisms"]
    assert {a["street"] for a in left["addresses."]} <= {None, ""}


def erasure(golden: Golden, source_id: str) -> Message:
    """The message of an erased version: an id, and nothing that it said."""
    return Message(
        id="1", record_version=2, body=b"", headers={}, entity=golden.entity,
        golden=str(golden.pk), key=golden.code, operation=Operation.ERASE,
        content={"id": str(golden.pk), "updated_at": "2026-11-01T00:00:00Z"},
        target=Target("tryton", [source_id]),
    )  # fmt: skip
