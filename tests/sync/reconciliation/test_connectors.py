"""F52 through connectors: what was written is read back and found equal, and edits are found."""

from __future__ import annotations

import pytest

from canonical.models import Golden, SourceRecord
from sync.models import Drift, Subscription
from sync.outbound import subscriptions
from sync.reconciliation import runs
from tests.standins.server import Standin
from tests.sync.connectors.bench import Bench
from tests.sync.connectors.test_hubspot import HubSpotBench
from tests.sync.connectors.test_salesforce import SalesforceBench

pytestmark = pytest.mark.django_db


def compared(target: Subscription) -> dict[str, int]:
    target.refresh_from_db()
    run = runs.work(runs.request(target, "test").pk)
    assert run is not None
    assert run.error == ""
    return {name: count for name, count in run.counts.items() if count and name != "extra"}


def shown() -> list[tuple[str, list[str]]]:
    return [
        (drift.kind, [str(each["attribute"]) for each in drift.differences])
        for drift in Drift.objects.filter(golden__isnull=False)
    ]


class Reconciled(Bench):
    """What has to hold of every system that can be read."""

    def test_f52_what_was_written_is_found_equal_and_an_edit_is_healed(
        self, vendor: Standin, target: Subscription
    ) -> None:
        subscriptions.change(target, {"heal": "hub"})
        made = self.bring_in()
        self.deliver(target)
        first = compared(target)
        assert set(first) == {"same"}, (first, shown())
        client = next(golden for golden in made.values() if golden.entity == "client")
        self.rename_there(vendor, self.id_there(client), "Renamed by hand")
        second = compared(target)
        assert second == {"same": first["same"] - 1, "drifted": 1}, shown()
        assert [kind for kind, names in shown() if names] == ["drifted"]
        self.deliver(target)
        assert compared(target) == first

    def id_there(self, golden: Golden) -> str:
        linked = SourceRecord.objects.filter(
            system=self.system, links__golden=golden, links__until__isnull=True
        )
        return linked.values_list("source_id", flat=True)[0]


class TestSalesforce(SalesforceBench, Reconciled):
    """Salesforce."""


class TestHubSpot(HubSpotBench, Reconciled):
    """HubSpot."""
