"""Oracle Fusion against an environment that stands in: the contract, and its own traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from sync.models import Attempt, Lane, Subscription
from tests.factories import targets
from tests.standins.oracle import NUMBERS, Oracle
from tests.standins.server import Standin
from tests.sync.connectors.bench import Bench
from tests.sync.connectors.kit import ConnectorContract
from tests.sync.connectors.samples import CLIENT_1

TABLES = {"client": "accounts", "engagement": "projects"}


class OracleBench(Bench):
    """An environment where an organisation owns our projects."""

    connector = "oracle"
    vendor_class = Oracle
    writes: ClassVar[tuple[str, ...]] = ("client", "engagement")
    reads: ClassVar[tuple[str, ...]] = ("client", "engagement")
    write_call = "(POST|PATCH) .*/accounts"
    settings: ClassVar[Mapping[str, Any]] = {"organization": "Advisory"}
    poison = {"email": "ada@nowhere"}

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        kind = TABLES[entity]
        return [row for row in vendor.table(kind).values() if row[NUMBERS[kind]] == key]

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        return record["OrganizationName" if entity == "client" else "ProjectName"]

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
