"""What comes back: what people in Tryton made and changed, and nothing that we wrote."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from canonical.models import Golden, SourceRecord
from sync.models import Lane, Parked
from tests.factories import hub
from tests.sync.connectors.tryton.samples import CLIENT, engaged
from tests.tryton.linked import Linked

pytestmark = [pytest.mark.tryton, pytest.mark.django_db]


def test_what_was_made_there_comes_in_even_if_it_was_never_changed(linked: Linked) -> None:
    """The trap of write_date: it is empty until the first update."""
    erp = linked.erp
    party = erp.make("party.party", name="Southgate Textiles Ltd", addresses=[
        ["create", [{"street": "Mill Lane 4", "city": "Leeds", "invoice": True}]]])  # fmt: skip
    [currency] = erp.find("currency.currency", [["code", "=", "EUR"]])
    sale = erp.make("sale.sale", party=party, company=1, currency=currency["id"],
                    description="Mill valuation", sale_date=date(2026, 5, 1), lines=[
        ["create", [{"description": "Valuation", "quantity": 1.0,
                     "unit_price": Decimal(7500)}]]])  # fmt: skip
    status = erp.find("project.work.status", [["name", "=", "Open"]])[0]["id"]
    work = erp.make("project.work", name="Mill valuation", type="project", company=1, party=party,
                    status=status, list_price=Decimal(7500))  # fmt: skip
    assert erp.one("project.work", [["id", "=", work]], "write_date")["write_date"] is None
    person = erp.make("party.party", name="Bo Lind")
    employee = erp.make("company.employee", party=person, company=1)

    assert {entity: linked.pull(entity) for entity in ("client", "resource")} == {
        "client": {"created": 1}, "resource": {"created": 1}}  # fmt: skip
    assert linked.pull("contract") == {"created": 1}
    assert linked.pull("engagement") == {"created": 1}
    client = hub.document(hub.home("tryton", str(party)))
    assert client["legal_name"] == "Southgate Textiles Ltd"
    assert client["addresses"][0]["locality"] == "Leeds"
    contract = hub.document(hub.home("tryton", str(sale), "contract"))
    assert (contract["title"], contract["contract_status"]) == ("Mill valuation", "draft")
    assert contract["lines"][0]["description"] == "Valuation"
    assert hub.document(hub.home("tryton", str(work), "engagement"))["fee_budget"] == {
        "amount": "7500.00", "currency": "EUR"}  # fmt: skip
    resource = hub.document(hub.home("tryton", str(employee), "resource"))
    assert resource["display_name"] == "Bo Lind"
    hub.assert_sound()


def test_an_id_of_theirs_is_written_to_and_keeps_its_own_code(linked: Linked) -> None:
    linked.erp.make("party.party", name="Southgate Textiles Ltd", code="77")
    linked.pull("client")
    linked.say("client", "C-9", legal_name="Southgate Textiles Limited", currency="GBP",
               client_status="active", website="https://southgate.example")  # fmt: skip
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    parties = linked.erp.find("party.party", [["name", "like", "Southgate%"]], "code", "website")
    live = {p["code"]: p["website"] for p in parties}
    assert live["77"] == "https://southgate.example"


def test_what_we_wrote_is_no_word_of_theirs_until_someone_touches_it(linked: Linked) -> None:
    """No echo: nothing comes back, no version is made, and a touched record stays up to date."""
    client, contract, schedule = engaged(linked)
    versions = dict(Golden.objects.values_list("id", "version"))
    for entity in ("client", "contract", "billing_schedule"):
        assert linked.pull(entity) == {}
    assert dict(Golden.objects.values_list("id", "version")) == versions

    party = linked.id_there(client)
    linked.erp.call("party.party", "write", [party], {"website": "https://said.example"})
    linked.say("client", "C-1", **{**CLIENT, "currency": "GBP"})  # we write last
    linked.deliver()
    assert linked.pull("client") == {"updated": 1}
    assert hub.document(client)["website"] == "https://said.example"
    linked.deliver()
    assert linked.pull("client").keys() <= {"unchanged"}
    record = SourceRecord.objects.get(system="tryton", source_id=str(party), entity="client")
    assert record.contributes
    assert Lane.objects.filter(golden=client).get().parked == Parked.NONE
    for golden in (contract, schedule):
        golden.refresh_from_db()
        assert golden.version == versions[golden.pk]
