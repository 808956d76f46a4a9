"""Reading a canonical document by path, and a system's record by the dotted name of a field.

legal_name
payment_terms.net_days
addresses[role=registered].locality      the first element whose part has this value
contracts[0]                             an element by its place
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

STEP: Final = re.compile(r"([a-z_]+)(?:\[(?:([a-z_]+)=([^\]]+)|(\d+))\])?")


class Absent:
    """What stands for a value the target may not be told: neither a value nor nothing."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a name, and which element where that is a list."""

    name: str
    part: str = ""
    value: str = ""
    place: int | None = None


@cache
def steps(path: str) -> tuple[Step, ...]:
    """The path in steps; ValueError where it is none."""
    found = []
    for text in path.split("."):
        match = STEP.fullmatch(text)
        if match is None:
            raise ValueError(f"{path!r} is no path")
        name, part, value, place = match.groups()
        found.append(Step(name, part or "", value or "", int(place) if place else None))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Spot:
    """What a path leads to in one document, and the place it has there: `addresses[1].role`."""

    value: Any
    place: str


def read(document: Mapping[str, Any], path: str) -> Spot:
    """What stands at a path: ABSENT for an attribute that is not shown, None where nothing is."""
    walk = steps(path)
    top = walk[0].name
    masked = [m for m in document.get("masked") or () if m == top or path.startswith(f"{m}.")]
    if top not in document or masked:
        return Spot(ABSENT, path)
    value: Any = document
    place = ""
    for step in walk:
        value, place = _next(value, step, place)
    return Spot(value, place)


def _next(value: Any, step: Step, place: str) -> tuple[Any, str]:
    value = value.get(step.name) if isinstance(value, Mapping) else None
    place = f"{place}.{step.name}" if place else step.name
    if not step.part and step.place is None:
        return value, place
    elements = value if isinstance(value, list) else []
    for index, element in enumerate(elements):
        wanted = isinstance(element, Mapping) and element.get(step.part) == step.value
        if index == step.place or (step.part and wanted):
            return element, f"{place}[{index}]"
    return None, place


def field(record: Any, name: str) -> Any:
    """A field of a system's record by its dotted name; None where there is none."""
    for part in name.split("."):
        record = record.get(part) if isinstance(record, Mapping) else None
    return record


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by dotted names as nested objects."""
    whole: dict[str, Any] = {}
    for name, value in values.items():
        *parents, last = name.split(".")
        inner = whole
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return whole
