"""SAP S/4HANA Cloud against a tenant that stands in: the contract, and its own traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from canonical import configuration
from canonical.models import SourceRecord, Term, Vocabulary
from sync import egress
from sync.connectors.sap import bodies
from sync.inbound.receive import retire
from sync.models import Lane, Pull, Subscription
from sync.outbound.answers.retry import Verdict
from tests.factories import hub, targets
from tests.standins.s4hana import (
    ADDRESSES,
    CONTRACTS,
    EMAILS,
    PARTNERS,
    PHONES,
    PROJECTS,
    ROLES,
    TAXES,
    S4Hana,
)
from tests.standins.server import Standin
from tests.sync.connectors.bench import Bench, messages_of
from tests.sync.connectors.kit import ConnectorContract
from tests.sync.connectors.samples import CLIENT_1, CLIENT_2, CONTRACT, ENGAGEMENT

KEYS = {
    "client": (PARTNERS, "BusinessPartnerIDByExtSystem"),
    "contract": (CONTRACTS, "YY1_GoldenId_SDH"),
    "engagement": (PROJECTS, "Project"),
}
LONG = "Nordlicht Gesellschaft für betriebswirtschaftliche Beratung und Prüfung mbH"


class SapBench(Bench):
    """A tenant."""

    connector = "sap-s4hana"
    vendor_class = S4Hana
    writes = ("client", "contract", "engagement")
    reads = writes
    settings = {
        "grouping": "BP02",
        "new_contract": {
            "SalesContractType": "CQ", "SalesOrganization": "1010", "DistributionChannel": "10",
            "OrganizationDivision": "00",
        },
    }  # fmt: skip
    write_call = "POST .*/A_BusinessPartner$"
    poison = {"legal_name": "N" * 41}

    def login(self, vendor: Standin) -> dict[str, str]:
        return {**super().login(vendor), "token_url": f"{vendor.url}/sap/bc/sec/oauth2/token"}

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        table, field = KEYS[entity]
        return [row for row in vendor.table(table).values() if row[field] == key]

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        if entity == "contract":  # its title has no field there
            return "Renamed"
        return record["OrganizationBPName1" if entity == "client" else "ProjectDescription"]

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        return not record["BusinessPartnerIsBlocked"]

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        assert isinstance(vendor, S4Hana)
        vendor.change(source_id, OrganizationBPName1=name)


class TestContract(SapBench, ConnectorContract):
    """The contract."""


@pytest.mark.django_db
class TestTraps(SapBench):
    """The traps."""

    def test_a_partner_is_made_with_its_parts(self, vendor: Standin, target: Subscription) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        partner = self.one(vendor, "client", golden)
        assert partner["BusinessPartnerGrouping"] == "BP02"
        [address] = vendor.table(ADDRESSES).values()
        assert (address["StreetName"], address["StreetPrefixName"]) == ("Lange Straße 1", "Hof 2")
        roles = {row["BusinessPartnerRole"] for row in vendor.table(ROLES).values()}
        assert roles == {"FLCU00", "FLCU01"}

    def test_an_address_is_changed_added_and_given_up(
        self, vendor: Standin, target: Subscription
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        [billing] = CLIENT_1["addresses"]
        moved = {**billing, "lines": ["Neue Gasse 3"]}
        shipping = {**billing, "role": "shipping", "locality": "Hamburg"}
        self.say("client", "C-1", **{**CLIENT_1, "addresses": [moved, shipping]})
        self.deliver(target)
        rows = {bodies.role_of(row): row for row in vendor.table(ADDRESSES).values()}
        assert rows["billing"]["StreetName"] == "Neue Gasse 3"
        assert rows["billing"]["StreetPrefixName"] == ""
        assert rows["shipping"]["CityName"] == "Hamburg"
        self.say("client", "C-1", **{**CLIENT_1, "addresses": [moved]})
        self.deliver(target)
        assert [bodies.role_of(row) for row in vendor.table(ADDRESSES).values()] == ["billing", ""]
        assert targets.at_rest(target)

    def test_a_long_name_takes_several_fields(self, vendor: Standin, target: Subscription) -> None:
        golden = self.say("client", "C-1", **{**CLIENT_1, "legal_name": LONG})
        self.deliver(target)
        assert self.name_of("client", self.one(vendor, "client", golden)) == (
            "Nordlicht Gesellschaft für"
        )
        with egress.Client() as client:
            [held] = self.speaker(client).read("client")
        assert held.values["legal_name"] == LONG
        self.rename("client", "C-1", "Short")
        self.deliver(target)
        assert self.one(vendor, "client", golden)["OrganizationBPName2"] == ""

    def test_an_expired_csrf_token_is_fetched_again(
        self, vendor: Standin, target: Subscription
    ) -> None:
        assert isinstance(vendor, S4Hana)
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        with egress.Client() as client:
            speaker = self.speaker(client)
            messages = messages_of(target, [golden])
            fetched = len(self.fetches(vendor))
            assert [a.verdict for a in speaker.send(messages)] == [Verdict.CONFIRMED]
            vendor.csrf = "expired"
            assert [a.verdict for a in speaker.send(messages)] == [Verdict.CONFIRMED]
        assert len(self.fetches(vendor)) == fetched + 2

    @staticmethod
    def fetches(vendor: Standin) -> list[Any]:
        return [call for call in vendor.calls if call.headers.get("x-csrf-token") == "Fetch"]

    def test_changes_go_by_day_and_time(self, vendor: Standin, target: Subscription) -> None:
        """Also past midnight, and of partners that were never changed since they were made."""
        assert isinstance(vendor, S4Hana)
        for number in range(3):
            self.say("client", f"N-{number}", legal_name=f"New {number}", client_status="active")
        self.deliver(target)
        assert all(row["LastChangeDate"] is None for row in vendor.table(PARTNERS).values())
        assert sum(self.pull("client").values()) == 3
        assert Pull.objects.get(entity="client").cursor == "2026-01-01T23:53:00+00:00"
        first, *_ = vendor.table(PARTNERS)
        for _ in range(10):
            vendor.change(first, OrganizationBPName1="Renamed after midnight")
        outcomes = self.pull("client")
        assert Pull.objects.get(entity="client").cursor == "2026-01-02T00:03:00+00:00"
        assert sum(outcomes.values()) == 3
        assert sum(self.pull("client").values()) == 1
        values = [r.current.values["legal_name"] for r in
                  SourceRecord.objects.filter(system=self.system) if r.current]  # fmt: skip
        assert "Renamed after midnight" in values

    def test_two_partners_with_one_number_are_a_persons_matter(
        self, vendor: Standin, target: Subscription
    ) -> None:
        golden = self.say("client", "C-2", **{**CLIENT_2, "parent": None})
        for number in ("1", "2"):
            vendor.table(PARTNERS)[number] = {
                "BusinessPartner": number, "BusinessPartnerIDByExtSystem": golden.code,
                "BusinessPartnerCategory": "2", "__version": 1,
            }  # fmt: skip
        self.deliver(target)
        [error] = Lane.objects.filter(parked="dead").values_list("last_error", flat=True)
        assert "several A_BusinessPartner records" in error

    def test_tax_numbers_are_added_changed_and_taken_away(
        self, vendor: Standin, target: Subscription
    ) -> None:
        vat = {"type": "vat", "country": "DE", "value": "DE136695976"}
        other = {"type": "eu_vat", "country": "FR", "value": "FR40303265045"}
        odd = {"type": "tax_number", "country": "DE", "value": "12/345/67890"}
        self.say("client", "C-1", **{**CLIENT_1, "tax_ids": [vat, odd]})
        self.deliver(target)
        assert numbers(vendor) == {"DE0": "DE136695976"}
        self.say(
            "client", "C-1", **{**CLIENT_1, "tax_ids": [{**vat, "value": "DE129273398"}, other]}
        )
        self.deliver(target)
        assert numbers(vendor) == {"DE0": "DE129273398", "FR0": "FR40303265045"}
        self.say("client", "C-1", **{**CLIENT_1, "tax_ids": [other]})
        self.deliver(target)
        assert numbers(vendor) == {"FR0": "FR40303265045"}
        assert targets.at_rest(target)

    def test_tax_numbers_that_are_not_ours_stay(
        self, vendor: Standin, target: Subscription
    ) -> None:
        """Finance keeps a number of a category that no setting names."""
        vat = {"type": "vat", "country": "DE", "value": "DE136695976"}
        golden = self.say("client", "C-1", **{**CLIENT_1, "tax_ids": [vat]})
        self.deliver(target)
        assert isinstance(vendor, S4Hana)
        number = self.one(vendor, "client", golden)["BusinessPartner"]
        theirs = {"BusinessPartner": number, "BPTaxType": "DE1", "BPTaxNumber": "12/345/67890"}
        vendor.add(TAXES, theirs)
        with egress.Client() as client:
            [held] = self.speaker(client).read("client")
        assert set(held.values["tax_ids"]) == {"DE0"}
        self.say("client", "C-1", **{**CLIENT_1, "tax_ids": []})
        self.deliver(target)
        assert numbers(vendor) == {"DE1": "12/345/67890"}

    def test_how_a_partner_is_reached_stands_in_its_addresses(
        self, vendor: Standin, target: Subscription
    ) -> None:
        """The standard one counts, and what a person has at the address does not."""
        assert isinstance(vendor, S4Hana)
        self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        [address] = vendor.table(ADDRESSES).values()
        for number, person, text, standard in (
            ("1", "77", "ada@nordlicht.example", True),
            ("2", "", "old@nordlicht.example", False),
            ("3", "", "Office@Nordlicht.example", True),
        ):
            vendor.add(EMAILS, {
                "AddressID": address["AddressID"], "Person": person, "OrdinalNumber": number,
                "EmailAddress": text, "IsDefaultEmailAddress": standard,
            })  # fmt: skip
        vendor.add(PHONES, {
            "AddressID": address["AddressID"], "Person": "", "OrdinalNumber": "1",
            "IsDefaultPhoneNumber": True, "InternationalPhoneNumber": "+4930901820",
        })  # fmt: skip
        self.pull("client")
        held = SourceRecord.objects.get(system=self.system, entity="client")
        assert held.current is not None
        values = held.current.values
        assert (values["email"], values["phone"]) == ("office@nordlicht.example", "+4930901820")
        assert not values.get("website")

    def test_a_project_names_its_customer_by_uuid(
        self, vendor: Standin, target: Subscription
    ) -> None:
        first = self.say("client", "C-1", **CLIENT_1)
        golden = self.say("engagement", "E-1", **ENGAGEMENT)
        self.deliver(target)
        partner, project = self.one(vendor, "client", first), self.one(vendor, "engagement", golden)
        assert project["CustomerUUID"] == partner["BusinessPartnerUUID"]
        self.pull("client")
        self.pull("engagement")
        held = SourceRecord.objects.get(system=self.system, entity="engagement")
        assert held.current is not None
        assert held.current.values["client"] == {"source_id": partner["BusinessPartner"]}

    def test_a_status_is_set_by_an_action_and_goes_one_way(
        self, vendor: Standin, target: Subscription
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        golden = self.say("engagement", "E-1", **ENGAGEMENT)
        self.deliver(target)
        assert not vendor.requests("POST", "/ChangeEntProjProcgStatus")
        self.say("engagement", "E-1", **{**ENGAGEMENT, "engagement_stage": "in_progress"})
        self.deliver(target)
        assert self.one(vendor, "engagement", golden)["ProcessingStatus"] == "10"
        self.say("engagement", "E-1", **ENGAGEMENT)
        self.deliver(target)
        [error] = Lane.objects.filter(parked="dead").values_list("last_error", flat=True)
        assert "Status 00 cannot be set" in error

    def test_what_only_a_new_contract_takes_is_not_sent_again(
        self, vendor: Standin, target: Subscription
    ) -> None:
        legal = Vocabulary.objects.get(pk="legal_entity")
        Term.objects.create(vocabulary=legal, code="1710", label="Firm Inc.")
        configuration.touch()
        self.say("client", "C-1", **CLIENT_1)
        sold = {**CONTRACT, "contracting_entity": "1710"}
        golden = self.say("contract", "CT-1", **sold)
        self.deliver(target)
        assert self.one(vendor, "contract", golden)["SalesOrganization"] == "1710"
        self.say("contract", "CT-1", **{**sold, "po_number": "PO-9", "effective_to": None})
        self.deliver(target)
        held = self.one(vendor, "contract", golden)
        assert (held["PurchaseOrderByCustomer"], held["SalesContractValidityEndDate"]) == (
            "PO-9", None,
        )  # fmt: skip
        retire(hub.SENDER, "erp", "contract", "CT-1")
        self.deliver(target)
        assert self.one(vendor, "contract", golden)["ContractManualCompletion"] == "X"
        assert targets.at_rest(target)


def numbers(vendor: Standin) -> dict[str, str]:
    """The tax numbers there by category."""
    return {row["BPTaxType"]: row["BPTaxNumber"] for row in vendor.table(TAXES).values()}
