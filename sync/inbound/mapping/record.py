"""A compiled mapping, and the record it makes of one payload."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync.inbound.mapping.rules import Collector, ElementRules, MappingIssue, Rule


@dataclass(frozen=True)
class MappedRecord:
    """One payload in canonical shape. With errors it is to be quarantined, not used.

    `values` holds only what the payload says. `warnings` tell which optional attributes were left
    out. `retired` is None when the mapping has no rule for it.
    """

    values: dict[str, Any]
    modified_at: datetime | None = None
    version: int | None = None
    same_as: str | None = None
    retired: bool | None = None
    errors: list[MappingIssue] = field(default_factory=list)
    warnings: list[MappingIssue] = field(default_factory=list)


@dataclass(frozen=True)
class Mapping:
    """A compiled mapping of one system's entity. Immutable: threads may share it."""

    system: str
    entity: str
    version: int
    envelope: tuple[Rule, ...]
    rules: tuple[Rule, ...]
    lists: tuple[tuple[str, tuple[ElementRules, ...]], ...]

    @property
    def targets(self) -> list[str]:
        """The canonical attributes this mapping may fill."""
        return sorted({rule.target[0] for rule in self.rules} | {name for name, _ in self.lists})

    def apply(self, payload: Any) -> MappedRecord:
        """Map one payload. Never raises: what does not fit is among the record's errors."""
        collector = Collector()
        if not isinstance(payload, dict):
            collector.errors.append(MappingIssue("", "", "payload", "is not a JSON object"))
            payload = {}
        values, _ = collector.values(self.rules, payload, "")
        for name, groups in self.lists:
            if elements := _elements(groups, payload, collector):
                values[name] = elements
        envelope, _ = collector.values(self.envelope, payload, "")
        return _record(values, envelope, collector)


def _elements(
    groups: tuple[ElementRules, ...], payload: Any, collector: Collector
) -> list[dict[str, Any]]:
    elements: list[dict[str, Any]] = []
    for group in groups:
        elements.extend(group.elements(payload, collector, len(elements)))
    return elements


def _record(values: dict[str, Any], envelope: dict[str, Any], collector: Collector) -> MappedRecord:
    modified_at = envelope.get("modified_at")
    return MappedRecord(
        values=values,
        modified_at=datetime.fromisoformat(modified_at) if modified_at else None,
        version=envelope.get("version"),
        same_as=envelope.get("same_as"),
        retired=envelope.get("retired"),
        errors=collector.errors,
        warnings=collector.warnings,
    )
