"""Golden records as rows of a table, and rows of a table as data of a record.

A row has `source_id` and `same_as` (both the golden code), then a column per attribute: parts of
objects and of money values by their path, references by code, lists as JSON. What is restricted
has no column. Reading is the other way round, so that an exported file can be changed and loaded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from canonical import exact_json
from canonical.attributes import Attribute, EntitySchema, Kind

ENVELOPE = ("source_id", "same_as")
_CODE = re.compile(r"[A-Z]{2}-\d{6,}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MONEY = ("amount", "currency")


def columns(schema: EntitySchema) -> list[str]:
    """The columns of an entity's rows, after those of the envelope."""
    return [path for attribute in schema for path in _columns(attribute)]


def _columns(attribute: Attribute) -> Iterator[str]:
    if attribute.restricted:
        return
    if attribute.kind is Kind.OBJECT:
        for part in attribute.fields:
            if not part.restricted:
                yield f"{attribute.name}.{part.name}"
    elif attribute.kind is Kind.MONEY:
        yield from (f"{attribute.name}.{part}" for part in _MONEY)
    else:
        yield attribute.name


def flat(schema: EntitySchema, document: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """The cells of one shown document, in the order of `names`; safe to open in a spreadsheet."""
    return [_guarded(_text(_at(document, name))) for name in names]


def _at(document: Mapping[str, Any], path: str) -> Any:
    name, _, part = path.partition(".")
    value = document.get(name)
    return (value or {}).get(part) if part else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping) and value.keys() == {"id", "code"}:
        return str(value["code"])
    if isinstance(value, list | Mapping):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return str(value)


def _guarded(text: str) -> str:
    """A text that a spreadsheet would run as a formula, with the quote that keeps it a text."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def nested(schema: EntitySchema, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of text cells as data of the entity; what fits no attribute is left as it is."""
    data: dict[str, Any] = {}
    for path, text in row.items():
        name, _, part = path.partition(".")
        attribute = schema.by_name.get(name)
        if attribute is None or not isinstance(text, str):
            data[path] = text
        elif part:
            inner = _part(attribute, part)
            data.setdefault(name, {})[part] = _value(inner, text) if inner else text
        else:
            data[name] = _value(attribute, text)
    return data


def _part(attribute: Attribute, name: str) -> Attribute | None:
    return next((part for part in attribute.fields if part.name == name), None)


def _value(attribute: Attribute, text: str) -> Any:
    """What a cell means; what cannot be read stays text, for the validation to say why."""
    said = text.strip()
    if attribute.kind is Kind.INTEGER and re.fullmatch(r"-?\d{1,10}", said, re.ASCII):
        return int(said)
    if attribute.kind is Kind.BOOLEAN and said.lower() in ("true", "false"):
        return said.lower() == "true"
    if attribute.kind is Kind.REFERENCE:
        return {"golden_id": said} if _CODE.fullmatch(said) else {"source_id": said}
    if attribute.kind in (Kind.LIST, Kind.OBJECT, Kind.JSON):
        return _structure(said)
    return text


def _structure(text: str) -> Any:
    try:
        return _without_codes(exact_json.loads(text))
    except ValueError:
        return text


def _without_codes(value: Any) -> Any:
    """References inside lists, as they were shown, become references as they are sent."""
    if isinstance(value, list):
        return [_without_codes(item) for item in value]
    if isinstance(value, dict):
        if value.keys() == {"id", "code"}:
            return {"golden_id": value["code"]}
        return {name: _without_codes(item) for name, item in value.items() if item is not None}
    return value
