"""Which attributes a list can be filtered by, and how: an allow-list made from declarations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q

from canonical.attributes import Attribute, Kind
from canonical.documents.records import golden_id
from canonical.entities import model_of, schema_of
from canonical.models import GoldenReference, Link
from canonical.validation import NUMBER

TEXTUAL = frozenset({
    Kind.TEXT, Kind.CODE, Kind.COUNTRY, Kind.CURRENCY, Kind.LANGUAGE, Kind.EMAIL, Kind.PHONE,
    Kind.URI,
})  # fmt: skip
ORDERED = frozenset({Kind.DATE, Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
OTHER = frozenset({Kind.BOOLEAN, Kind.REFERENCE})
STATES = ("active", "retired", "merged")
_INTEGER = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_SEARCHED = frozenset({Kind.TEXT, Kind.EMAIL})
MAX_VALUES = 50
MAX_TEXT = 255


class BadFilter(ValueError):
    """A filter's value does not fit the attribute; says why."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One parameter of a list: the attribute it looks at and how it compares."""

    attribute: Attribute
    suffix: str = ""

    @property
    def name(self) -> str:
        """The parameter's name, like `client_status` or `effective_from_gte`."""
        return f"{self.attribute.name}_{self.suffix}" if self.suffix else self.attribute.name


@cache
def filters_of(entity: str) -> dict[str, Filter]:
    """Every filter of an entity's list; restricted attributes have none."""
    found = []
    for attribute in schema_of(entity):
        if attribute.restricted or attribute.table:
            continue
        if attribute.kind in TEXTUAL | ORDERED | OTHER:
            found.append(Filter(attribute))
        if attribute.kind in ORDERED:
            found += [Filter(attribute, "gte"), Filter(attribute, "lte")]
    return {each.name: each for each in found}


def condition(entity: str, name: str, text: str) -> Q:
    """The condition of one filter; several values may be given, separated by commas."""
    wanted = filters_of(entity)[name]
    column = f"{_table(entity)}__{wanted.attribute.name}"
    if wanted.suffix:
        return Q(**{f"{column}__{wanted.suffix}": _read(wanted.attribute, text)})
    values = _values(wanted.attribute, text)
    if wanted.attribute.kind is Kind.REFERENCE:
        return Q(**{f"{column}__in": [v for v in map(golden_id, values) if v]}) | Q(
            **{f"{column}__golden__code__in": [v.upper() for v in values if not golden_id(v)]}
        )
    return Q(**{f"{column}__in": [_read(wanted.attribute, value) for value in values]})


def search(entity: str, text: str) -> Q:
    """Records with the text in what identifies them, in their code, or as a source's id."""
    if not 2 <= len(text) <= 100:
        raise BadFilter("A search has 2 to 100 characters.")
    linked = Link.objects.filter(golden=OuterRef("pk"), until__isnull=True, record__source_id=text)
    found = Q(code=text.upper()) | Q(Exists(linked))
    for name in searched(entity):
        found |= Q(**{f"{_table(entity)}__{name}__icontains": text})
    return found


@cache
def searched(entity: str) -> tuple[str, ...]:
    """The text attributes that identify a record of this entity."""
    return tuple(
        a.name
        for a in schema_of(entity)
        if a.identifying and not a.restricted and a.kind in _SEARCHED
    )


def refers_to(name: str) -> Q:
    """Records with a reference, at any place in them, to the one with this id or code."""
    found = golden_id(name)
    target = Q(target__code=name.upper()) if found is None else Q(target=found)
    return Q(Exists(GoldenReference.objects.filter(target, golden=OuterRef("pk"))))


def known_as(system: str, source_id: str | None) -> Q:
    """The record behind a system's own id; without one, all that the system knows."""
    linked = Link.objects.filter(golden=OuterRef("pk"), until__isnull=True, record__system=system)
    if source_id:
        linked = linked.filter(record__source_id=source_id)
    return Q(Exists(linked))


def in_force(entity: str, day: str) -> Q:
    """Records whose validity holds on a day; all of them where the entity has none."""
    if "effective_to" not in schema_of(entity):
        return Q()
    table = _table(entity)
    begun = Q(**{f"{table}__effective_from__isnull": True}) | Q(
        **{f"{table}__effective_from__lte": day}
    )
    ended = Q(**{f"{table}__effective_to__lte": day})
    return begun & ~ended


def _table(entity: str) -> str:
    name = model_of(entity)._meta.model_name
    assert name is not None
    return name


def _values(attribute: Attribute, text: str) -> list[str]:
    """The alternatives in the text; a comma in free text is a comma."""
    if attribute.kind is Kind.TEXT:
        return [text]
    values = [value.strip() for value in text.split(",")]
    if len(values) > MAX_VALUES:
        raise BadFilter(f"More than {MAX_VALUES} values.")
    return values


def _read(attribute: Attribute, text: str) -> Any:
    return _READERS.get(attribute.kind, _text)(text)


def _text(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise BadFilter(f"More than {MAX_TEXT} characters.")
    return text


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise BadFilter("Expected true or false.")
    return text == "true"


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise BadFilter("Expected a whole number.")
    return int(text)


def _decimal(text: str) -> Decimal:
    if not NUMBER.fullmatch(text):
        raise BadFilter("Expected a decimal number.")
    return Decimal(text)


def day(text: str) -> str:
    """An ISO day, as text."""
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadFilter("Expected a day like 2026-03-31.") from None


_READERS: Mapping[Kind, Callable[[str], Any]] = {
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.MONEY: _decimal,
    Kind.DATE: day,
}
