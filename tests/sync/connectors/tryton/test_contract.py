"""A real Tryton keeps the contract of connectors, in all five entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pytest_django import Settings

from canonical.models import Golden, SourceRecord
from sync.connections import Wish, connect
from sync.models import Connection, Subscription
from sync.models.connections import LoginKind
from tests.factories import hub
from tests.standins.server import SECRET, Standin
from tests.sync.connectors.kit import ConnectorContract
from tests.tryton import Between, Erp

MODELS = {
    "client": ("party.party", "code", "name"),
    "resource": ("company.employee", "party.code", "party.name"),
    "contract": ("sale.sale", "number", "description"),
    "engagement": ("project.work", "number", "name"),
    "billing_schedule": ("sale.subscription", "number", "description"),
}


@pytest.mark.tryton
class TestTryton(ConnectorContract):
    """The contract."""

    connector = "tryton"
    vendor_class = Between
    writes = ("client", "resource", "contract", "engagement", "billing_schedule")
    reads = writes
    settings = {"company": "Halden Marsh GmbH", "overlap": 0}
    login_kind = LoginKind.BASIC
    write_call = "POST /model.party.party.create"
    poison = {"tax_ids": [{"type": "vat", "country": "DE", "value": "DE123456789"}]}

    @pytest.fixture
    def vendor(self, settings: Settings, tryton: Erp) -> Iterator[Standin]:
        settings.ALLOW_LOCAL_TARGETS = True
        self.erp = tryton
        with Between(tryton) as running:
            yield running

    def connect(self, vendor: Standin, secret: str = SECRET) -> Connection:
        assert isinstance(vendor, Between)
        return connect(
            Wish(
                system=self.system,
                connector=self.connector,
                url=vendor.address,
                login_kind=self.login_kind,
                login={"username": self.erp.hub.username},
                secret=self.erp.hub.password if secret == SECRET else secret,
                settings=self.settings,
                entities=self.reads,
            ),
            "test",
        )

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        model, field, name = MODELS[entity]
        state = "state" if model.startswith("sale.") else "id"
        active = "active" if entity in {"client", "resource"} else "id"
        return self.erp.find(model, [[field, "=", key]], name, state, active)

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        return record["party."]["name"] if entity == "resource" else record[MODELS[entity][2]]

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        return bool(record["active"])

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        self.erp.call("party.party", "write", [int(source_id)], {"name": name})

    def test_what_changes_there_comes_back_in(self, vendor: Standin, target: Subscription) -> None:
        """Only what others said is Tryton's own word: what we wrote does not come back."""
        made = self.bring_in()
        self.deliver(target)
        goldens = Golden.objects.count()
        for entity in self.reads:
            assert self.pull(entity) == {}
        record = SourceRecord.objects.get(
            system=self.system, links__golden=made["C-2"].pk, links__until__isnull=True
        )
        assert not record.contributes
        self.rename_there(vendor, record.source_id, "Renamed over there")
        assert self.pull("client") == {"updated": 1}
        record.refresh_from_db()
        assert record.contributes
        assert record.current is not None
        assert record.current.values["legal_name"] == "Renamed over there"
        assert self.pull("client").keys() <= {"unchanged"}
        assert Golden.objects.count() == goldens
        hub.assert_sound()
