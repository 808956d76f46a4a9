"""A load that keeps single records waiting takes smaller chunks."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connection

from canonical.identity import units
from sync.inbound import receive as door
from sync.inbound.answers import Answer
from sync.inbound.pace import Pace
from sync.outbound import crash
from tests.factories import hub

LONG = 10.0  # seconds


def test_half_as_many_while_somebody_waits_and_twice_as_many_when_nobody_does() -> None:
    pace = Pace(least=50, most=200)
    sizes = []
    for waits in (True, True, True, False, False, False):
        pace.note("client", waits)
        sizes.append(pace.size("client"))
    assert sizes == [100, 50, 50, 100, 200, 200]
    assert pace.size("contract") == 200


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_record_that_waits_for_a_chunk_makes_the_next_one_smaller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub.open_hub()
    monkeypatch.setattr(door, "pace", Pace(least=5, most=20))
    lock = units.lock_key("entity", "client")
    items = [hub.item("crm", f"{n}", {"legal_name": f"Firm {n} of Many"}, 1) for n in range(34)]
    sizes: list[int] = []
    sent: list[Future[Answer]] = []

    def alone() -> Answer:
        try:
            return hub.put("crm", "client", "alone", {"legal_name": "Alone"}, 1)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:

        def point(name: str) -> None:
            """In the first chunk, once it has its lock, another record comes and waits."""
            if name != "locked" or sent:
                return
            sent.append(pool.submit(alone))
            ends = time.monotonic() + LONG
            while not units.keeps_waiting(lock) and time.monotonic() < ends:
                time.sleep(0.01)

        monkeypatch.setattr(crash, "point", point)
        door.receive(
            hub.SENDER, "crm", "client", items, settled=lambda places, _: sizes.append(len(places))
        )
    assert sizes == [0, 20, 10, 4]
    assert not units.keeps_waiting(lock)
