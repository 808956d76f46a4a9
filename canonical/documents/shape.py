"""How the content of a version becomes the document a consumer sees. Pure.

The walk over an entity's attributes is compiled once from their declarations: references become
`{"id", "code"}` (or the document they name), restricted values become null.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from canonical.attributes import Attribute, EntitySchema, Kind

#: What stands in every document before its attributes, and `sources` after them.
HEAD = (
    "id", "code", "entity", "version", "state", "merged_into", "created_at", "updated_at",
    "in_review",
)  # fmt: skip
VALIDITY = (("valid_from", "valid_to"), ("effective_from", "effective_to"))


@dataclass(frozen=True, slots=True)
class Record:
    """One version of a golden record: its identity and its content as the journal has it."""

    id: UUID
    code: str
    entity: str
    version: int
    state: str
    merged_into: UUID | None
    created_at: datetime
    updated_at: datetime
    in_review: bool
    content: Mapping[str, Any]


@dataclass(slots=True)
class Links:
    """What references are shown as: their codes by id, and whole documents by path and id."""

    codes: Mapping[str, str] = field(default_factory=dict)
    expanded: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def show(self, path: str, target: str) -> dict[str, Any]:
        """The reference at a path (places in lists left out) to a golden id."""
        document = self.expanded.get(path, {}).get(target)
        return document or {"id": target, "code": self.codes.get(target)}


Convert = Callable[[Any, Links], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """The compiled walk of one entity for those who see restricted values, or do not."""

    attributes: tuple[tuple[str, Convert | None, Callable[[], Any]], ...]
    masked: tuple[str, ...]
    dated: tuple[tuple[str, tuple[str, str]], ...]


def compile_shape(schema: EntitySchema, sees_restricted: bool) -> Shape:
    """The shape of an entity's documents."""
    return Shape(
        tuple((a.name, _convert(a, a.name, sees_restricted), _nothing(a)) for a in schema),
        () if sees_restricted else tuple(restricted_paths(schema.attributes)),
        tuple((a.name, pair) for a in schema if (pair := _validity(a))),
    )


def restricted_paths(attributes: Collection[Attribute], prefix: str = "") -> list[str]:
    """The outermost restricted attributes, dotted: `bank_accounts`, `lines.cost_rate`."""
    found = []
    for attribute in attributes:
        path = f"{prefix}{attribute.name}"
        if attribute.restricted:
            found.append(path)
        else:
            found += restricted_paths(attribute.fields, f"{path}.")
    return found


def reference_paths(attributes: Collection[Attribute], prefix: str = "") -> list[str]:
    """Every place a reference stands at, dotted: `client`, `scope.client`, `lines.engagement`."""
    found = []
    for attribute in attributes:
        path = f"{prefix}{attribute.name}"
        if Kind.REFERENCE in (attribute.kind, attribute.of):
            found.append(path)
        found += reference_paths(attribute.fields, f"{path}.")
    return found


def document(
    record: Record,
    shape: Shape,
    links: Links,
    fields: frozenset[str] | None = None,
    effective_on: str | None = None,
) -> dict[str, Any]:
    """The record as a consumer sees it; `fields` keeps these attributes beside the head.

    With `effective_on` (an ISO day) lists keep the elements that hold on that day, and
    `effective` says whether the record itself does.
    """
    content = record.content
    shown: dict[str, Any] = {name: getattr(record, name) for name in HEAD}
    for name, convert, nothing in shape.attributes:
        if fields is not None and name not in fields:
            continue
        value = content.get(name)
        if convert is not None:
            value = convert(value, links)
        shown[name] = nothing() if value is None else value
    if fields is None or "sources" in fields:
        shown["sources"] = content.get("sources", [])
    shown["masked"] = [p for p in shape.masked if p.partition(".")[0] in shown]
    if effective_on is not None:
        _keep_effective(shown, shape, effective_on)
    return shown


def _convert(attribute: Attribute, path: str, sees_restricted: bool) -> Convert | None:
    """How one attribute's value is shown; None where it is shown as it is."""
    if attribute.restricted and not sees_restricted:
        return lambda value, links: None
    if attribute.kind is Kind.REFERENCE or attribute.of is Kind.REFERENCE:
        one = _reference(path)
        return _each(one) if attribute.kind is Kind.LIST else one
    parts = {
        part.name: convert
        for part in attribute.fields
        if (convert := _convert(part, f"{path}.{part.name}", sees_restricted))
    }
    if not parts:
        return None
    return _each(_parts(parts)) if attribute.kind is Kind.LIST else _parts(parts)


def _reference(path: str) -> Convert:
    return lambda value, links: None if value is None else links.show(path, value)


def _each(one: Convert) -> Convert:
    def convert(value: Any, links: Links) -> Any:
        return None if value is None else [one(element, links) for element in value]

    return convert


def _parts(parts: Mapping[str, Convert]) -> Convert:
    def convert(value: Any, links: Links) -> Any:
        if value is None:
            return None
        return value | {name: one(value[name], links) for name, one in parts.items()
                        if name in value}  # fmt: skip

    return convert


def _nothing(attribute: Attribute) -> Callable[[], Any]:
    """What stands for nothing: null, an empty list, or no extensions."""
    if attribute.kind is Kind.LIST and not attribute.restricted:
        return list
    return dict if attribute.kind is Kind.JSON else _null


def _null() -> None:
    return None


def _validity(attribute: Attribute) -> tuple[str, str] | None:
    names = {part.name for part in attribute.fields}
    if attribute.kind is not Kind.LIST:
        return None
    return next((pair for pair in VALIDITY if names.issuperset(pair)), None)


def holds(value: Mapping[str, Any], pair: tuple[str, str], day: str) -> bool:
    """Whether a half-open validity `[from, to)` holds on a day; a missing end is open."""
    begins, ends = value.get(pair[0]), value.get(pair[1])
    return (begins is None or begins <= day) and (ends is None or day < ends)


def _keep_effective(shown: dict[str, Any], shape: Shape, day: str) -> None:
    for name, pair in shape.dated:
        if shown.get(name):
            shown[name] = [element for element in shown[name] if holds(element, pair, day)]
    if "effective_from" in shown:
        shown["effective"] = holds(shown, VALIDITY[1], day)


def masked_values(schema: EntitySchema, values: Mapping[str, Any]) -> dict[str, Any]:
    """A source record's values without the restricted ones: null in their place."""
    return {
        name: _masked(schema.by_name[name], value) if name in schema else value
        for name, value in values.items()
    }


def _masked(attribute: Attribute, value: Any) -> Any:
    if attribute.restricted or value is None:
        return None
    hidden = [part for part in attribute.fields if part.restricted]
    if not hidden:
        return value
    if attribute.kind is Kind.LIST:
        return [_without(hidden, element) for element in value]
    return _without(hidden, value)


def _without(hidden: Collection[Attribute], value: Mapping[str, Any]) -> dict[str, Any]:
    return {**value, **{part.name: None for part in hidden if part.name in value}}
