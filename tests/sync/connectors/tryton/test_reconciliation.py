"""F52 against a real Tryton: what was written is found equal, and what people edit is found."""

from __future__ import annotations

import pytest

from canonical.identity.merging import merge
from sync.models import Drift
from sync.outbound import subscriptions
from sync.reconciliation import runs
from tests.factories import hub
from tests.sync.connectors.tryton.samples import engaged
from tests.tryton.linked import Linked

pytestmark = [pytest.mark.tryton, pytest.mark.django_db]


def compared(linked: Linked) -> dict[str, int]:
    linked.subscription.refresh_from_db()
    run = runs.work(runs.request(linked.subscription, "test").pk)
    assert run is not None
    assert run.error == ""
    return {name: count for name, count in run.counts.items() if count}


def shown() -> list[tuple[str, str, list[str]]]:
    return [
        (drift.entity, drift.kind, [str(each["attribute"]) for each in drift.differences])
        for drift in Drift.objects.all()
    ]


def test_f52_what_was_written_is_found_equal_and_an_edit_is_healed(linked: Linked) -> None:
    subscriptions.change(linked.subscription, {"heal": "hub"})
    client, contract, schedule = engaged(linked)
    linked.say("resource", "R-1", display_name="Bo Lind", employment_status="active",
               hired_on="2020-01-01")  # fmt: skip
    linked.say("engagement", "E-1", name="Group audit", client={"source_id": "C-1"},
               currency="EUR", engagement_stage="in_progress")  # fmt: skip
    linked.deliver()
    assert compared(linked) == {"same": 5}, shown()

    erp = linked.erp
    erp.call("party.party", "write", [linked.id_there(client)], {"name": "Renamed by hand"})
    erp.call("sale.sale", "write", [linked.id_there(contract)], {"reference": "PO-by-hand"})
    erp.call("sale.subscription", "draft", [linked.id_there(schedule)])
    assert compared(linked) == {"same": 2, "drifted": 3}
    assert sorted(shown()) == [
        ("billing_schedule", "drifted", ["schedule_status"]),
        ("client", "drifted", ["legal_name"]),
        ("contract", "drifted", ["po_number"]),
    ]
    linked.deliver()
    assert compared(linked) == {"same": 5}, shown()
    assert linked.held(client).values["legal_name"] == "Nordlicht Beratung GmbH"


def test_what_was_merged_away_is_not_missed_and_what_is_theirs_is_extra(linked: Linked) -> None:
    client, _, _ = engaged(linked)
    twin = linked.say("client", "C-2", legal_name="Nordlicht AG", client_status="active")
    linked.deliver()
    merge(client.pk, [twin.pk], hub.STEWARD)
    linked.deliver()
    linked.erp.make("party.party", name="Nobody told the hub")
    counts = compared(linked)
    assert counts.pop("extra") == 1, shown()
    assert set(counts) == {"same"}, shown()
