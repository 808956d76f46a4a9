"""Where workers are scarce, the more critical target is served first."""

from __future__ import annotations

import pytest

from sync.outbound import fanout, sweep
from sync.torture.receiver import Receiver
from tests.factories import journal, targets

pytestmark = pytest.mark.django_db


def test_the_more_critical_target_comes_first(receiver: Receiver) -> None:
    wanted = ["low", "normal", "critical", "high"]
    made = {name: targets.subscription(receiver, name, criticality=name) for name in wanted}
    journal.golden(legal_name="Acme")
    fanout.fan_out()
    order = ["critical", "high", "normal", "low"]
    assert sweep.with_due() == [made[name].pk for name in order]
