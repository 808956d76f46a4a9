"""Kantata's answers: records by kind and id, which `results` puts in order. Pure.

`{"count": 2, "results": [{"key": "workspaces", "id": "10"}, ...], "workspaces": {"10": {...}}}`,
and `{"errors": [{"type": ..., "message": ...}]}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sync.connectors.faults import poison
from sync.connectors.kantata.objects import KEY, SUBJECTS, UNITS
from sync.connectors.profile import Object
from sync.connectors.rest import Response, by_status
from sync.outbound.answers.retry import Answer


def meaning(response: Response) -> Answer:
    """The verdict on an answer that is no success, in Kantata's own words."""
    body = response.data if isinstance(response.data, Mapping) else {}
    errors = [e for e in body.get("errors") or () if isinstance(e, Mapping)]
    said = "; ".join(f"{e.get('type')}: {e.get('message')}" for e in errors)
    return by_status(response.answer, said)


def rows(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The records of an answer, in the order that only `results` keeps."""
    for each in data.get("results") or ():
        yield data[each["key"]][str(each["id"])]


def inward(
    thing: Object, record: Mapping[str, Any], data: Mapping[str, Any], service: str
) -> dict[str, Any]:
    """A record with what Kantata keeps beside it: our code, its client, price and status."""
    seen = dict(record)
    if thing.name in SUBJECTS:
        mine = _reference(record, data, service)
        seen[KEY] = mine.get("service_model_ref")
        seen["ended"] = mine.get("external_status") == "inactive"
    if thing.name == "workspaces":
        groups = data.get("workspace_groups") or {}
        ids = [str(i) for i in record.get("workspace_group_ids") or ()]
        seen["company_id"] = next((i for i in ids if groups.get(i, {}).get("company")), None)
        seen["status_key"] = str((record.get("status") or {}).get("key") or "") or None
        seen["price"] = whole(record, "price_in_cents")
    return seen


def whole(record: Mapping[str, Any], name: str = "amount_in_cents") -> Decimal | None:
    """An amount in the currency's whole, of one in its units."""
    cents, unit = record.get(name), record.get("currency_base_unit") or 100
    return None if cents is None else Decimal(cents) / Decimal(unit)


def cents(amount: Any, currency: Any) -> int | None:
    """An amount in its currency's units; Turned where it has more digits than these."""
    if amount is None:
        return None
    units = amount * UNITS.get(str(currency), 100)
    if units != units.to_integral_value():
        raise poison(f"a price of {amount} has more digits than {currency}")
    return int(units)


def _reference(
    record: Mapping[str, Any], data: Mapping[str, Any], service: str
) -> Mapping[str, Any]:
    held = data.get("external_references") or {}
    found = (held.get(str(i), {}) for i in record.get("external_reference_ids") or ())
    return next((each for each in found if each.get("service_name") == service), {})


def outward(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as Kantata takes them; Turned where a price has more digits than its currency."""
    body = {name: value for name, value in values.items() if name != "company_id"}
    if "status_key" in body:
        word = str(body["status_key"])
        body["status_key"] = int(word) if word.isdecimal() else word
    if "price" in body:
        body["price_in_cents"] = cents(body.pop("price"), body.get("currency"))
    return body
