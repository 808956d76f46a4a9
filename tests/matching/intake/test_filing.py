"""What is filed of a record: rows of keys that are always those beside its features."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db import connection

from canonical import writer
from matching.engine.normalise import Features
from matching.intake.filing import file_records, forget
from matching.intake.population import Newcomer
from matching.models import MatchFeatures, MatchKey
from tests.factories import hub
from tests.factories.hub import client, home

pytestmark = pytest.mark.django_db

LOW, HIGH = -(2**63), 2**63 - 1


def newcomer(number: int, keys: Sequence[int], name: str = "") -> Newcomer:
    features = Features("client", ((name,), ()))
    return Newcomer(UUID(int=number), 'c"r\\m', features, tuple(keys), frozenset())


def rows() -> set[tuple[int, int]]:
    return {(record.int, key) for record, key in MatchKey.objects.values_list("record", "key")}


def beside() -> set[tuple[int, int]]:
    held = MatchFeatures.objects.values_list("record", "keys")
    return {(record.int, key) for record, keys in held for key in keys}


@pytest.mark.parametrize("few", [1, 2, 0])
def test_known_records_are_filed_anew_and_others_stay(few: int) -> None:
    file_records("client", [newcomer(1, [1, 2, HIGH]), newcomer(2, [2, LOW]), newcomer(3, [])])
    with writer.together(few):
        file_records(
            "client",
            [newcomer(1, [2, 3, LOW], "other"), newcomer(4, [1])],
            known=[UUID(int=1)],
        )
    filed = {(1, 2), (1, 3), (1, LOW), (2, 2), (2, LOW), (4, 1)}
    assert rows() == beside() == filed
    held = MatchFeatures.objects.get(record=UUID(int=1))
    assert held.system == 'c"r\\m'
    assert Features.unpack(held.packed).texts == ("other", "")


def test_keys_that_were_lost_are_filed_again() -> None:
    file_records("client", [newcomer(1, [1, 2])])
    MatchKey.objects.filter(key=1).delete()
    file_records("client", [newcomer(1, [1, 2])], known=[UUID(int=1)])
    assert rows() == {(1, 1), (1, 2)}


def test_what_is_forgotten_leaves_nothing() -> None:
    file_records("client", [newcomer(1, [1, 2]), newcomer(2, [2])])
    forget([])
    forget([UUID(int=1), UUID(int=9)])
    assert rows() == beside() == {(2, 2)}


def test_records_filed_before_get_their_system_and_keys() -> None:
    hub.open_hub()
    client("Globex Corporation", source_id="1", website="https://www.globex.com")
    assert home("crm", "1")
    filed = beside()
    assert filed == rows() != set()
    MatchFeatures.objects.update(system="", keys=[])
    with connection.cursor() as cursor:
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        import_module("matching.migrations.0004_keys_beside_features").gather(None, editor)
    assert beside() == filed
    assert set(MatchFeatures.objects.values_list("system", flat=True)) == {"crm"}
