"""Law 9: given the same links, the order of arrival changes no golden value."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from canonical.golden import due
from canonical.models import Golden, Link
from sync.inbound.arrivals import Item
from sync.inbound.receive import receive
from tests.factories import hub

pytestmark = pytest.mark.django_db

Event = tuple[str, str, str, int, Any]  # system, entity, source id, order, data or a deletion
FIRMS = ("Acme Mining", "Borealis Shipping", "Cobalt Foods")
TITLES = ("Harbour crane", "Payroll audit", "Tunnel survey")


def reference(entity: str) -> st.SearchStrategy[dict[str, str]]:
    return st.builds(
        lambda system, number: {"system": system, "source_id": str(number)},
        st.sampled_from(["crm", "erp"]),
        st.integers(0, 2),
    )


CLIENT: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(["a@x.example", "b@x.example"]),
        "tags": st.lists(st.sampled_from(["gold", "north"]), min_size=1, unique=True),
        "payment_terms": st.sampled_from([{"net_days": 14}, {"net_days": 30}]),
        "parent": reference("client"),
        "client_status": st.sampled_from(["active", "no such status"]),
    },
)
CONTRACT: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "client": reference("client"),
        "parent": reference("contract"),
        "lines": st.sampled_from([[{"line_no": "1", "amount": "5.00"}], [{"line_no": "2"}]]),
    },
)


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Versions and deletions of up to twelve records; the number of each is its true identity."""
    keys = st.tuples(
        st.sampled_from(["crm", "erp"]),
        st.sampled_from(["client", "contract"]),
        st.integers(0, 2),
        st.integers(1, 4),
    )
    found: list[Event] = []
    for system, entity, number, order in draw(st.lists(keys, unique=True, max_size=14)):
        data = None
        if draw(st.integers(0, 4)):
            name = (
                {"legal_name": FIRMS[number]} if entity == "client" else {"title": TITLES[number]}
            )
            data = {**name, **draw(CLIENT if entity == "client" else CONTRACT)}
        found.append((system, entity, str(number), order, data))
    return found


def contents(arriving: list[Event], sizes: list[int]) -> dict[tuple[str, str], Any]:
    """Let events arrive in a fresh hub, some together; what is golden then, by true identity."""
    block = transaction.atomic()
    block.__enter__()
    try:
        hub.open_hub()
        homes: dict[tuple[str, str], str] = {}
        for system, entity, batch in _batches(arriving, sizes):
            items = [_item(system, event, homes.get((entity, event[2]))) for event in batch]
            for answer in receive(hub.SENDER, system, entity, items):
                if answer.golden is not None:
                    homes.setdefault((entity, answer.source_id), str(answer.golden.id))
        due.work_off()
        hub.assert_sound()
        names = {golden: f"{entity} {number}" for (entity, number), golden in homes.items()}
        assert Golden.objects.count() == len(names)
        assert Link.objects.filter(until__isnull=False).count() == 0
        return {
            (entity, number): _named(hub.document(Golden.objects.get(pk=golden)), names)
            for (entity, number), golden in homes.items()
        }
    finally:
        transaction.set_rollback(True)
        block.__exit__(None, None, None)


def _batches(arriving: list[Event], sizes: list[int]) -> list[tuple[str, str, list[Event]]]:
    """Neighbours of one system and entity travel together, as many as the sizes say.

    The first record of a thing arrives alone, so that those after it can declare what they are.
    """
    batches: list[tuple[str, str, list[Event]]] = []
    known: set[tuple[str, str]] = set()
    for place, event in enumerate(arriving):
        system, entity, number, _, data = event
        fits = batches and batches[-1][:2] == (system, entity) and (entity, number) in known
        if fits and len(batches[-1][2]) < sizes[place % len(sizes)]:
            batches[-1][2].append(event)
        else:
            batches.append((system, entity, [event]))
        if data is not None:
            known.add((entity, number))
    return batches


def _item(system: str, event: Event, home: str | None) -> Item:
    _, _, number, order, data = event
    if data is None:
        return hub.item(system, number, None, order, retired=True)
    return hub.item(system, number, data, order, same_as=home)


def _named(value: Any, names: dict[str, str]) -> Any:
    """The same content with identities in place of the ids of one run."""
    if isinstance(value, dict):
        return {key: _named(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


FAST = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@FAST
@given(events(), st.randoms(use_true_random=False), st.lists(st.integers(1, 4), min_size=1))
def test_the_order_of_arrival_changes_no_golden_value(
    told: list[Event], random: Any, sizes: list[int]
) -> None:
    shuffled = random.sample(told, len(told))
    assert contents(told, [1]) == contents(shuffled, sizes)
