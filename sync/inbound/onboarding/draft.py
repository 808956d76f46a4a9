"""An unfinished mapping: samples, what was recognised in them, and what a person chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from canonical.entities import schema_of
from sync.inbound.onboarding.known import known
from sync.inbound.suggest import (
    Choice,
    Field,
    Suggestion,
    Target,
    fields_of,
    id_field,
    instants,
    modified_field,
    propose,
    spec_of,
    targets_of,
)


@dataclass
class Draft:
    """A system on its way in; `sources` are the expressions per target as a person wrote them."""

    code: str
    name: str
    kind: str
    entity: str
    payloads: list[dict[str, Any]]
    id_column: str = ""
    modified_at: str = ""
    sources: dict[str, str] = field(default_factory=dict)
    ways: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def fields(self) -> list[Field]:
        """What the samples hold."""
        return fields_of(self.payloads)

    @property
    def targets(self) -> list[Target]:
        """What could be filled."""
        return targets_of(schema_of(self.entity))

    def recognise(self) -> dict[str, Suggestion]:
        """Suggest an id, a date of modification and a field for whatever can be recognised."""
        fields, targets = self.fields, self.targets
        own, dated = id_field(fields), modified_field(fields)
        self.id_column = own.label if own else ""
        self.modified_at = dated.path if dated else ""
        free = [f for f in fields if f not in (own, dated)]
        found = {
            s.target.path: s for s in propose(targets, free, known(self.entity, targets, free))
        }
        self.sources = {path: _written(s) for path, s in found.items()}
        self.ways = {path: [dict(step) for step in s.steps] for path, s in found.items()}
        return found

    @property
    def spec(self) -> dict[str, Any]:
        """The mapping as chosen so far."""
        choices = {
            path: _read(text, self.ways.get(path, []))
            for path, text in self.sources.items()
            if text.strip()
        }
        return spec_of(self.code, self.entity, self.targets, choices, self._modified_at())

    def _modified_at(self) -> Choice | None:
        if not self.modified_at:
            return None
        field = next((f for f in self.fields if f.path == self.modified_at), None)
        return Choice(self.modified_at, instants(field.values) if field else ())


def _written(suggestion: Suggestion) -> str:
    """`contacts[].email` for a part of a list; else the expression."""
    each = suggestion.field.each
    return f"{each}[]{suggestion.expression}" if each else suggestion.expression


def _read(text: str, steps: list[Mapping[str, Any]] | list[dict[str, Any]]) -> Choice:
    """A source as a person writes it: an expression, `list[]expression`, or `= constant`."""
    said = text.strip()
    if said.startswith("="):
        return Choice(constant=_constant(said[1:].strip()))
    each, separator, rest = said.partition("[]")
    if separator and rest and "|" not in each:
        return Choice(rest.lstrip("."), tuple(steps), each=each)
    return Choice(said, tuple(steps))


def _constant(text: str) -> Any:
    return {"true": True, "false": False}.get(text.lower(), text)
