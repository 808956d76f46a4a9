"""Whether a mapping fills attributes that exist, in the shape they have."""

from __future__ import annotations

from canonical.attributes import Attribute, EntitySchema, Kind
from sync.inbound.mapping.record import Mapping
from sync.inbound.mapping.rules import MappingIssue, Rule


def check_targets(mapping: Mapping, schema: EntitySchema) -> list[MappingIssue]:
    """Every rule that fills an attribute the entity does not declare, with the reason."""
    issues = [_check(rule, schema.by_name) for rule in mapping.rules]
    for name, groups in mapping.lists:
        attribute = schema.by_name.get(name)
        if attribute is None or not attribute.fields or attribute.kind is not Kind.LIST:
            issues.append(_issue(f"/lists/{name}", f"{name} is not a list of objects"))
            continue
        parts = {part.name: part for part in attribute.fields}
        issues += [_check(rule, parts) for group in groups for rule in group.rules]
    return [issue for issue in issues if issue]


def _check(rule: Rule, known: dict[str, Attribute]) -> MappingIssue | None:
    for place, name in enumerate(rule.target, start=1):
        attribute = known.get(name)
        if attribute is None:
            return _issue(f"{rule.label}/to", f"there is no attribute {name!r} here")
        if place < len(rule.target) and attribute.kind is not Kind.OBJECT:
            return _issue(f"{rule.label}/to", f"{name} has no parts")
        known = {part.name: part for part in attribute.fields}
    return None


def _issue(pointer: str, detail: str) -> MappingIssue:
    return MappingIssue(pointer, pointer, "target", detail)
