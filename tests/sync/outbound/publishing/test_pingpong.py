"""F50: two systems that overwrite each other's value in turn, through the real intake."""

from __future__ import annotations

from datetime import timedelta

import pytest

from canonical import configuration
from canonical.golden.cause import Cause
from canonical.governance.stewardship import clear_override, overrides
from canonical.models import Change, Golden, Policy, System, WorkItem
from sync.inbound.arrivals import Item
from sync.inbound.receive import receive
from sync.outbound.publishing import fanout, pingpong
from tests.factories import hub

pytestmark = pytest.mark.django_db


def say(system: str, website: str, hour: int) -> Golden:
    data = {"legal_name": "Acme Mining", "website": website, "email": "desk@acme.example"}
    at = hub.DAWN + timedelta(hours=hour)
    [answer] = receive(hub.SENDER, system, "client", [Item("1", data, modified_at=at)])
    return hub.golden_of(answer)


@pytest.fixture
def golden() -> Golden:
    """Six versions, by two systems of which the newer word counts and `erp` is the more trusted."""
    for code in ("crm", "erp"):
        System.objects.create(code=code, name=code.upper(), order_by="modified_at")
    rules = {
        "trust": {"erp": 90, "crm": 10},
        "attributes": {"website": {"strategy": "recency"}},
    }
    Policy.objects.filter(entity="client", active=True).update(rules=rules)
    configuration.touch()
    for hour in range(3):
        say("crm", f"https://crm{hour}.example", 2 * hour)
        made = say("erp", f"https://erp{hour}.example", 2 * hour + 1)
    assert Golden.objects.filter(entity="client").count() == 1
    fanout.fan_out()
    return made


def test_f50_a_flipping_field_is_frozen_at_the_more_trusted_value(golden: Golden) -> None:
    assert hub.document(golden)["website"] == "https://erp2.example"
    say("crm", "https://crm3.example", 9)
    fanout.fan_out()
    assert pingpong.freeze() == 1
    assert hub.document(golden)["website"] == "https://erp2.example"
    item = WorkItem.objects.get(kind="ping_pong", state="open")
    assert (item.golden_id, item.facts["kept"]) == (golden.pk, "erp")
    before = Change.objects.count()
    say("crm", "https://crm4.example", 10)
    fanout.fan_out()
    assert pingpong.freeze() == 0
    assert Change.objects.count() == before


def test_f50_a_person_takes_the_pin_back(golden: Golden) -> None:
    pingpong.freeze()
    assert overrides(golden.pk)["website"]["actor"] == pingpong.HUB
    clear_override(golden.pk, "website", Cause("user:1", "Ada", "erp is right and crm was told"))
    pingpong._close_thawed()
    assert not WorkItem.objects.filter(kind="ping_pong", state="open").exists()


def test_four_flips_are_not_enough(golden: Golden) -> None:
    other = hub.client("Quiet Ltd", system="crm")
    fanout.fan_out()
    pingpong.freeze()
    assert not WorkItem.objects.filter(golden=other).exists()
