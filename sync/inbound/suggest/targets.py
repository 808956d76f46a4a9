"""What a payload may fill: an entity's attributes, and each part of its objects and lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from canonical.attributes import Attribute, EntitySchema, Kind
from sync.inbound.suggest.names import SYNONYMS

# What an element of a list is when one row of columns makes it; the first is what is offered.
ROLES: dict[str, tuple[str, ...]] = {
    "addresses": ("registered", "billing", "shipping"),
    "contacts": ("",),
}


@dataclass(frozen=True, slots=True)
class Target:
    """One value that may be filled.

    `path` is `legal_name`, `industry.code`, or `addresses[billing].locality`; `listed` is the
    attribute of a list, `role` the role that its element gets, `part` what is filled in it.
    """

    path: str
    attribute: Attribute
    listed: str = ""
    role: str = ""
    part: str = ""
    mandatory: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called, here and elsewhere."""
        plain = f"{self.listed}.{self.part}" if self.listed else self.path
        own = plain.replace("_", " ").replace(".", " ")
        last = self.part.replace("_", " ") if self.listed else own
        known = (own, last, *SYNONYMS.get(plain, ()))
        return (*(f"{self.role} {name}" for name in known), *known) if self.role else known

    @property
    def label(self) -> str:
        """What a person reads."""
        return self.path.replace("_", " ")


def targets_of(schema: EntitySchema) -> list[Target]:
    """Everything a payload may fill, in the order of the entity's file."""
    return [target for attribute in schema for target in _targets(attribute)]


def _targets(attribute: Attribute) -> Iterator[Target]:
    if attribute.kind is Kind.JSON:
        return
    if attribute.kind is Kind.OBJECT:
        for path, part in _leaves(attribute.fields, attribute.name):
            yield Target(path, part)
    elif attribute.kind is Kind.LIST and attribute.fields:
        for role in ROLES.get(attribute.name, ("",)):
            label = f"{attribute.name}[{role}]"
            for path, part in _leaves(attribute.fields, ""):
                if not (role and path == "role"):
                    yield Target(f"{label}.{path}", part, attribute.name, role, path)
    else:
        yield Target(attribute.name, attribute, mandatory=attribute.mandatory)


def _leaves(parts: tuple[Attribute, ...], above: str) -> Iterator[tuple[str, Attribute]]:
    for part in parts:
        path = f"{above}.{part.name}" if above else part.name
        if part.kind is Kind.OBJECT:
            yield from _leaves(part.fields, path)
        elif part.kind is not Kind.LIST or not part.fields:
            yield path, part
