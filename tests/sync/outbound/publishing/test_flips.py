"""What counts as two systems overwriting each other."""

from __future__ import annotations

import pytest

from sync.outbound.publishing import flips
from sync.outbound.publishing.flips import Flip, Said


def said(*turns: tuple[str, str]) -> list[Said]:
    return [Said({"phone": value}, {"phone": system}) for system, value in turns]


TO_AND_FRO = [("crm", "1"), ("erp", "2")] * 3


def test_five_flips_between_two_systems_are_found() -> None:
    assert flips.find(said(*TO_AND_FRO)) == [Flip("phone", 5, {"crm": "1", "erp": "2"})]


@pytest.mark.parametrize(
    "turns",
    [
        TO_AND_FRO[:5],
        [("crm", str(n)) for n in range(9)],  # one system may say what it likes
        [("crm", "1"), ("erp", "1")] * 5,  # agreeing is no flip
        [*TO_AND_FRO, ("console", "3")],  # a person has spoken
    ],
)
def test_anything_less_is_none(turns: list[tuple[str, str]]) -> None:
    assert flips.find(said(*turns)) == []
