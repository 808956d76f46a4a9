"""Zuora against a tenant that stands in: the contract, and its traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync import egress
from sync.models import Attempt, Connection, Subscription
from tests.factories import targets
from tests.standins.server import CLIENT, Fault, Reply, Standin
from tests.standins.zuora import Zuora
from tests.sync.connectors.kit import ConnectorContract
from tests.sync.connectors.samples import CLIENT_1, CLIENT_2


class TestZuora(ConnectorContract):
    """The contract: an account by its number."""

    connector = "zuora"
    vendor_class = Zuora
    settings = {"currency": "EUR"}
    writes = ("client",)
    reads = writes
    write_call = "POST .*/accounts$"
    poison = {"email": "ada@nowhere"}

    def login(self, vendor: Standin) -> dict[str, str]:
        return {"token_url": f"{vendor.url}/oauth/token", "client_id": CLIENT}

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        return [r for r in vendor.table("accounts").values() if r["accountNumber"] == key]

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        return record["name"]

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        return bool(record["golden_status__c"] == "active")

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        assert isinstance(vendor, Zuora)
        vendor.change(source_id, name=name)

    # Its traps

    def test_a_success_that_is_none(self, vendor: Standin, target: Subscription) -> None:
        """Status 200 and `success: false`: the code's kind says whether to try again."""
        golden = self.say("client", "C-1", **CLIENT_1)
        locked = {"success": False, "reasons": [{"code": 53100050, "message": "Locked"}]}
        vendor.next(Fault("locked", Reply(200, locked)), on=self.write_call)
        self.deliver(target)
        assert [a.verdict for a in Attempt.objects.all()] == ["failed"]
        assert not self.held(vendor, "client", golden.code)
        self.pass_time(target)
        self.deliver(target)
        self.one(vendor, "client", golden)

    def test_the_same_ask_has_the_same_key(self, vendor: Standin, target: Subscription) -> None:
        """Made, not acknowledged and not yet found: the kept answer tells its id."""
        golden = self.say("client", "C-1", **CLIENT_1)
        vendor.next(Fault("lost", applies=True), on=self.write_call)
        self.deliver(target)
        none = {"success": False, "reasons": [{"code": 53100040, "message": "Cannot find"}]}
        vendor.next(Fault("not seen yet", Reply(200, none)), on="GET .*/accounts/")
        targets.make_due(target)
        self.deliver(target)
        made = vendor.requests("POST", "/accounts")
        assert len({call.headers["idempotency-key"] for call in made}) == 1
        assert len(made) == 2
        self.one(vendor, "client", golden)
        assert targets.at_rest(target)

    def test_a_limit_says_how_long_to_wait(self, vendor: Standin, target: Subscription) -> None:
        self.say("client", "C-1", **CLIENT_1)
        vendor.next(Fault("throttled", vendor.throttled), on=self.write_call)
        self.deliver(target)
        due, at = target.lanes.get().due_at, Attempt.objects.get().started_at
        assert 890 <= (due - at).total_seconds() <= 1200

    def test_a_contact_has_two_names_and_emptied_fields_are_emptied(
        self, vendor: Standin, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        contact = self.one(vendor, "client", golden)["billToContact"]
        assert (contact["firstName"], contact["lastName"]) == ("Ada Marie", "Kern")
        assert (contact["address1"], contact["address2"]) == ("Lange Straße 1", "Hof 2")
        self.say("client", "C-1", **{**CLIENT_1, "phone": None})
        self.deliver(target)
        assert self.one(vendor, "client", golden)["billToContact"]["workPhone"] == ""

    def test_a_parent_that_is_gone_is_the_contents_fault(
        self, vendor: Standin, target: Subscription
    ) -> None:
        parent = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        vendor.table("accounts").pop(self.one(vendor, "client", parent)["id"])
        self.say("client", "C-2", **CLIENT_2)
        self.deliver(target)
        dead = target.lanes.filter(parked="dead").values_list("last_error", flat=True)
        assert "53100040: Cannot find entity" in " ".join(dead)

    def test_a_currency_is_needed_and_stays(self, vendor: Standin, target: Subscription) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        self.say("client", "C-1", **{**CLIENT_1, "legal_name": "Renamed", "currency": "GBP"})
        self.deliver(target)
        account = self.one(vendor, "client", golden)
        assert (account["name"], account["currency"]) == ("Renamed", "EUR")
        Connection.objects.update(settings={})
        self.say("client", "C-2", legal_name="No Currency Ltd", client_status="active")
        self.deliver(target)
        dead = target.lanes.filter(parked="dead").values_list("last_error", flat=True)
        assert list(dead) == ["Zuora makes no account without a currency"]

    def test_pages_come_in_no_order(self, vendor: Standin, target: Subscription) -> None:
        assert isinstance(vendor, Zuora)
        ids = [vendor.add(f"A-{n}", f"Firm {n}") for n in range(5)]
        with egress.Client() as client:
            pages = list(self.speaker(client).changes("client", ""))
        assert sorted(i.source_id for page in pages for i in page.items) == ids
        assert {page.cursor for page in pages[:-1]} == {""}
        assert pages[-1].cursor == vendor.table("accounts")[ids[-1]]["UpdatedDate"]
