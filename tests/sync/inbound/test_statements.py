"""Law 5: the number of SQL statements of a chunk does not grow with its records."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync.inbound.arrivals import Item
from sync.inbound.receive import CHUNK, receive
from tests.factories import hub

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def names(seed: int, count: int) -> list[str]:
    """Names that share a word with some others, and so a key, but do not resemble each other."""
    shared = [_word(random.Random(number)) for number in range(24)]
    chance = random.Random(f"names {seed}")
    return [f"{_word(chance)} {shared[number % 24]}" for number in range(count)]


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(5)).title()


def clients(system: str, seed: int, count: int, order: int) -> list[Item]:
    return [
        hub.item(
            system,
            f"{seed}-{number}",
            {
                "legal_name": name,
                "duns": f"{seed * 1000 + number:09d}",
                "client_status": "active",
                "tags": [f"{system} {order}"],
                "addresses": [{"role": "billing", "locality": name, "country": "DE"}],
            },
            order,
        )
        for number, name in enumerate(names(seed, count))
    ]


def contracts(system: str, seed: int, count: int, order: int) -> list[Item]:
    return [
        hub.item(
            system,
            f"{seed}-{number}",
            {
                "title": name,
                "contract_number": f"{seed}/{number}",
                "client": {"source_id": f"{seed}-{number}"},
                "lines": [{"line_no": "1", "amount": f"{order}.00"}],
            },
            order,
        )
        for number, name in enumerate(names(seed + 50, count))
    ]


def statements(system: str, entity: str, items: Sequence[Item], outcome: str) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        answers = receive(hub.SENDER, system, entity, items)
    assert {answer.outcome for answer in answers} == {outcome}
    return [query["sql"][:120] for query in asked.captured_queries]


def story(seed: int, count: int) -> dict[str, list[str]]:
    """Create, link, update, repeat and refer, a chunk each."""
    return {
        "create": statements("crm", "client", clients("crm", seed, count, 1), "created"),
        "link": statements("erp", "client", clients("erp", seed, count, 1), "linked"),
        "update": statements("crm", "client", clients("crm", seed, count, 2), "updated"),
        "repeat": statements("crm", "client", clients("crm", seed, count, 2), "unchanged"),
        "stale": statements("crm", "client", clients("crm", seed, count, 0), "stale"),
        "refer": statements("crm", "contract", contracts("crm", seed, count, 1), "created"),
        "refer again": statements("crm", "contract", contracts("crm", seed, count, 2), "updated"),
    }


def test_two_hundred_records_take_the_statements_of_twenty() -> None:
    hub.open_hub()
    story(3, 24)  # reads the configuration, and leaves candidates for all that follow
    few, many = story(1, 20), story(2, CHUNK)
    for step, sent in many.items():
        told = "\n".join([f"{step} of 20:", *few[step], f"{step} of {CHUNK}:", *sent])
        assert len(sent) == len(few[step]), told
