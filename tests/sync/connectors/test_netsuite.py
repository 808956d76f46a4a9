"""NetSuite against an account that stands in: the contract by both kinds of key, and its traps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from jwcrypto.jwk import JWK
from pytest_django import Settings

from sync.connectors import login
from sync.models import Connection, Subscription
from tests.standins.netsuite import NetSuite
from tests.standins.server import CLIENT, Standin
from tests.sync.connectors.kit import ConnectorContract
from tests.sync.connectors.samples import CLIENT_1, CLIENT_2

TABLES = {
    "client": "customer", "resource": "employee", "rate_card": "billingRateCard",
    "contract": "salesOrder", "engagement": "job", "billing_schedule": "billingSchedule",
}  # fmt: skip
NAMES = {"client": "companyName", "resource": "entityId", "rate_card": "name",
         "contract": "memo", "engagement": "companyName", "billing_schedule": "name"}  # fmt: skip


@cache
def key() -> JWK:
    return JWK.generate(kty="RSA", size=2048)


class NetSuiteContract(ConnectorContract):
    """What both ways of keeping our code share."""

    connector = "netsuite"
    vendor_class = NetSuite
    settings = {"contract_item": "77"}
    key_name = "externalId"
    poison = {"email": "ada@nowhere"}

    @pytest.fixture
    def vendor(self, settings: Settings) -> Iterator[Standin]:
        settings.ALLOW_LOCAL_TARGETS = True
        login._tokens.clear()
        with NetSuite(key()) as running:
            yield running

    def login(self, vendor: Standin) -> dict[str, str]:
        return {
            "token_url": f"{vendor.url}/services/rest/auth/oauth2/v1/token",
            "client_id": CLIENT,
            "certificate_id": "cert-1",
            "scope": "rest_webservices",
        }

    def connect(self, vendor: Standin, secret: str = "") -> Connection:
        pem = key().export_to_pem(private_key=True, password=None).decode()
        return super().connect(vendor, secret or pem)

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        rows = vendor.table(TABLES[entity]).values()
        return [row for row in rows if row.get(self.key_name) == key]

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        return record[NAMES[entity]]

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        return not record["isInactive"]

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        assert isinstance(vendor, NetSuite)
        vendor.change("customer", source_id, companyName=name)


class TestByExternalId(NetSuiteContract):
    """The contract where the external id is ours: an upsert."""

    writes = ("client", "resource", "rate_card", "contract", "engagement", "billing_schedule")
    reads = writes
    write_call = "PUT .*/customer/eid:"

    def test_lists_are_replaced_and_numbered_by_us(
        self, vendor: Standin, target: Subscription
    ) -> None:
        made = self.bring_in()
        self.deliver(target)
        schedule = self.one(vendor, "billing_schedule", made["BS-1"])
        assert [row["comments"] for row in schedule["milestone"]["items"]] == [
            "1: Kick-off", "2: Report",
        ]  # fmt: skip
        self.rename("billing_schedule", "BS-1", "Renamed")
        self.deliver(target)
        assert len(self.one(vendor, "billing_schedule", made["BS-1"])["milestone"]["items"]) == 2
        order = self.one(vendor, "contract", made["CT-1"])
        assert [row["item"] for row in order["item"]["items"]] == [{"id": "77"}]

    def test_an_address_goes_to_the_address_book(
        self, vendor: Standin, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        [entry] = self.one(vendor, "client", golden)["addressBook"]["items"]
        assert entry["defaultBilling"] is True
        assert entry["addressBookAddress"] == {
            "addr1": "Lange Straße 1", "addr2": "Hof 2", "city": "Berlin", "zip": "10115",
            "country": {"id": "DE"},
        }  # fmt: skip

    def test_a_reference_to_nothing_is_the_contents_fault(
        self, vendor: Standin, target: Subscription
    ) -> None:
        parent = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        self.say("client", "C-2", **CLIENT_2)
        vendor.table("customer").pop(self.one(vendor, "client", parent)["id"])
        self.deliver(target)
        assert "Invalid Field Value" in dead(target)[0]


class TestByOwnField(NetSuiteContract):
    """The contract where another program owns the external ids: look first, then make.

    The idempotency header would not help: it is ignored by synchronous calls.
    """

    writes = ("client",)
    reads = ("client",)
    write_call = "POST .*/customer$"
    settings = {"key_field": "custentity_golden_id"}
    key_name = "custentity_golden_id"

    def test_two_records_with_one_key_are_a_persons_matter(
        self, vendor: Standin, target: Subscription
    ) -> None:
        assert isinstance(vendor, NetSuite)
        golden = self.say("client", "C-1", **CLIENT_1)
        for identity in ("1", "2"):
            vendor.table("customer")[identity] = {
                "id": identity, "companyName": "Old", "custentity_golden_id": golden.code,
                "lastModifiedDate": "2026-01-01T00:00:00Z", "isInactive": False,
            }  # fmt: skip
        self.deliver(target)
        assert "several customer records" in dead(target)[0]


def dead(target: Subscription) -> list[str]:
    """Why lanes were given up."""
    return list(target.lanes.filter(parked="dead").values_list("last_error", flat=True))
