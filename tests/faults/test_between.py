"""F23, F26: what happens between a chunk's look and its lock is as if it had happened before."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from canonical import configuration
from canonical.identity import units
from canonical.models import Golden, GoldenState, Link, SourceRecord
from matching.intake import filing
from matching.models import Review
from matching.questions import stewardship
from sync.inbound.answers import Answer
from sync.inbound.receive import receive
from tests.factories import hub, invariants
from tests.factories.hub import SENDER, STEWARD, put
from tests.factories.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

Story = tuple[list[str], set[frozenset[str]], set[frozenset[str]]]


@pytest.fixture(autouse=True)
def _hub(transactional_db: None) -> None:
    hub.open_hub()


class Town:
    """Firms of their own, told by `name`: what happens in one town says nothing of another."""

    def __init__(self, name: str) -> None:
        self.name = name

    def firm(self, number: int) -> dict[str, Any]:
        chance = random.Random(f"{self.name} {number}")
        words = ["".join(chance.choices("abcdefghiklmnoprstuvw", k=9)) for _ in range(2)]
        return {"legal_name": " ".join(words).title(), "duns": f"{chance.randrange(10**9):09d}"}

    def put(self, system: str, number: int, order: int, data: dict[str, Any]) -> Answer:
        return put(system, "client", f"{self.name}{system}{number}", data, order)

    def home(self, system: str, number: int) -> Golden:
        return Golden.objects.get(pk=hub.home(system, f"{self.name}{system}{number}"))

    def settle(self) -> None:
        """Four firms, of which two were merged, and another golden record."""
        for number in range(4):
            self.put("crm", number, 1, self.firm(number))
        self.put("crm", 12, 1, {"legal_name": "Another " + self.firm(2)["legal_name"][::-1]})
        stewardship.merge(self.home("crm", 0).pk, [self.home("crm", 3).pk], STEWARD)

    def batch(self) -> list[Answer]:
        """The firms again, and three new ones, from another system."""
        items = [
            hub.item("erp", f"{self.name}erp{number}", self.firm(number), 1) for number in range(7)
        ]
        return receive(SENDER, "erp", "client", items)

    def told(self, answers: list[Answer]) -> Story:
        """The outcomes, which records stand together, and which a person is asked about."""
        homes = Link.objects.filter(until__isnull=True, record__source_id__startswith=self.name)
        groups: dict[Any, set[str]] = {}
        for golden, record in homes.values_list("golden_id", "record__source_id"):
            groups.setdefault(golden, set()).add(record.removeprefix(self.name))
        names = dict(SourceRecord.objects.values_list("id", "source_id"))
        asked = Review.objects.filter(state="open").values_list("record_a_id", "record_b_id")
        pairs = {frozenset((names[a], names[b])) for a, b in asked}
        return (
            [answer.outcome for answer in answers],
            {frozenset(group) for group in groups.values()},
            {
                frozenset(name.removeprefix(self.name) for name in pair)
                for pair in pairs
                if all(name.startswith(self.name) for name in pair)
            },
        )


def nothing(town: Town) -> None:
    """Nothing happens."""


def twin(town: Town) -> None:
    """A firm of the batch arrives from a third system."""
    town.put("psa", 5, 1, town.firm(5))


def moved(town: Town) -> None:
    """A record says now what another firm of the batch says."""
    town.put("crm", 1, 2, town.firm(6))


def merged(town: Town) -> None:
    """The golden record that a firm will join is absorbed by another."""
    stewardship.merge(town.home("crm", 12).pk, [town.home("crm", 2).pk], STEWARD)


def apart(town: Town) -> None:
    """Two firms of one golden record are told apart."""
    record = hub.held("crm", f"{town.name}crm3")
    stewardship.split(town.home("crm", 0).pk, [record.pk], STEWARD)


def joined(town: Town) -> None:
    """Who shares nothing with a firm of the batch joins the golden record that it will join."""
    data = {"legal_name": town.firm(9)["legal_name"]}
    golden = str(town.home("crm", 1).pk)
    put("psa", "client", f"{town.name}psa9", data, same_as=golden)


def itself(town: Town) -> None:
    """A record of the batch comes by another way, and newer."""
    town.put("erp", 4, 2, town.firm(4) | {"legal_name": "Quite Another Firm"})


def configured(town: Town) -> None:
    """The configuration changes."""
    configuration.touch()


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], None]], None]]:
    """`between(event)`: it happens, by another connection, right before the next chunk's lock."""
    waiting: list[Callable[[], None]] = []
    real = units.lock_keys

    def lock(exclusive: Any, shared: Any = ()) -> Any:
        if waiting:
            together([waiting.pop()], 1)
        return real(exclusive, shared)

    monkeypatch.setattr(units, "lock_keys", lock)
    yield waiting.append
    assert not waiting


def counts_as_before(
    event: Callable[[Town], None], between: Callable[[Callable[[], None]], None]
) -> None:
    """Of two towns, what happens in one before its batch happens in the other during it."""
    before, during = Town(f"{event.__name__}-a-"), Town(f"{event.__name__}-b-")
    for town in (before, during):
        town.settle()
    event(before)
    expected = before.told(before.batch())
    between(lambda: event(during))
    assert during.told(during.batch()) == expected, event.__doc__


EVENTS = (nothing, twin, moved, merged, apart, joined, itself, configured)


def test_what_happens_between_look_and_lock_counts_as_before(
    between: Callable[[Callable[[], None]], None],
) -> None:
    for event in EVENTS:
        counts_as_before(event, between)
    invariants.assert_whole()
    assert not Link.objects.filter(until__isnull=True, golden__state=GoldenState.MERGED).exists()


def test_who_does_not_look_again_makes_a_firm_twice(
    between: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "filed_since", lambda *_: {})
    town = Town("blind")
    town.settle()
    between(lambda: twin(town))
    town.batch()
    assert invariants.unexplained_twins()


def test_who_moved_and_was_not_filed_anew_yet_starts_a_chunk_over(
    between: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A steward's word is committed a moment before features follow it."""
    monkeypatch.setattr(stewardship, "refresh", lambda *_: None)
    for event in (merged, apart):
        counts_as_before(event, between)
