"""Oracle Fusion against an environment that stands in: the contract, and its own traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from canonical.models import SourceRecord
from sync.models import Attempt, Lane, Subscription
from tests.factories import targets
from tests.standins.oracle import NUMBERS, Oracle
from tests.standins.server import Standin
from tests.sync.connectors.bench import Bench
from tests.sync.connectors.kit import ConnectorContract
from tests.sync.connectors.samples import CLIENT_1, CLIENT_2, CONTRACT

TABLES = {"client": "accounts", "contract": "contracts", "engagement": "projects"}
NAMES = {"client": "OrganizationName", "contract": "Cognomen", "engagement": "ProjectName"}


class OracleBench(Bench):
    """An environment where an organisation owns our projects."""

    connector = "oracle"
    vendor_class = Oracle
    writes: ClassVar[tuple[str, ...]] = ("client", "contract", "engagement")
    reads: ClassVar[tuple[str, ...]] = ("client", "resource", "contract", "engagement")
    write_call = "(POST|PATCH) .*/accounts"
    settings: ClassVar[Mapping[str, Any]] = {
        "organization": "Advisory",
        "new_contract": {"OrgId": 204, "ContractTypeId": 104},
    }
    poison = {"email": "ada@nowhere"}

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        kind = TABLES[entity]
        return [row for row in vendor.table(kind).values() if row[NUMBERS[kind]] == key]

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        return record[NAMES[entity]]

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        return bool(record["PartyStatus"] == "A")

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        assert isinstance(vendor, Oracle)
        vendor.change("accounts", source_id, OrganizationName=name)


class TestContract(OracleBench, ConnectorContract):
    """The contract."""


@pytest.mark.django_db
class TestTraps(OracleBench):
    """The traps."""

    def test_a_page_is_smaller_than_asked_for(self, vendor: Oracle, target: Subscription) -> None:
        for number in range(5):
            vendor.table("accounts")[f"P{number}"] = {
                "PartyNumber": f"P{number}", "PartyStatus": "A",
                "OrganizationName": f"Client {number}",
                "LastUpdateDate": "2026-03-01T00:00:00+00:00",
            }  # fmt: skip
        assert sum(self.pull("client").values()) == 5
        asked = vendor.requests("GET", "/accounts")
        assert {call.query["limit"] for call in asked} == {"499"}
        assert [call.query["offset"] for call in asked] == ["0", "2", "4"]

    def test_what_somebody_changed_meanwhile_is_looked_at_again(
        self, vendor: Oracle, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        self.rename("client", "C-1", "Renamed")
        vendor.overtaken = True
        self.deliver(target)
        assert Attempt.objects.latest("id").verdict == "failed"
        targets.make_due(target)
        self.deliver(target)
        assert self.one(vendor, "client", golden)["OrganizationName"] == "Renamed"

    def test_an_adf_error_is_told_in_its_words(self, vendor: Oracle, target: Subscription) -> None:
        self.say("client", "C-1", **{**CLIENT_1, "email": "ada@nowhere"})
        self.deliver(target)
        [lane] = Lane.objects.filter(subscription=target, parked="dead")
        assert "HZ-120: The e-mail address is invalid." in lane.last_error

    def test_a_contract_names_its_party_by_the_id_behind_the_number(
        self, vendor: Oracle, target: Subscription
    ) -> None:
        first = self.say("client", "C-1", **CLIENT_1)
        second = self.say("client", "C-2", **{**CLIENT_2, "parent": None})
        golden = self.say("contract", "CT-1", **CONTRACT)
        self.deliver(target)
        party = self.one(vendor, "client", first)["PartyId"]
        held = self.one(vendor, "contract", golden)
        assert (held["PrimaryPartyId"], held["BuyOrSell"], held["OrgId"]) == (party, "S", 204)
        self.say("contract", "CT-1", **{**CONTRACT, "client": {"source_id": "C-2"}})
        self.deliver(target)
        held = self.one(vendor, "contract", golden)
        assert held["PrimaryPartyId"] == self.one(vendor, "client", second)["PartyId"]
        self.pull("client")
        self.pull("contract")
        record = SourceRecord.objects.get(system=self.system, entity="contract")
        assert record.current is not None
        assert record.current.values["client"] == {"source_id": second.code}
        assert targets.at_rest(target)

    def test_of_a_contract_the_version_that_holds_now_is_read(
        self, vendor: Oracle, target: Subscription
    ) -> None:
        for version, kind in ((1, "H"), (2, "C")):
            vendor.table("contracts")[f"30{version}"] = {
                "ContractId": f"30{version}", "ContractNumber": "CON-1", "VersionType": kind,
                "Cognomen": f"Version {version}", "StsCode": "ACTIVE",
                "LastUpdateDate": "2026-03-01T00:00:00+00:00",
            }  # fmt: skip
        assert self.pull("contract") == {"created": 1}
        record = SourceRecord.objects.get(system=self.system, entity="contract")
        assert record.source_id == "302"

    def test_workers_come_in_as_resources(self, vendor: Oracle, target: Subscription) -> None:
        names = {"items": [{"FirstName": "Grace", "LastName": "Okafor", "GlobalFlag": True,
                            "DisplayName": "Grace Okafor"}], "count": 1}  # fmt: skip
        emails = {
            "items": [
                {"EmailAddress": "grace@home.example", "PrimaryFlag": False},
                {"EmailAddress": "grace@firm.example", "PrimaryFlag": True},
            ]
        }
        assignment = {"JobCode": "CONS", "DepartmentName": "Advisory", "PrimaryFlag": True,
                      "AssignmentName": "Consultant"}  # fmt: skip
        relation = {"StartDate": "2020-02-01", "TerminationDate": None, "WorkerType": "E",
                    "PrimaryFlag": True, "assignments": {"items": [assignment]}}  # fmt: skip
        vendor.table("workers")["1"] = {
            "PersonNumber": "21001", "names": names, "emails": emails,
            "workRelationships": {"items": [relation]},
            "LastUpdateDate": "2026-03-01T00:00:00+00:00",
        }  # fmt: skip
        assert self.pull("resource") == {"created": 1}
        record = SourceRecord.objects.get(system=self.system, entity="resource")
        assert record.current is not None
        assert record.current.values == {
            "worker_id": "21001", "given_name": "Grace", "family_name": "Okafor",
            "display_name": "Grace Okafor", "email": "grace@firm.example",
            "resource_type": "employee", "employment_status": "active",
            "hired_on": "2020-02-01", "job_title": "Consultant", "job_code": "CONS",
            "department": "Advisory",
        }  # fmt: skip
