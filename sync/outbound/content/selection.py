"""Which records a subscription carries: its entities and its filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from canonical.attributes import EntitySchema

Filter = Mapping[str, Mapping[str, Sequence[Any]]]


class Unreadable(ValueError):
    """A filter that does not say what is meant; `where` is the place in it."""

    def __init__(self, where: str, detail: str) -> None:
        super().__init__(detail)
        self.where = where


def selects(chosen: Filter, entity: str, document: Mapping[str, Any]) -> bool:
    """Whether a document passes the filter of its entity; no filter lets everything through."""
    return all(
        any(_text(value) in {_text(v) for v in wanted} for value in _values(document, path))
        for path, wanted in chosen.get(entity, {}).items()
    )


def _values(document: Any, path: str) -> Iterator[Any]:
    """The values at a dotted path; a list stands for each of its elements, nothing for null."""
    name, _, rest = path.partition(".")
    value = document.get(name) if isinstance(document, Mapping) else None
    elements = value if isinstance(value, list) else [value]
    for element in elements:
        if rest:
            yield from _values(element, rest)
        else:
            yield element


def _text(value: Any) -> str | None:
    """`true` and "true", 5 and "5" are one value here: callers write JSON by hand."""
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_filter(given: Any, schemas: Mapping[str, EntitySchema]) -> dict[str, dict[str, list[Any]]]:
    """The filter as {entity: {attribute: [values]}}; {attribute: value or values} is read too.

    The short form holds for every entity in `schemas`, so each of them must have the attribute.
    """
    if not isinstance(given, Mapping):
        raise Unreadable("", "A filter is an object of attributes and values.")
    long = given and all(isinstance(v, Mapping) and k in schemas for k, v in given.items())
    per_entity = given if long else dict.fromkeys(schemas, given)
    return {
        entity: {
            path: _wanted(
                values, schemas[entity], path, f"/{entity}/{path}" if long else f"/{path}"
            )
            for path, values in paths.items()
        }
        for entity, paths in per_entity.items()
        if paths
    }


def _wanted(values: Any, schema: EntitySchema, path: str, where: str) -> list[Any]:
    if path.partition(".")[0] not in schema and path != "state":
        raise Unreadable(where, f"{schema.entity} has no attribute {path!a}.")
    wanted = values if isinstance(values, list) else [values]
    if not wanted or any(isinstance(value, list | Mapping) for value in wanted):
        raise Unreadable(where, "A filter compares with one value or a list of values.")
    return wanted
