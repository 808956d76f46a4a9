"""From a system's words to ours: terms by the crosswalk, references by what they resolve to.

Pure. The same walk finds the references of a record (to store and look them up) and puts what
they resolve to in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
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
    result, resolvers = Resolved(), _resolvers_of(schema)
    words = _Words(term, target, result)
    for name, value in values.items():
        resolver = resolvers.get(name)
        if resolver is None:
            attribute = _declared(schema, name)
            if attribute is None:
                result.values[name] = value
                continue
            resolver = _resolver(attribute)
        resolved = resolver(value, name, words)
        if resolved not in _NOTHING:
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


@dataclass(frozen=True, slots=True)
class _Words:
    """What words mean today, and where it is noted what means nothing."""

    term: Term
    target: Target
    result: Resolved


# Resolvers are built once from the declarations, as the checks of `canonical.validation` are.
_Resolver = Callable[[Any, str, _Words], Any]
_NOTHING: tuple[Any, ...] = (None, [], {})


@cache
def _resolvers_of(schema: EntitySchema) -> dict[str, _Resolver]:
    return {attribute.name: _resolver(attribute) for attribute in schema}


def _resolver(attribute: Attribute) -> _Resolver:
    if attribute.kind is Kind.LIST:
        return _of_list(_resolver(attribute.element))
    if attribute.kind is Kind.OBJECT:
        return _of_object({part.name: _resolver(part) for part in attribute.fields})
    if attribute.kind is Kind.CODE:
        return _of_term(attribute.vocabulary or "")
    return _referent if attribute.kind is Kind.REFERENCE else _as_said


def _as_said(value: Any, path: str, words: _Words) -> Any:
    return value


def _referent(value: Any, path: str, words: _Words) -> str | None:
    found = words.target(path)
    if found is None:
        words.result.pending.append(path)
    return found


def _of_term(vocabulary: str) -> _Resolver:
    def resolver(value: Any, path: str, words: _Words) -> str | None:
        found = words.term(vocabulary, value)
        if found is None:
            words.result.unmapped.append((path, vocabulary, value))
        return found

    return resolver


def _of_list(element: _Resolver) -> _Resolver:
    def resolver(value: Any, path: str, words: _Words) -> list[Any]:
        return [
            found
            for n, item in enumerate(value)
            if (found := element(item, f"{path}[{n}]", words)) not in _NOTHING
        ]

    return resolver


def _of_object(parts: Mapping[str, _Resolver]) -> _Resolver:
    def resolver(value: Any, path: str, words: _Words) -> dict[str, Any]:
        resolved = {}
        for name, part in parts.items():
            item = value.get(name)
            if item is not None and part is not _as_said:
                item = part(item, f"{path}.{name}", words)
            if item not in _NOTHING:
                resolved[name] = item
        return resolved

    return resolver
