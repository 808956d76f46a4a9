"""Which records are compared with one that arrives: those that share most, in one order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest

from canonical import writer
from canonical.models import Link
from canonical.reader import select
from matching.intake import candidates
from matching.intake.candidates import KEY_CAP, MEMBERS_CAP, RECORD_CAP, Asked, Near, nearby
from matching.models import MatchKey, filed_under
from tests.factories import hub

pytestmark = pytest.mark.django_db

NOBODY = UUID(int=10**9)


@pytest.fixture(autouse=True)
def _no_heavy_keys() -> Iterator[None]:
    yield
    candidates.heavy.forget()


def file(key: int, records: range) -> None:
    [number] = filed_under("client", [key])
    rows = [(number, str(UUID(int=n))) for n in records]
    writer.insert_tuples(MatchKey, ("key", "record"), rows)


def near(entity: str, asked: list[Asked]) -> list[Near]:
    found, held = nearby(entity, asked)
    assert not held
    return found


def numbers(found: Near) -> list[int]:
    return [record.int for record in found.records]


def test_who_shares_more_and_rarer_keys_comes_first() -> None:
    file(1, range(1, 4))
    file(2, range(3, 5))
    file(-3, range(5, 15))
    [found] = near("client", [Asked(NOBODY, [1, 2, -3], [])])
    assert numbers(found)[:4] == [3, 4, 1, 2]
    assert len(found.records) == RECORD_CAP
    assert found.cut
    assert not found.strong


def test_who_shares_little_beside_the_nearest_is_left_out() -> None:
    for key in (1, 2, 3):
        file(key, range(1, 2))
    file(4, range(2, 2 + KEY_CAP))
    file(5, range(50, 52))
    [found] = near("client", [Asked(NOBODY, [1, 2, 3, 4, 5], [5])])
    assert numbers(found) == [50, 51, 1]
    assert not found.cut
    [alone] = near("client", [Asked(NOBODY, [4], [])])
    assert numbers(alone) == list(range(2, 2 + RECORD_CAP))


def test_who_shares_an_identifier_is_never_cut_off() -> None:
    file(1, range(1, 41))
    file(2, range(1, 31))
    file(7, range(50, 52))
    [found] = near("client", [Asked(NOBODY, [1, 2, 7], [7])])
    assert numbers(found)[:2] == [50, 51]
    assert found.strong == {UUID(int=50), UUID(int=51)}
    file(8, range(100, 100 + RECORD_CAP + 6))
    [found] = near("client", [Asked(NOBODY, [8], [8])])
    assert len(found.records) == RECORD_CAP + 6


def test_a_record_is_not_near_itself_and_each_has_its_own() -> None:
    file(1, range(1, 3))
    file(2, range(2, 4))
    one, two = near("client", [Asked(UUID(int=1), [1], []), Asked(NOBODY, [2], [])])
    assert (numbers(one), numbers(two)) == ([2], [2, 3])
    assert not one.cut
    assert near("resource", [Asked(NOBODY, [1], [])])[0].records == []
    assert near("client", [Asked(NOBODY, [], [])])[0].records == []


def test_a_heavy_key_tells_nothing_and_is_not_asked_for_again() -> None:
    file(1, range(1, KEY_CAP + 2))
    file(2, range(1, KEY_CAP + 1))
    [found] = near("client", [Asked(NOBODY, [1], [])])
    assert found.records == []
    assert candidates.heavy.without("client", [1, 2]) == [2]
    assert len(near("client", [Asked(NOBODY, [1, 2], [])])[0].records) == RECORD_CAP


def test_of_a_crowded_golden_record_the_oldest_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    hub.open_hub()
    first = hub.put("crm", "client", "0", {"legal_name": "Birch Harbor"}, 1)
    assert first.golden is not None
    for number in range(1, MEMBERS_CAP + 5):
        said = {"legal_name": "Birch Harbor"}
        answer = hub.put("crm", "client", f"{number}", said, 1, same_as=first.golden.code)
        assert answer.golden is not None
        assert answer.golden.id == first.golden.id
    read: list[int] = []

    def counting(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        rows = select(sql, params)
        read.append(len(rows))
        return rows

    monkeypatch.setattr(candidates, "select", counting)
    [found] = candidates.members([first.golden.id]).values()
    linked = Link.objects.order_by("record").values_list("record", flat=True)
    assert [member.record for member in found] == list(linked[:MEMBERS_CAP])
    assert read == [MEMBERS_CAP]
