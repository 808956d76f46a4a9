"""A mapping tried on samples: what each becomes, what is wrong, what nobody understands yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from canonical import configuration
from canonical.entities import schema_of
from canonical.identity.targets import resolutions
from canonical.validation import Fault, validate
from sync.inbound import catalogue
from sync.inbound.mapping import Mapping as Compiled
from sync.inbound.mapping import MappingError, MappingIssue


@dataclass(frozen=True, slots=True)
class Tried:
    """One sample: its values in our shape, what spoils it, what was left out, and unknown words."""

    values: dict[str, Any]
    errors: list[str]
    warnings: list[str]
    unmapped: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a mapping does; with `issues` it cannot be used, and no sample was mapped.

    `missing` names mandatory attributes that no sample fills.
    """

    issues: list[MappingIssue] = field(default_factory=list)
    samples: list[Tried] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether it can be used and spoils none of the samples."""
        return not self.issues and not any(tried.errors for tried in self.samples)


def try_out(spec: Any, payloads: Sequence[Mapping[str, Any]]) -> Trial:
    """Map the samples without storing anything; never raises for what is in them."""
    try:
        mapping = catalogue.check(spec)
    except MappingError as error:
        return Trial(issues=error.issues)
    tried = [_tried(mapping, spec["system"], payload) for payload in payloads]
    filled = {name for each in tried for name in each.values}
    schema = schema_of(mapping.entity)
    missing = [a.name for a in schema if a.mandatory and a.name not in filled]
    if not any(a.identifying and a.name in filled for a in schema):
        missing.insert(0, "anything that identifies the record")
    return Trial(samples=tried, missing=missing)


def _tried(mapping: Compiled, system: str, payload: Mapping[str, Any]) -> Tried:
    record = mapping.apply(payload)
    values, faults = validate(schema_of(mapping.entity), record.values)
    answer = resolutions(system, mapping.entity, [values], configuration.current())[0]
    return Tried(
        values=values,
        errors=[_words(issue) for issue in record.errors] + [_fault(fault) for fault in faults],
        warnings=[_words(issue) for issue in record.warnings],
        unmapped=answer.unmapped,
    )


def _words(issue: MappingIssue) -> str:
    return f"{issue.pointer.lstrip('/')}: {issue.detail}"


def _fault(fault: Fault) -> str:
    return f"{fault.pointer.lstrip('/')}: {fault.detail}"
