"""Kill Bill against a tenant that stands in: the contract, and its traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canonical.models import Golden
from sync import egress
from sync.models import Connection, Status, Subscription
from sync.models.connections import LoginKind
from tests.factories import targets
from tests.standins.killbill import KillBill
from tests.standins.killbill_tenant import API_KEY, PASSWORD, USER
from tests.standins.server import SECRET, Fault, Reply, Standin
from tests.sync.connectors.bench import Bench, messages_of
from tests.sync.connectors.kit import ConnectorContract
from tests.sync.connectors.samples import CLIENT_1, CLIENT_2

TABLES = {"client": "accounts", "contract": "bundles", "billing_schedule": "subscriptions"}


class KillBillBench(Bench):
    """Accounts, bundles and subscriptions, by their external keys."""

    connector = "killbill"
    vendor_class = KillBill
    settings = {"api_key": API_KEY}
    login_kind = LoginKind.BASIC
    writes = ("client", "contract", "billing_schedule")
    reads = writes
    write_call = "POST .*/accounts$"
    poison = {"currency": "VES"}  # a currency of ISO 4217 that Kill Bill does not know

    def login(self, vendor: Standin) -> dict[str, str]:
        return {"username": USER}

    def connect(self, vendor: Standin, secret: str = SECRET) -> Connection:
        return super().connect(vendor, f"{PASSWORD} {secret}")

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        assert isinstance(vendor, KillBill)
        table = TABLES[entity]
        rows = [(i, row) for i, row in vendor.table(table).items() if row["externalKey"] == key]
        return [{**row, "marks": vendor.marks(identity)} for identity, row in rows]

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        named = {"contract": "title", "billing_schedule": "name"}
        return record["marks"][named[entity]] if entity in named else record["name"]

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        return bool(record["marks"]["golden_status"] == "active")

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        assert isinstance(vendor, KillBill)
        vendor.change(source_id, name=name)


class TestKillBill(KillBillBench, ConnectorContract):
    """The contract, and the traps of accounts."""

    def test_who_wrote_and_for_which_tenant_is_said(
        self, vendor: Standin, target: Subscription
    ) -> None:
        self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        [made] = vendor.requests("POST", "/accounts")[:1]
        assert made.headers["x-killbill-createdby"] == "assay"
        assert made.headers["x-killbill-apikey"] == API_KEY
        assert made.headers["x-killbill-apisecret"] == SECRET

    def test_a_secret_without_the_tenants_pauses_and_says_why(
        self, vendor: Standin, target: Subscription
    ) -> None:
        Bench.connect(self, vendor, "only-a-password")
        for number in range(4):
            self.say("client", f"N-{number}", legal_name=f"New {number}", client_status="active")
            self.deliver(target)
            targets.make_due(target)
        target.refresh_from_db()
        assert target.status == Status.PAUSED
        assert not vendor.calls
        assert "the tenant's API secret" in " ".join(reasons(target))

    def test_a_currency_stays_and_is_seen_to_differ(
        self, vendor: Standin, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        self.say("client", "C-1", **{**CLIENT_1, "legal_name": "Renamed", "currency": "GBP"})
        self.deliver(target)
        account = self.one(vendor, "client", golden)
        assert (account["name"], account["currency"]) == ("Renamed", "EUR")
        [message] = messages_of(target, [golden])
        with egress.Client() as client:
            speaker = self.speaker(client)
            [held] = speaker.read("client", [account["accountId"]])
            meant = speaker.projection(message)
        assert {name for name in meant if held.values[name] != meant[name]} == {"currency"}

    def test_a_key_that_someone_took_meanwhile_is_found(
        self, vendor: Standin, target: Subscription
    ) -> None:
        """409 on making it: the next attempt looks again."""
        assert isinstance(vendor, KillBill)
        golden = self.say("client", "C-1", **CLIENT_1)
        vendor.add(name="Nordlicht", externalKey=golden.code, currency="EUR")
        vendor.next(Fault("not there yet", Reply(404)), on="GET .*/accounts$")
        self.deliver(target)
        targets.make_due(target)
        self.deliver(target)
        assert self.one(vendor, "client", golden)["name"] == CLIENT_1["legal_name"]
        assert targets.at_rest(target)

    def test_an_account_that_was_there_keeps_its_external_key(
        self, vendor: Standin, target: Subscription
    ) -> None:
        assert isinstance(vendor, KillBill)
        identity = vendor.add(name="Nordlicht Beratung GmbH", externalKey="K-77", currency="EUR",
                              timeZone="Europe/Berlin", billCycleDayLocal=5)  # fmt: skip
        self.pull("client")
        golden = Golden.objects.get(links__record__source_id=identity)
        assert self.say("client", "C-1", **CLIENT_1) == golden
        self.deliver(target)
        assert vendor.table("accounts")[identity]["externalKey"] == "K-77"
        assert vendor.marks(identity) == {"golden_id": golden.code, "golden_status": "active"}
        assert len(vendor.table("accounts")) == 1

    def test_what_is_emptied_here_is_emptied_there_and_nothing_else(
        self, vendor: Standin, target: Subscription
    ) -> None:
        assert isinstance(vendor, KillBill)
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        identity = self.one(vendor, "client", golden)["accountId"]
        vendor.change(identity, billCycleDayLocal=5, notes="Pays late")
        self.say("client", "C-1", **{**CLIENT_1, "phone": None})
        self.deliver(target)
        account = self.one(vendor, "client", golden)
        assert "phone" not in account
        assert (account["billCycleDayLocal"], account["notes"]) == (5, "Pays late")
        assert (account["address1"], account["address2"]) == ("Lange Straße 1", "Hof 2")

    def test_an_unknown_parent_is_the_contents_fault(
        self, vendor: Standin, target: Subscription
    ) -> None:
        parent = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        vendor.table("accounts").pop(self.one(vendor, "client", parent)["accountId"])
        self.say("client", "C-2", **CLIENT_2)
        self.deliver(target)
        dead = list(target.lanes.filter(parked="dead").values_list("last_error", flat=True))
        assert "3001: Account does not exist" in " ".join(dead), reasons(target)

    def test_only_what_changed_is_taken_in_again(
        self, vendor: Standin, target: Subscription
    ) -> None:
        """Every page is read, since Kill Bill keeps the time of a change in its audit log alone."""
        assert isinstance(vendor, KillBill)
        ids = [vendor.add(name=f"Firm {n}", externalKey=f"K-{n}") for n in range(5)]
        assert sum(self.pull("client").values()) == 5
        vendor.now = vendor.now.replace(year=2027)
        vendor.change(ids[0], name="Firm renamed")
        with egress.Client() as client:
            pages = list(self.speaker(client).changes("client", "2026-06-01T00:00:00.000Z"))
        assert [item.source_id for page in pages for item in page.items] == [ids[0]]
        assert [page.cursor for page in pages][-1] == "2027-01-01T00:06:00.000Z"


def reasons(target: Subscription) -> list[str]:
    """Why lanes rest or were given up."""
    found = target.lanes.exclude(last_error="").values_list("last_error", flat=True)
    return sorted(set(found))
