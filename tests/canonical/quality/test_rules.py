"""The rules of quality as a table: what is at fault, and where."""

from __future__ import annotations

from typing import Any

import pytest

from canonical.entities import ENTITIES, schema_of
from canonical.quality import Dimension, assess

LINE = {"rate_unit": "HUR", "billing_role": "partner"}
PLAN = {"total_amount": {"amount": "100.00", "currency": "EUR"}, "schedule_type": "progress"}
DONE = {"item_no": "1", "bill_date": "2026-05-01"}
TAX = {"type": "vat", "country": "GB"}

CASES: list[tuple[str, dict[str, Any], set[tuple[str, str]]]] = [
    ("client", {"lei": "529900T8BM49AURSDO55"}, set()),
    ("client", {"lei": "529900T8BM49AURSDO56"}, {("lei", "lei")}),
    ("client", {"duns": "12345678"}, {("duns", "duns")}),
    ("client", {"tax_ids": [{**TAX, "value": "GB980780684"}]}, set()),
    ("client", {"tax_ids": [{**TAX, "value": "GB980780685"}]}, {("tax_id", "tax_ids[0].value")}),
    ("client", {"tax_ids": [{"country": "CH", "value": "CHE-107.787.577"}]}, set()),
    ("client", {"tax_ids": [{"country": "US", "value": "anything"}]}, set()),
    ("client", {"bank_accounts": [{"iban": "GB33BUKB20201555555555"}]}, set()),
    (
        "client",
        {"bank_accounts": [{"iban": "GB34BUKB20201555555555"}]},
        {("iban", "bank_accounts[0].iban")},
    ),
    ("engagement", {"probability": "0.5", "percent_complete": "1"}, set()),
    ("engagement", {"probability": "50"}, {("share", "probability")}),
    (
        "engagement",
        {"planned_start": "2026-02-01", "planned_end": "2026-01-31"},
        {("date_order", "planned_end")},
    ),
    (
        "engagement",
        {"currency": "EUR", "fee_budget": {"amount": "1", "currency": "USD"}},
        {("one_currency", "fee_budget")},
    ),
    (
        "rate_card",
        {
            "lines": [
                {**LINE, "effective_from": "2026-01-01", "effective_to": "2026-07-01"},
                {**LINE, "effective_from": "2026-07-01"},
                {**LINE, "billing_role": "manager", "effective_from": "2026-01-01"},
            ]
        },
        set(),
    ),
    (
        "rate_card",
        {
            "lines": [
                {**LINE, "effective_from": "2026-01-01", "effective_to": "2026-07-02"},
                {**LINE, "effective_from": "2026-07-01"},
            ]
        },
        {("rate_overlap", "lines[1].effective_from")},
    ),
    ("billing_schedule", {**PLAN, "items": [{**DONE, "percent": "100"}]}, set()),
    ("billing_schedule", {**PLAN, "items": [{**DONE, "amount": "99"}]}, {("adds_up", "items")}),
    (
        "billing_schedule",
        {**PLAN, "schedule_type": "time_and_materials", "items": [{**DONE, "amount": "99"}]},
        set(),
    ),
    (
        "billing_schedule",
        {**PLAN, "items": [{**DONE, "amount": "99", "item_status": "cancelled"}]},
        set(),
    ),
    ("billing_schedule", {**PLAN, "items": [DONE]}, {("bill_amount", "items[0].amount")}),
    (
        "billing_schedule",
        {**PLAN, "starts_on": "2026-06-01", "items": [{**DONE, "percent": "100"}]},
        {("within", "items[0].bill_date")},
    ),
    (
        "billing_schedule",
        {**PLAN, "items": [{**DONE, "percent": "100", "item_status": "invoiced"}]},
        {("invoiced", "items[0].item_status")},
    ),
    ("contract", {"contract_status": "active"}, {("signed", "contract_status")}),
    ("contract", {"contract_status": "active", "signed_by_us_on": "2026-01-01"}, set()),
    (
        "contract",
        {
            "total_value": {"amount": "5", "currency": "EUR"},
            "lines": [{"line_no": "1", "amount": "6"}],
        },
        {("lines_add_up", "lines")},
    ),
    ("resource", {"resource_type": "employee"}, {("worker_id", "worker_id")}),
    ("resource", {"employment_status": "terminated"}, {("terminated", "employment_status")}),
]


@pytest.mark.parametrize(("entity", "content", "expected"), CASES)
def test_rules(entity: str, content: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    found = assess(schema_of(entity), content).issues
    assert {(i.rule, i.path) for i in found if i.rule != "mandatory"} == expected


def test_what_is_mandatory_is_missed_wherever_it_stands() -> None:
    content = {"party_type": "organization", "addresses": [{"role": "billing"}]}
    found = assess(schema_of("client"), content)
    assert {i.path for i in found.issues} == {
        "legal_name",
        "client_status",
        "addresses[0].country",
    }
    assert found.marks == {
        Dimension.COMPLETENESS: 25,
        Dimension.VALIDITY: 100,
        Dimension.CONSISTENCY: 100,
    }
    assert found.score == round(25 * 0.5 + 30 + 20)


@pytest.mark.parametrize("entity", ENTITIES)
def test_an_empty_record_lacks_exactly_what_is_mandatory(entity: str) -> None:
    schema = schema_of(entity)
    found = assess(schema, {})
    assert {i.path for i in found.issues} == {a.name for a in schema if a.mandatory}
    assert found.marks[Dimension.COMPLETENESS] == 0
