"""How an attribute of the canonical model is declared, once, for everything that reads it.

A declaration travels on the Django field it belongs to (`attribute(field, ...)` returns the same
field) and is collected into an `EntitySchema`, plain data that mapping checks, survivorship,
serializers, OpenAPI, admin forms, event schemas and masking all read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

# A part of a list, named by the key of its element: `addresses[billing]`, `items[3].bill_date`.
PART = re.compile(r"(?P<attribute>[a-z_]+)\[(?P<key>[^\]]+)\](?:\.(?P<part>[a-z_]+))?")


class Kind(StrEnum):
    """The type of a value, as it stands in a canonical document."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    CODE = "code"
    COUNTRY = "country"
    CURRENCY = "currency"
    LANGUAGE = "language"
    EMAIL = "email"
    PHONE = "phone"
    URI = "uri"
    REFERENCE = "reference"
    OBJECT = "object"
    LIST = "list"
    JSON = "json"


class Classification(StrEnum):
    """How widely a value may be shown; `restricted` is masked without its own grant."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


class ListStrategy(StrEnum):
    """How a list survives when several records bring one."""

    WINNER_PER_KEY = "winner_per_key"
    UNION = "union"
    WHOLE = "whole"
    OVERLAY = "overlay"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One declared attribute, of an entity or of the elements of a list.

    `fields` are the parts of an object or of each element of a list; a list without fields holds
    plain values of kind `of`. `keys` are the alternatives that identify an element, tried in
    order: `(("email",), ("name", "role"))` means e-mail, else name and role. `overlay` names the
    parts of an element that records other than the leader may set. `ordering` marks a reference
    whose target a receiving system must hold first; all other references are soft.
    """

    name: str
    kind: Kind
    mandatory: bool = False
    identifying: bool = False
    vocabulary: str | None = None
    reference: str | None = None
    ordering: bool = False
    classification: Classification = Classification.INTERNAL
    approval: str | None = None
    max_length: int | None = None
    places: int | None = None
    of: Kind | None = None
    fields: tuple[Attribute, ...] = ()
    strategy: ListStrategy | None = None
    keys: tuple[tuple[str, ...], ...] = ()
    overlay: tuple[str, ...] = ()
    table: bool = False
    help: str = ""

    @property
    def restricted(self) -> bool:
        """Whether the value, or any part of it, is masked without the grant."""
        return self.classification is Classification.RESTRICTED

    @property
    def refers(self) -> bool:
        """Whether it is a reference or holds some."""
        return self.reference is not None or any(part.refers for part in self.fields)

    def part(self, name: str) -> Attribute:
        """The declared part of an object or list element; KeyError when there is none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    @property
    def element(self) -> Attribute:
        """What each element of a list is."""
        if self.fields:
            return Attribute(self.name, Kind.OBJECT, fields=self.fields)
        return Attribute(
            self.name,
            self.of or Kind.TEXT,
            vocabulary=self.vocabulary,
            reference=self.reference,
            ordering=self.ordering,
        )


@dataclass(frozen=True, slots=True, eq=False)
class EntitySchema:
    """An entity as data: its singular name, its API path name, code prefix and attributes.

    What is built from it is kept by it, so it is only equal to itself.
    """

    entity: str
    path: str
    prefix: str
    attributes: tuple[Attribute, ...]
    by_name: dict[str, Attribute] = field(init=False, compare=False, repr=False)
    referring: frozenset[str] = field(init=False, compare=False, repr=False)
    """The attributes that are references or hold some."""
    guarded: tuple[str, ...] = field(init=False, compare=False, repr=False)
    """The attributes that need approval."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {a.name: a for a in self.attributes})
        referring = frozenset(a.name for a in self.attributes if a.refers)
        object.__setattr__(self, "referring", referring)
        object.__setattr__(self, "guarded", tuple(a.name for a in self.attributes if a.approval))

    def __getitem__(self, name: str) -> Attribute:
        return self.by_name[name]

    def at(self, path: str) -> Attribute:
        """What a path names: an attribute, an element of a list of objects, or a part of one.

        KeyError where there is nothing of that name.
        """
        match = None if path in self.by_name else PART.fullmatch(path)
        if match is None:
            return self.by_name[path]
        listed = self.by_name[match["attribute"]]
        if listed.kind is not Kind.LIST or not listed.fields:
            raise KeyError(path)
        return listed.part(match["part"]) if match["part"] else listed.element

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self.attributes)


F = TypeVar("F")


def attribute(column: F, kind: Kind, **declared: Any) -> F:
    """Declare what a column means and return the same column.

    The name is filled in when the schema is collected, because a Django field learns its name
    only when its model class is built.
    """
    column.attribute = Attribute(name="", kind=kind, **declared)  # type: ignore[attr-defined]
    return column


def named(declaration: Attribute, name: str) -> Attribute:
    """The declaration with the name of the column that carries it."""
    return replace(declaration, name=name)
