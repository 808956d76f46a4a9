"""How a value of a document is laid out: text, a link, a list, or a small table. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NOTHING: tuple[Any, ...] = (None, "", [], {})
REFERENCE = {"id", "code"}
MONEY = {"amount", "currency"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One value as a template draws it; `target` is the id of the golden record it refers to."""

    text: str = ""
    target: str = ""
    items: tuple[Shown, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Shown, ...], ...] = field(default=())

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not (self.text or self.items or self.rows)


def shown(value: Any) -> Shown:
    """The value laid out."""
    if value in NOTHING:
        return Shown()
    if isinstance(value, bool):
        return Shown("yes" if value else "no")
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _list(value)
    return Shown(str(value))


def _object(value: Mapping[str, Any]) -> Shown:
    if value.keys() == REFERENCE:
        return Shown(str(value["code"] or value["id"]), target=str(value["id"]))
    if value.keys() == MONEY:
        return Shown(f"{value['amount']} {value['currency']}")
    parts = [(name, part) for name, part in value.items() if part not in NOTHING]
    return Shown(items=tuple(_labelled(label(name), _cell(part)) for name, part in parts))


def _labelled(name: str, part: Shown) -> Shown:
    if part.text:
        return Shown(f"{name}: {part.text}", target=part.target)
    return Shown(items=(Shown(name), part))


def _list(value: Sequence[Any]) -> Shown:
    elements = [element for element in value if element not in NOTHING]
    if not all(isinstance(e, Mapping) and e.keys() != REFERENCE for e in elements):
        return Shown(items=tuple(map(shown, elements)))
    columns = _columns(elements)
    rows = tuple(tuple(_cell(element.get(name)) for name in columns) for element in elements)
    return Shown(columns=tuple(map(label, columns)), rows=rows)


def _columns(elements: Sequence[Mapping[str, Any]]) -> list[str]:
    """The parts that any element has, in the order they are first seen."""
    seen = (name for element in elements for name, part in element.items() if part not in NOTHING)
    return list(dict.fromkeys(seen))


def _cell(value: Any) -> Shown:
    """A list of plain values inside a row or an object stands on one line."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return Shown(", ".join(value))
    return shown(value)


def compact(value: Any) -> Shown:
    """The value laid out narrowly: each element of a list, and each object, is one line."""
    if isinstance(value, Mapping) and value.keys() not in (REFERENCE, MONEY):
        return Shown(_line(value))
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return Shown(items=tuple(map(compact, value)))
    return shown(value)


def _line(element: Mapping[str, Any]) -> str:
    parts = (compact(part) for part in element.values() if part not in NOTHING)
    return " · ".join(part.text or ", ".join(i.text for i in part.items) for part in parts)


def label(name: str) -> str:
    """An attribute's name as people read it."""
    return name.replace("_", " ").capitalize()
