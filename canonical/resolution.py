"""From a system's words to ours: terms by the crosswalk, references by what they resolve to.

Pure. The same walk finds the references of a record (to store and look them up) and puts what
they resolve to in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from canonical.attributes import Attribute, EntitySchema, Kind

Reference = Mapping[str, str]
Term = Callable[[str, str], str | None]
Target = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Found:
    """A reference inside a record's values: where it stands and what kind of thing it names."""

    path: str
    entity: str
    reference: Reference
    ordering: bool = False


@dataclass(slots=True)
class Resolved:
    """Values that may compete, and what could not be resolved.

    `unmapped` rows are (path, vocabulary, the system's value); `pending` are paths.
    """

    values: dict[str, Any] = field(default_factory=dict)
    unmapped: list[tuple[str, str, str]] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)


def references(schema: EntitySchema, values: Mapping[str, Any]) -> list[Found]:
    """Every reference in the values, nested ones included; names may be paths of parts."""
    return [
        Found(path, attribute.reference or "", value, attribute.ordering)
        for name, told in values.items()
        if name in schema.referring or "[" in name
        for path, attribute, value in _leaves(_declared(schema, name), told, name)
    ]


def resolve(
    schema: EntitySchema, values: Mapping[str, Any], term: Term, target: Target
) -> Resolved:
    """Replace terms and references by what they mean; leave out what means nothing yet.

    `term(vocabulary, value)` gives the canonical term or None; `target(path)` the golden id the
    reference at that path resolves to or None.
    """
    result = Resolved()
    for name, value in values.items():
        attribute = _declared(schema, name)
        if attribute is None:
            result.values[name] = value
            continue
        resolved = _resolve(attribute, value, name, result, term, target)
        if resolved not in (None, [], {}):
            result.values[name] = resolved
    return result


def placed(schema: EntitySchema, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    """The references of *resolved* values: (path, entity, golden id, whether ordering)."""
    for name, told in values.items():
        if name not in schema.referring:
            continue
        for path, attribute, value in _leaves(schema[name], told, name):
            if isinstance(value, str):
                yield path, attribute.reference or "", value, attribute.ordering


def _declared(schema: EntitySchema, name: str) -> Attribute | None:
    try:
        return schema.at(name)
    except KeyError:
        return None


def _leaves(
    attribute: Attribute | None, value: Any, path: str
) -> Iterator[tuple[str, Attribute, Any]]:
    """The references inside one value: path, declaration and value of each."""
    if attribute is None or value is None or not attribute.refers:
        return
    if attribute.kind is Kind.LIST:
        for place, element in enumerate(value):
            yield from _leaves(attribute.element, element, f"{path}[{place}]")
    elif attribute.kind is Kind.OBJECT:
        for part in attribute.fields:
            yield from _leaves(part, value.get(part.name), f"{path}.{part.name}")
    else:
        yield path, attribute, value


def _resolve(
    attribute: Attribute, value: Any, path: str, result: Resolved, term: Term, target: Target
) -> Any:
    if attribute.kind is Kind.LIST:
        element = attribute.element
        resolved = (
            _resolve(element, item, f"{path}[{place}]", result, term, target)
            for place, item in enumerate(value)
        )
        return [item for item in resolved if item not in (None, [], {})]
    if attribute.kind is Kind.OBJECT:
        return _resolve_parts(attribute, value, path, result, term, target)
    if attribute.kind is Kind.CODE:
        return _resolve_term(attribute, value, path, result, term)
    if attribute.kind is Kind.REFERENCE:
        found = target(path)
        if found is None:
            result.pending.append(path)
        return found
    return value


def _resolve_parts(
    attribute: Attribute,
    value: Mapping[str, Any],
    path: str,
    result: Resolved,
    term: Term,
    target: Target,
) -> dict[str, Any]:
    parts = {}
    for part in attribute.fields:
        item = value.get(part.name)
        if item is None:
            continue
        resolved = _resolve(part, item, f"{path}.{part.name}", result, term, target)
        if resolved not in (None, [], {}):
            parts[part.name] = resolved
    return parts


def _resolve_term(
    attribute: Attribute, value: str, path: str, result: Resolved, term: Term
) -> str | None:
    vocabulary = attribute.vocabulary or ""
    found = term(vocabulary, value)
    if found is None:
        result.unmapped.append((path, vocabulary, value))
    return found
