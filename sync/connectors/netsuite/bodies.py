"""Records as NetSuite nests them, and as the field map sees them. Pure.

NetSuite keeps lists as `{"items": [...]}`, addresses in an address book, currencies by internal
id; the map sees plain lists, one address a role, and codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sync.connectors import paths
from sync.connectors.netsuite.objects import ADDRESSES, NAMED_BY, NUMBERED
from sync.connectors.profile import Child, Element, Object

Record = dict[str, Any]


def outward(
    thing: Object,
    values: Mapping[str, Any],
    elements: Iterable[Element],
    settings: Mapping[str, Any],
) -> Record:
    """The body of a write."""
    body: Record = _emptied(paths.nested(values))
    _address_book(body)
    currencies = settings["currencies"]
    _coded(body, currencies)
    if thing.entity in {"client", "resource", "engagement"} and settings["subsidiary"]:
        body.setdefault("subsidiary", {"id": str(settings["subsidiary"])})
    for child in thing.children:
        rows = [_row(child, e, settings) for e in elements if e.child.name == child.name]
        body[child.name] = {"items": rows}
    return body


def sublists(body: Mapping[str, Any]) -> str:
    """The lists that a write replaces as a whole."""
    return ",".join(name for name, value in body.items()
                    if isinstance(value, Mapping) and "items" in value)  # fmt: skip


def inward(thing: Object, record: Mapping[str, Any], settings: Mapping[str, Any]) -> Record:
    """A record that was read, as the field map sees it."""
    codes = {str(number): code for code, number in settings["currencies"].items()}
    seen = {**record}
    _decoded(seen, codes)
    for name, flag in ADDRESSES.items():
        seen[name] = _address(record, flag)
    for child in thing.children:
        items = (record.get(child.name) or {}).get("items") or ()
        seen[child.name] = [_element(child, dict(item), codes) for item in items]
    return seen


def named(child: Child, elements: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The elements by what names them in NetSuite, where that is not their number."""
    by = NAMED_BY.get(child.name)
    if by is None:
        return dict(elements)
    return {str(element.get(by)): element for element in elements.values()}


def _emptied(value: Any) -> Any:
    """`{"id": None}` is no reference: the whole of it is empty."""
    if not isinstance(value, Mapping):
        return value
    inner = {name: _emptied(part) for name, part in value.items()}
    return None if set(inner) in ({"id"}, {"code"}) and not any(inner.values()) else inner


def _coded(body: Record, currencies: Mapping[str, Any]) -> None:
    code = (body.get("currency") or {}).get("code")
    if code is not None:
        body["currency"] = {"id": str(currencies[code])} if code in currencies else None


def _decoded(record: Record, codes: Mapping[str, str]) -> None:
    number = (record.get("currency") or {}).get("id")
    if number is not None:
        record["currency"] = {"code": codes.get(str(number))}


def _address_book(body: Record) -> None:
    """Addresses by role become entries of the address book."""
    given = {flag: body.pop(name) for name, flag in ADDRESSES.items() if name in body}
    if not given:
        return
    entries = []
    for flag, address in given.items():
        first, _, rest = str(address.pop("lines", None) or "").partition("\n")
        parts = {"addr1": first, "addr2": rest.replace("\n", ", "), **address}
        filled = {name: value for name, value in parts.items() if value}
        if filled:
            entries.append({flag: True, "addressBookAddress": filled})
    body["addressBook"] = {"items": entries}


def _address(record: Mapping[str, Any], flag: str) -> Record:
    for entry in (record.get("addressBook") or {}).get("items") or ():
        if entry.get(flag):
            address = dict(entry.get("addressBookAddress") or {})
            lines = [address.pop("addr1", None), address.pop("addr2", None)]
            return {**address, "lines": "\n".join(filter(None, lines)) or None}
    return {}


def _row(child: Child, element: Element, settings: Mapping[str, Any]) -> Record:
    row: Record = _emptied(paths.nested(element.values))
    _coded(row, settings["currencies"])
    if child.name == "item" and settings["contract_item"]:
        row["item"] = {"id": str(settings["contract_item"])}
    if text := NUMBERED.get(child.name):
        row[text] = f"{element.key}: {row.get(text) or ''}".rstrip()
    return {name: value for name, value in row.items() if value is not None}


def _element(child: Child, item: Record, codes: Mapping[str, str]) -> Record:
    _decoded(item, codes)
    if text := NUMBERED.get(child.name):
        number, _, rest = str(item.get(text) or "").partition(":")
        item[child.key], item[text] = number.strip(), rest.strip() or None
    else:
        item[child.key] = item.get("custcol_golden_line") or str(item.get("line"))
    return item
