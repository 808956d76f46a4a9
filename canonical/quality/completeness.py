"""What a complete record has: every mandatory attribute and part. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from canonical.attributes import Attribute, EntitySchema, Kind
from canonical.quality.rules import Content, Issue, elements, missing

NOTHING: tuple[Any, ...] = (None, "", [], {})
WORKERS = ("employee", "contingent")


def mandatory(schema: EntitySchema, content: Content) -> Iterator[Issue]:
    """Attributes declared mandatory, and the mandatory parts of what is there."""
    for attribute in schema:
        value = content.get(attribute.name)
        if value in NOTHING:
            if attribute.mandatory:
                yield missing(attribute.name)
        elif attribute.fields:
            yield from _parts(attribute, content)


def _parts(attribute: Attribute, content: Content) -> Iterator[Issue]:
    needed = [part.name for part in attribute.fields if part.mandatory]
    if attribute.kind is Kind.LIST:
        for place, element in elements(content, attribute.name):
            for name in needed:
                if element.get(name) in NOTHING:
                    yield missing(f"{attribute.name}[{place}].{name}")
        return
    for name in needed:
        if content[attribute.name].get(name) in NOTHING:
            yield missing(f"{attribute.name}.{name}")


def worker_id(schema: EntitySchema, content: Content) -> Iterator[Issue]:
    """Employees and contingent workers are known by a worker id."""
    if content.get("resource_type") in WORKERS and not content.get("worker_id"):
        yield missing("worker_id", "An employee or contingent worker has one.", "worker_id")


HOURLY = (
    "time_and_materials",
    "time_and_materials_capped",
    "cost_plus",
    "charge_based",
    "unit_of_delivery",
)


def bill_amount(schema: EntitySchema, content: Content) -> Iterator[Issue]:
    """A billing item says how much, unless it is by the hour."""
    if schema.entity != "billing_schedule" or content.get("schedule_type") in HOURLY:
        return
    for place, item in elements(content, "items"):
        if all(item.get(name) in NOTHING for name in ("amount", "percent", "quantity")):
            yield missing(f"items[{place}].amount", "It says no amount.", "bill_amount")
