"""One statement for many rows, the same values on both databases and by either way in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from canonical import writer
from canonical.entities import Client, Contract
from canonical.exact_json import Encoded
from canonical.models import (
    Golden,
    SourceRecord,
    SourceVersion,
    System,
    new_id,
)
from matching.models import MatchFeatures

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def goldens(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "entity": "contract",
            "code": f"CT-{number:06d}",
            "version": 2**40 + number,
            "state": "active",
            "merged_into_id": None,
            "published_version": None if number % 2 else number,
            "content_hash": "",
            "head_hash": "",
            "created_at": AT,
            "updated_at": AT,
        }
        for number in range(count)
    ]


def contract(golden: UUID, **given: Any) -> dict[str, Any]:
    return {
        "golden_id": golden,
        "title": 'Zoë\'s "works"\t🎉\n\\N',
        "effective_from": "2024-02-29",
        "term_months": 12,
        "total_value": "12345678901.2345",
        "total_value_currency": "EUR",
        "payment_terms": {"net_days": 30, "code": "ü"},
        "document_refs": [{"uri": "https://x.example/%20"}],
        "tags": None,
        "cap_alert_pct": None,
        **given,
    }


MANY = writer.INLINE_VALUES // 10 + 1


@pytest.mark.parametrize("count", [1, 3, MANY], ids=["a row", "a few rows", "many rows"])
def test_inserted_rows_read_back_as_they_were(count: int) -> None:
    rows = goldens(count)
    writer.insert(Golden, rows)
    writer.insert(Contract, [contract(row["id"]) for row in rows])
    assert Golden.objects.count() == count
    for row, held in zip(rows, Golden.objects.order_by("code"), strict=True):
        assert {name: getattr(held, name) for name in row} == row
    for typed in Contract.objects.all():
        assert typed.title == 'Zoë\'s "works"\t🎉\n\\N'
        assert typed.effective_from == date(2024, 2, 29)
        assert (typed.term_months, typed.cap_alert_pct, typed.tags) == (12, None, None)
        assert typed.total_value == Decimal("12345678901.2345")
        assert typed.payment_terms == {"net_days": 30, "code": "ü"}
        assert typed.document_refs == [{"uri": "https://x.example/%20"}]
    assert Contract.objects.filter(tags__isnull=True).count() == count


def test_rows_that_are_there_already_are_left_out() -> None:
    first, *others = goldens(3)
    writer.insert(Golden, [first])
    writer.insert(Golden, [{**first, "id": new_id(), "version": 1}, *others], held=True)
    for row, held in zip([first, *others], Golden.objects.order_by("code"), strict=True):
        assert {name: getattr(held, name) for name in row} == row
    rows = [contract(golden["id"], title=f"\\ {n}\r\n\t") for n, golden in enumerate(others)]
    writer.insert(Contract, rows, held=True)
    assert [c.title for c in Contract.objects.order_by("title")] == ["\\ 0\r\n\t", "\\ 1\r\n\t"]
    assert {c.total_value for c in Contract.objects.all()} == {Decimal("12345678901.2345")}


def test_json_that_is_text_already_is_stored_as_it_is() -> None:
    [row] = goldens(1)
    writer.insert(Golden, [row])
    told = Encoded('{"code": "\\u00fc\\n", "net_days": 30}')
    writer.insert(Contract, [contract(row["id"], payment_terms=told)])
    assert Contract.objects.get().payment_terms == {"code": "ü\n", "net_days": 30}


@pytest.mark.parametrize("count", [1, 3, MANY], ids=["a row", "a few rows", "many rows"])
def test_updated_rows_read_back_as_they_were(count: int) -> None:
    rows = goldens(count)
    writer.insert(Golden, rows)
    writer.insert(Contract, [contract(row["id"]) for row in rows])
    changed = {
        "title": "Ωμέγα",
        "effective_from": "9999-12-31",
        "term_months": None,
        "total_value": "-0.0001",
        "payment_terms": None,
        "document_refs": [],
        "tags": ["a", "b"],
    }
    writer.update(Contract, [{"golden_id": row["id"], **changed} for row in rows[1:] or rows])
    held = Contract.objects.order_by("golden_id").last()
    assert held is not None
    assert (held.title, held.effective_from) == ("Ωμέγα", date(9999, 12, 31))
    assert (held.term_months, held.total_value) == (None, Decimal("-0.0001"))
    assert (held.payment_terms, held.document_refs, held.tags) == (None, [], ["a", "b"])
    assert held.total_value_currency == "EUR"
    assert Contract.objects.exclude(title="Ωμέγα").count() == (0 if count == 1 else 1)


def test_json_null_and_nothing_are_kept_apart_from_text() -> None:
    System.objects.create(code="crm", name="CRM")
    record = SourceRecord.objects.create(
        system_id="crm", entity="client", source_id="1", state="active", received_at=AT
    )
    row: dict[str, Any] = {
        "id": new_id(),
        "record_id": record.id,
        "order_key": "t1",
        "happened_at": AT,
        "received_at": AT,
        "digest": "d",
        "raw": '{"a": "\\u0000"}',
        "values": {"a": None, "b": [1, "x", {"c": False}], "ü": "1.00"},
        "retired": False,
        "faults": [],
        "mapping_version": None,
        "actor": "x",
        "correlation_id": "",
    }
    writer.insert(SourceVersion, [row])
    held = SourceVersion.objects.get()
    assert {name: getattr(held, name) for name in row} == row


def test_binary_rows_go_in_by_either_way() -> None:
    for count in (1, 700):
        MatchFeatures.objects.all().delete()
        rows = [
            {"record": new_id(), "entity": "client", "system": "crm"}
            | {"packed": bytes(range(256)), "keys": [n, -(2**63)]}
            for n in range(count)
        ]
        writer.insert(MatchFeatures, rows)
        assert {bytes(held.packed) for held in MatchFeatures.objects.all()} == {bytes(range(256))}
        assert {held.record: held.keys for held in MatchFeatures.objects.all()} == {
            row["record"]: row["keys"] for row in rows
        }


def test_deleting_reads_nothing_first() -> None:
    rows = goldens(3)
    writer.insert(Golden, rows)
    with CaptureQueriesContext(connection) as asked:
        writer.delete(Golden, "id", [row["id"] for row in rows[:2]])
        writer.delete(Golden, "id", [])
    assert len(asked) == 1
    assert Golden.objects.get().code == "CT-000002"


def test_few_records_with_many_rows_go_in_together() -> None:
    rows = goldens(300)

    with writer.together(few=1):
        writer.insert(Golden, rows)

    assert Golden.objects.count() == 300


def test_nothing_to_write_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as asked:
        writer.insert(Client, [])
        writer.update(Client, [])
        assert writer.next_codes("client", "CL", 0) == []
    assert len(asked) == 0


def test_codes_are_given_out_once() -> None:
    first, second = writer.next_codes("client", "CL", 3), writer.next_codes("client", "CL", 2)
    assert len({*first, *second}) == 5
    assert first == sorted(first)
    assert all(code.startswith("CL-") and len(code) <= 20 for code in first)


def test_the_clock_is_the_databases_and_goes_on_inside_a_transaction() -> None:
    first = writer.now()
    second = writer.now()
    assert first.tzinfo is not None
    assert first <= second


def test_many_rows_may_be_sent_together_with_a_few() -> None:
    rows = goldens(MANY)
    with writer.together(few=1):
        writer.insert(Golden, rows[:1])
        writer.insert(Golden, rows[1:])
    assert Golden.objects.count() == MANY


@pytest.mark.postgres
def test_many_rows_take_as_many_statements_as_few() -> None:
    def statements(rows: Sequence[dict[str, Any]]) -> int:
        with CaptureQueriesContext(connection) as asked:
            writer.insert(Golden, rows)
            writer.insert(Contract, [contract(row["id"]) for row in rows])
            writer.update(Contract, [{"golden_id": row["id"], "title": "x"} for row in rows])
        return len(asked)

    assert statements(goldens(5)) == 3
    assert statements([{**row, "code": f"X{row['code']}"} for row in goldens(500)]) <= 3
