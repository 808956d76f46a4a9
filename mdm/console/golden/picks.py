"""What a steward picks inside a merge: another record's value, or a typed one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import QueryDict

from canonical.attributes import Attribute, Kind
from canonical.documents import records
from canonical.entities import schema_of
from canonical.identity.errors import Refused
from mdm.console.layout.typed import NotReadable, read

PICK, TYPED = "pick:", "typed:"


def pickable(attribute: Attribute, sees_restricted: bool) -> bool:
    """Whether the one who looks may choose its value: not what is masked for them."""
    hidden = attribute.restricted or any(part.restricted for part in attribute.fields)
    return sees_restricted or not hidden


def picks_from(
    form: QueryDict, entity: str, goldens: Sequence[UUID], sees_restricted: bool
) -> dict[str, Any]:
    """The values to pin, by attribute: `typed:<name>` where it says something, else `pick:<name>`.

    `pick:<name>` names the golden record whose value is taken. One statement at the most. Raises
    Refused where an attribute is unknown or masked, or a typed value cannot be read.
    """
    typed = _said(form, TYPED)
    chosen = {name: value for name, value in _said(form, PICK).items() if name not in typed}
    schema = schema_of(entity)
    for name in (*typed, *chosen):
        if name not in schema or not pickable(schema[name], sees_restricted):
            raise Refused(f"{name[:60]} cannot be picked.")
    picks = {name: _read(schema[name], text) for name, text in typed.items()}
    held = {str(r.id): r.content for r in records.current(list(goldens))} if chosen else {}
    for name, golden in chosen.items():
        if golden not in held:
            raise Refused(f"{name}: the picked value is none of these records'.")
        picks[name] = said(schema[name], held[golden].get(name))
    return picks


def _said(form: QueryDict, prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): text
        for name, values in form.lists()
        if name.startswith(prefix) and (text := values[-1].strip())
    }


def _read(attribute: Attribute, text: str) -> Any:
    try:
        return read(attribute, text)
    except NotReadable as error:
        raise Refused(f"{attribute.name}: {error}") from None


def said(attribute: Attribute, value: Any) -> Any:
    """A golden value as a source would say it: references by the golden id they resolve to."""
    if value is None:
        return None
    if attribute.kind is Kind.REFERENCE:
        return {"golden_id": value}
    if attribute.kind is Kind.LIST:
        return [said(attribute.element, element) for element in value]
    if attribute.kind is Kind.OBJECT:
        parts: Mapping[str, Attribute] = {part.name: part for part in attribute.fields}
        return {name: said(parts[name], part) for name, part in value.items() if name in parts}
    return value
