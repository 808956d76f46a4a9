"""Values as people type them: text in a form to a canonical value, and back. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from canonical.attributes import Attribute, Kind

_MONEY = re.compile(r"(?P<amount>-?[0-9]+(?:\.[0-9]+)?)\s+(?P<currency>[A-Za-z]{3})", re.ASCII)
_YES = {"yes": True, "true": True, "no": False, "false": False}
_STRUCTURED = frozenset({Kind.INTEGER, Kind.OBJECT, Kind.LIST, Kind.JSON})


class NotReadable(ValueError):
    """The text is no value of this kind; says what would be."""


def read(attribute: Attribute, text: str) -> Any:
    """The value in the form; none for an empty text, which pins emptiness."""
    wanted = text.strip()
    if not wanted:
        return None
    if attribute.kind is Kind.BOOLEAN:
        if wanted.lower() not in _YES:
            raise NotReadable("yes or no is expected.")
        return _YES[wanted.lower()]
    if attribute.kind is Kind.MONEY and (match := _MONEY.fullmatch(wanted)):
        return {"amount": match["amount"], "currency": match["currency"].upper()}
    if attribute.kind is Kind.REFERENCE:
        return {"golden_id": wanted}
    return _json(wanted) if attribute.kind in _STRUCTURED else wanted


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_float=str)
    except ValueError as error:
        raise NotReadable(f"JSON is expected here: {error}.") from None


def written(value: Any) -> str:
    """A value as it stands in the form, so that reading it gives the same value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping) and value.keys() == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    if isinstance(value, Mapping) and value.keys() == {"id", "code"}:
        return str(value["code"] or value["id"])
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)
