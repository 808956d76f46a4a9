"""What is filed of a record: rows of keys that are always those beside its features."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection

from canonical import writer
from matching.engine.normalise import Features
from matching.intake.filing import file_records, forget
from matching.intake.population import Newcomer
from matching.models import MatchFeatures, MatchKey, filed_under
from tests.factories import hub
from tests.factories.hub import client, home

pytestmark = pytest.mark.django_db

LOW, HIGH = -(2**63), 2**63 - 1


def newcomer(number: int, keys: Sequence[int], name: str = "") -> Newcomer:
    features = Features("client", ((name,), ()))
    return Newcomer(UUID(int=number), 'c"r\\m', features, tuple(keys), frozenset())


def rows() -> set[tuple[int, int]]:
    return _told((record, [key]) for record, key in MatchKey.objects.values_list("record", "key"))


def beside() -> set[tuple[int, int]]:
    return _told(MatchFeatures.objects.values_list("record", "keys"))


def _told(filed: Iterable[tuple[UUID, Sequence[int]]]) -> set[tuple[int, int]]:
    return {(record.int, key) for record, some in filed for key in filed_under("client", some)}


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
    MatchKey.objects.filter(key__in=filed_under("client", [1])).delete()
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


def test_records_filed_by_key_and_entity_are_filed_by_one_number() -> None:
    hub.open_hub()
    client("Globex Corporation", source_id="1", website="https://www.globex.com")
    person = {"display_name": "Ann Lee", "date_of_birth": "1980-02-03"}
    hub.put("crm", "resource", "2", person, 1)
    filed = list(MatchKey.objects.values_list("key", "record").order_by("key", "record"))
    by_record = {row.record: row.keys for row in MatchFeatures.objects.all()}
    assert len(by_record) == 2
    for row in MatchFeatures.objects.all():
        row.keys = filed_under(row.entity, row.keys)
        row.save()
    MatchKey.objects.all().delete()
    with connection.cursor() as cursor:
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        import_module("matching.migrations.0005_entity_in_the_key").renumber(apps, editor)
    assert list(MatchKey.objects.values_list("key", "record").order_by("key", "record")) == filed
    assert {row.record: row.keys for row in MatchFeatures.objects.all()} == by_record
