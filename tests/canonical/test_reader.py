"""Reads that are compiled once answer what the same queryset answers, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import DateTimeField
from django.test.utils import CaptureQueriesContext

from canonical import writer
from canonical.models import Golden, SourceRecord, System, new_id
from canonical.reader import Read, Slot

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture(autouse=True)
def records() -> list[Any]:
    System.objects.create(code="crm", name="CRM")
    ids = [new_id() for _ in range(3)]
    rows: list[dict[str, Any]] = [
        {
            "id": each,
            "state": "active",
            "current_id": None,
            "changed_at": {"legal_name": f"ä {n}"},
            "issues": [],
            "contributes": True,
            "system_id": "crm",
            "entity": "client",
            "source_id": f"Zoë's {n}",
            "annotations": {},
            "primary": False,
            "received_at": AT,
        }
        for n, each in enumerate(ids)
    ]
    writer.insert(SourceRecord, rows)
    return ids


NAMED = Read(
    lambda: SourceRecord.objects.filter(
        system=Slot("system"), source_id__any=Slot("names")
    ).values_list("source_id", "id", "changed_at", "received_at")
)
BY_ID = Read(
    lambda: SourceRecord.objects.filter(id__any=Slot("ids")).order_by("source_id").values_list("id")
)
SINCE = Read(
    lambda: SourceRecord.objects.filter(
        received_at__gte=Slot("moment", DateTimeField())
    ).values_list("id")
)


def test_values_come_back_as_the_fields_have_them(records: list[Any]) -> None:
    [row] = NAMED(system="crm", names=["Zoë's 1", "nobody"])
    assert row == ("Zoë's 1", records[1], {"legal_name": "ä 1"}, AT)
    assert NAMED(system="erp", names=["Zoë's 1"]) == []


HOSTILE = ('a"b', "a\\b", "a,b", "{a}", "", " ", "NULL", "null", "ä'ö", "%s $1")


def test_texts_are_asked_for_as_they_are() -> None:
    first = SourceRecord.objects.values().first()
    assert first is not None
    rows = [first | {"id": new_id(), "source_id": text} for text in HOSTILE]
    writer.insert(SourceRecord, rows)
    assert {row[0] for row in NAMED(system="crm", names=HOSTILE)} == set(HOSTILE)
    for text in HOSTILE:
        assert [row[0] for row in NAMED(system="crm", names=[text])] == [text]


def test_ids_and_instants_are_asked_for_as_they_are(records: list[Any]) -> None:
    assert BY_ID(ids=records[:2]) == [(records[0],), (records[1],)]
    assert BY_ID(ids=[]) == []
    assert len(SINCE(moment=AT)) == 3
    assert SINCE(moment=AT.replace(year=2027)) == []


def test_the_statement_is_seen_by_those_who_count_them(records: list[Any]) -> None:
    with CaptureQueriesContext(connection) as asked:
        BY_ID(ids=records)
    assert len(asked) == 1
    assert "canonical_sourcerecord" in asked.captured_queries[0]["sql"]


@pytest.mark.postgres
def test_a_read_sees_the_writes_collected_before_it() -> None:
    golden = {
        "id": new_id(),
        "entity": "client",
        "code": "CL-1",
        "version": 1,
        "state": "active",
        "merged_into_id": None,
        "published_version": None,
        "content_hash": "",
        "head_hash": "",
        "created_at": AT,
        "updated_at": AT,
    }
    with CaptureQueriesContext(connection) as asked, writer.together(few=1):
        writer.insert(Golden, [golden])
        writer.update(Golden, [{"id": golden["id"], "version": 2}])
        writer.delete(SourceRecord, "id", BY_ID(ids=[]))
        assert Golden.objects.get().version == 2
        writer.delete(Golden, "id", [golden["id"]])
        writer.insert(Golden, [golden | {"code": "CL-2"}])
    assert Golden.objects.get().code == "CL-2"
    assert len(asked) == 6


@pytest.mark.postgres
def test_writes_of_several_tables_go_as_one_statement(records: list[Any]) -> None:
    with CaptureQueriesContext(connection) as asked, writer.together(few=1):
        writer.update(SourceRecord, [{"id": records[0], "state": "retired"}])
        writer.delete(Golden, "id", [new_id()])
    assert len(asked) == 1
    assert SourceRecord.objects.get(pk=records[0]).state == "retired"
