"""What is at odds with something else in the same record: overlaps, sums, currencies. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from canonical.attributes import EntitySchema
from canonical.quality.completeness import HOURLY
from canonical.quality.rules import Content, Issue, elements, inconsistent

RATE_KEY = ("resource", "billing_role", "grade", "location", "service_code", "rate_unit")
TOLERANCE = Decimal("0.01")
SIGNED = ("signed", "active", "completed")
AMOUNTS = ("total_value", "cap_amount", "total_amount", "fee_budget", "cost_budget")
FOR_EVER = "9999-12-31"


def rate_overlaps(schema: EntitySchema, content: Content) -> Iterator[Issue]:
    """For one key and unit only one rate of a card holds on a day; validity is half-open."""
    if schema.entity != "rate_card":
        return
    by_key: dict[tuple[Any, ...], list[tuple[str, str, int]]] = defaultdict(list)
    for place, line in elements(content, "lines"):
        begins = str(line.get("effective_from") or content.get("effective_from") or "")
        ends = str(line.get("effective_to") or content.get("effective_to") or FOR_EVER)
        by_key[tuple(line.get(name) for name in RATE_KEY)].append((begins, ends, place))
    for lines in by_key.values():
        for earlier, later in pairwise(sorted(lines)):
            if later[0] < earlier[1]:
                where = f"lines[{later[2]}].effective_from"
                said = f"It overlaps line {earlier[2] + 1}, which holds until {earlier[1]}."
                yield inconsistent("rate_overlap", where, said)


def adds_up(schema: EntitySchema, content: Content) -> Iterator[Issue]:
    """The items of a billing schedule add up to its total unless it is billed by the hour."""
    total = _amount(content.get("total_amount"))
    if schema.entity != "billing_schedule" or total is None:
        return
    items = [
        item for _, item in elements(content, "items") if item.get("item_status") != "cancelled"
    ]
    if not items or content.get("schedule_type") in HOURLY:
        return
    parts = [_part(item, total) for item in items]
    if None not in parts and abs(sum(p for p in parts if p is not None) - total) > TOLERANCE:
        told = sum(p for p in parts if p is not None)
        yield inconsistent(
            "adds_up", "items", f"The items add up to {told:,.2f}, not {total:,.2f}."
        )


def lines_add_up(schema: EntitySchema, content: Content) -> Iterator[Issue]:
    """The lines of a contract add up to no more than its total value."""
    total = _amount(content.get("total_value"))
    if schema.entity != "contract" or total is None:
        return
    amounts = [line["amount"] for _, line in elements(content, "lines") if line.get("amount")]
    told = sum(map(Decimal, map(str, amounts)), Decimal(0))
    if told - total > TOLERANCE:
        said = f"The lines add up to {told:,.2f}, more than {total:,.2f}."
        yield inconsistent("lines_add_up", "lines", said)


def one_currency(schema: EntitySchema, content: Content) -> Iterator[Issue]:
    """The amounts of a record are in the record's currency."""
    currency = content.get("currency")
    for name in AMOUNTS:
        said = (content.get(name) or {}).get("currency")
        if currency and said and said != currency:
            yield inconsistent("one_currency", name, f"It is in {said}, the record in {currency}.")


def within(schema: EntitySchema, content: Content) -> Iterator[Issue]:
    """What is billed is billed from the start of the schedule on."""
    starts = content.get("starts_on")
    if schema.entity != "billing_schedule" or not starts:
        return
    for place, item in elements(content, "items"):
        if item.get("bill_date") and str(item["bill_date"]) < str(starts):
            said = f"It lies before the schedule starts, {starts}."
            yield inconsistent("within", f"items[{place}].bill_date", said)


def status(schema: EntitySchema, content: Content) -> Iterator[Issue]:
    """What a status claims has a date: a signature, an end of employment, an invoice."""
    if content.get("contract_status") in SIGNED and not _any(content, SIGNATURES):
        yield inconsistent("signed", "contract_status", "Nobody's signature has a date.")
    if content.get("employment_status") == "terminated" and not content.get("terminated_on"):
        yield inconsistent("terminated", "employment_status", "The last day is missing.")
    for place, item in elements(content, "items"):
        if item.get("item_status") == "invoiced" and not _any(item, ("invoice_ref", "invoiced_on")):
            where = f"items[{place}].item_status"
            yield inconsistent("invoiced", where, "It names no invoice and no day.")


SIGNATURES = ("signed_by_us_on", "signed_by_client_on")


def _any(content: Content, names: Sequence[str]) -> bool:
    return any(content.get(name) for name in names)


def _amount(money: Any) -> Decimal | None:
    return Decimal(str(money["amount"])) if money and money.get("amount") is not None else None


def _part(item: Content, total: Decimal) -> Decimal | None:
    if item.get("amount") is not None:
        return Decimal(str(item["amount"]))
    return total * Decimal(str(item["percent"])) / 100 if item.get("percent") is not None else None
