"""What of a billing schedule's items is billed by a billing system, whichever it is. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from sync.connectors.forms import number
from sync.connectors.profile import Rendered

IN_FORCE: Final = frozenset({None, "active"})
#: Items that are not billed there: given up, held back, or billed already.
WITHHELD: Final = frozenset({"cancelled", "on_hold", "invoiced"})
CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Names:
    """What a system calls an item's text, day and amount."""

    text: str
    day: str
    amount: str


def settle(rendered: Rendered, names: Names) -> Rendered:
    """The schedule with what is to be billed of it: of one that is not in force nothing.

    The values `total` and `status` say what a share is of, and whether it is in force; they and
    the paths they came by cannot be read back. `itemised` says whether items were told at all.
    """
    values, attributes = dict(rendered.values), dict(rendered.attributes)
    total, in_force = values.get("total"), values.pop("status", None) in IN_FORCE
    for path in ("total_amount", "schedule_status"):
        attributes.pop(path, None)
    items = dict(_items(rendered, total, names)) if in_force else {}
    values |= {"itemised": "items" in attributes, "in_force": in_force}
    if not in_force:
        attributes.pop("items", None)
    elif "items" in attributes:
        attributes["items"] = {key: _seen(key, item, names) for key, item in items.items()}
    elements = tuple(replace(e, values=items[e.key]) for e in rendered.elements if e.key in items)
    return replace(rendered, values=values, attributes=attributes, elements=elements)


def _items(rendered: Rendered, total: Any, names: Names) -> Iterator[tuple[str, dict[str, Any]]]:
    for element in rendered.elements:
        told = element.values
        amount, day = told.get(names.amount), str(told.get(names.day) or "")[:10]
        if amount is None and None not in (told.get("percent"), total):
            amount = (Decimal(str(total)) * Decimal(str(told["percent"])) / 100).quantize(CENT)
        if amount and day and told.get("status") not in WITHHELD:
            text = told.get(names.text) or None
            yield element.key, {names.text: text, names.day: day, names.amount: amount}


def _seen(key: str, item: dict[str, Any], names: Names) -> dict[str, Any]:
    return {"item_no": key, "description": item[names.text], "bill_date": item[names.day],
            "amount": number(item[names.amount]), "percent": None, "item_status": None}  # fmt: skip
