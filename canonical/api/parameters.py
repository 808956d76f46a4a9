"""Query parameters that several addresses share, read with the name of what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, time
from typing import Any, Final, TypeVar

from canonical.access import Principal
from canonical.api.contract import describe
from canonical.api.contract.problems import invalid
from canonical.attributes import EntitySchema, Kind
from canonical.documents import filters
from canonical.documents.records import View
from canonical.documents.shape import HEAD, reference_paths
from canonical.entities import ENTITIES, entity_named, schema_of
from canonical.validation import instant

T = TypeVar("T")

FIELDS: Final = describe.in_query(
    "fields", "Only these attributes, beside id, code, version and state; separated by commas."
)
EXPAND: Final = describe.in_query(
    "expand", "References shown as whole documents, like `client` or `scope.client`."
)
PATHS: Final = [schema_of(entity).path for entity in ENTITIES]
ENTITY: Final = describe.in_query("entity", "Of this entity.", {"type": "string", "enum": PATHS})
AS_OF: Final = describe.in_query(
    "as_of",
    "What the hub knew at this instant, references included; a day means its end in UTC.",
    describe.STRING,
)
EFFECTIVE_ON: Final = describe.in_query(
    "effective_on",
    "What holds on this day: dated list elements that do not are left out, and `effective` says "
    "whether the record itself does.",
    describe.DAY,
)


def read(query: Mapping[str, str], name: str, reader: Callable[[str], T]) -> T | None:
    """The parameter as `reader` understands it, None where it is absent or empty."""
    text = query.get(name)
    if not text:
        return None
    try:
        return reader(text)
    except filters.BadFilter as error:
        raise invalid(name, "invalid_parameter", str(error)) from None


def words(query: Mapping[str, str], name: str, known: Collection[str]) -> list[str]:
    """Some of the words there are, separated by commas."""
    told = [word.strip() for word in query.get(name, "").split(",") if word.strip()]
    if set(told) - set(known):
        raise invalid(name, "invalid_parameter", f"Expected some of {', '.join(known)}.")
    return told


def entity(query: Mapping[str, str]) -> str | None:
    """`?entity=`, by name or path."""
    try:
        return entity_named(query["entity"]) if query.get("entity") else None
    except KeyError:
        detail = f"Expected one of {', '.join(PATHS)}."
        raise invalid("entity", "invalid_parameter", detail) from None


def flag(query: Mapping[str, str], name: str) -> bool:
    """`true` or `false`; false where it is absent."""
    text = query.get(name) or "false"
    if text not in ("true", "false"):
        raise invalid(name, "invalid_parameter", "Expected true or false.")
    return text == "true"


def view_of(query: Mapping[str, str], schema: EntitySchema, caller: Principal) -> View:
    """How the caller wants records of this entity shown."""
    return View(
        sees_restricted=caller.sees_restricted,
        fields=_names(query, "fields", lambda: [*schema.by_name, "sources", *HEAD, "masked"]),
        expand=_names(query, "expand", lambda: reference_paths(schema.attributes)) or frozenset(),
        as_of=read(query, "as_of", moment),
        effective_on=read(query, "effective_on", filters.day),
    )


_MOMENT: Final = "Expected an instant like 2026-03-31T09:30:00Z, or a day."


def moment(text: str) -> datetime:
    """An instant, or the end of a day."""
    found = instant(text)
    if found is not None:
        return found
    try:
        day = filters.day(text)
    except filters.BadFilter:
        raise filters.BadFilter(_MOMENT) from None
    return datetime.combine(datetime.fromisoformat(day), time.max, UTC)


def _names(
    query: Mapping[str, str], name: str, known: Callable[[], Collection[str]]
) -> frozenset[str] | None:
    def split(text: str) -> frozenset[str]:
        names = frozenset(part.strip() for part in text.split(",") if part.strip())
        there_are = sorted(known())
        if unknown := sorted(names.difference(there_are)):
            there = ", ".join(there_are)
            raise filters.BadFilter(f"There is no {unknown[0]!a}; there are: {there}.")
        return names

    return read(query, name, split)


def filter_parameters(entity: str) -> list[dict[str, Any]]:
    """The parameters that filter a list, for the document."""
    return [
        describe.in_query(
            each.name, _meaning(each), _FILTER_SCHEMAS.get(each.attribute.kind, describe.STRING)
        )
        for each in filters.filters_of(entity).values()
    ]


_SUFFIXES: Final = {"": "equals", "gte": "is at least", "lte": "is at most"}
_FILTER_SCHEMAS: Final = {Kind.BOOLEAN: describe.BOOLEAN, Kind.DATE: describe.DAY}


def _meaning(each: filters.Filter) -> str:
    text = f"`{each.attribute.name}` {_SUFFIXES[each.suffix]} this"
    if each.attribute.kind is Kind.REFERENCE:
        return f"{text} record, by id or code; several separated by commas."
    several = not each.suffix and each.attribute.kind is not Kind.TEXT
    return f"{text}; several values separated by commas." if several else f"{text}."
