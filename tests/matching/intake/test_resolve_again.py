"""Newcomers that were placed before others came: what is decided again comes to the same as all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from canonical import configuration
from canonical.access import of_hub
from canonical.models import Link, System, new_id
from matching.benchmarks import companies
from matching.intake.filing import Late
from matching.intake.placement import Placement
from matching.intake.population import Newcomer
from matching.intake.resolve import Placing, newcomer
from matching.models import MatchFeatures, filed_under
from sync.inbound.arrivals import read_item
from sync.inbound.receive import receive
from tests.factories import hub

pytestmark = pytest.mark.django_db


def firms(number: int, seed: int) -> list[dict[str, Any]]:
    columns, _ = companies.generate(number, seed)
    wanted = ("legal_name", "phone", "website", "email")
    return [{name: columns[name][n] for name in wanted if columns[name][n]} for n in range(number)]


def take(some: Sequence[dict[str, Any]], system: str) -> None:
    bodies = ({"source_id": f"{n}", "data": data} for n, data in enumerate(some))
    answers = receive(of_hub("test"), system, "client", [read_item(body) for body in bodies])
    assert {answer.outcome for answer in answers} <= {"created", "linked", "review"}


def filed() -> dict[UUID, Late]:
    homes = dict(Link.objects.values_list("record_id", "golden_id"))
    return {
        row.record: Late(homes[row.record], set(filed_under("client", row.keys)))
        for row in MatchFeatures.objects.all()
    }


def told(placements: Sequence[Placement]) -> list[Any]:
    """What was decided, whatever the new golden records are called."""
    name = {p.golden: n for n, p in reversed(list(enumerate(placements))) if p.created}
    return [
        (
            name.get(p.golden, p.golden),
            p.created,
            p.cause,
            [
                (q.kind, q.found.record, name.get(q.found.golden, q.found.golden))
                for q in p.questions
            ],
            p.found and (p.found.record, p.found.weight),
        )
        for p in placements
    ]


@pytest.mark.parametrize("seed", range(4))
def test_what_came_since_is_seen_as_if_it_had_been_there(seed: int) -> None:
    hub.open_hub()
    System.objects.create(code="late", name="Late")
    some = firms(360, seed)
    take(some[0::3], "crm")
    before = filed()
    values = some[1::3]
    newcomers: list[Newcomer] = [newcomer("client", new_id(), "erp", each) for each in values]
    stamp = configuration.stamp()
    placing = Placing("client", newcomers, stamp)
    first = placing.run()
    take(some[2::3], "late")
    late = {record: each for record, each in filed().items() if record not in before}
    again = placing.look_again(first, late)
    kept = sum(one is other for one, other in zip(first, again, strict=True))
    moved = sum(one.golden != other.golden for one, other in zip(first, again, strict=True))
    assert kept > 0
    assert moved > 0
    assert again == placing.run()
    assert told(again) == told(Placing("client", newcomers, stamp).run())


def test_who_followed_one_that_goes_elsewhere_now_is_decided_again() -> None:
    hub.open_hub()
    one = {"legal_name": "Acme Tools", "phone": "+12125550143"}
    both = {**one, "trading_name": "Zenith Gears", "duns": "150483782"}
    newcomers = [newcomer("client", new_id(), "erp", each) for each in (both, one)]
    placing = Placing("client", newcomers, configuration.stamp())
    first = placing.run()
    assert [p.created for p in first] == [True, False]
    assert first[0].golden == first[1].golden
    take([{"legal_name": "Zenith Gears", "duns": "150483782"}], "crm")
    [came] = filed().values()
    assert came.keys.isdisjoint(newcomers[1].keys)
    again = placing.look_again(first, filed())
    assert again[0].golden == came.golden
    assert again[1] is not first[1]
    assert again == placing.run()


def test_who_looks_at_a_golden_record_that_grew_is_decided_again() -> None:
    hub.open_hub()
    known = {"legal_name": "Zenith Gears", "duns": "150483782"}
    take([known], "crm")
    before = filed()
    one = {"legal_name": "Acme Tools", "phone": "+12125550143"}
    both = {**one, "trading_name": "Zenith Gears", "duns": "150483782"}
    newcomers = [newcomer("client", new_id(), "erp", each) for each in (both, one)]
    placing = Placing("client", newcomers, configuration.stamp())
    first = placing.run()
    [home] = {each.golden for each in before.values()}
    assert first[0].golden == home
    System.objects.create(code="late", name="Late")
    take([known], "late")
    late = {record: each for record, each in filed().items() if record not in before}
    [came] = late.values()
    assert came.golden == home
    assert came.keys.isdisjoint(newcomers[1].keys)
    again = placing.look_again(first, late)
    assert again[0].golden == home
    assert again[1] != first[1]
    assert again == placing.run()
