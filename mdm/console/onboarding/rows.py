"""The lines of the mapping form: one per target, with what fills it and the ways to read that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.inbound.onboarding import Draft
from sync.inbound.suggest import Known, Suggestion, Target, ways
from sync.inbound.suggest.propose import weigh

Steps = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """One target; `why` tells what speaks for its source."""

    target: Target
    source: str
    chosen: Steps
    why: str
    sure: float

    @property
    def path(self) -> str:
        return self.target.path

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """The ways to read it: value, words, whether it is the chosen one."""
        offered = [list(steps) for steps in ways(self.target.attribute)]
        if self.chosen and list(self.chosen) not in offered:
            offered.insert(0, list(self.chosen))
        return [(json.dumps(steps), _words(steps), list(self.chosen) == steps) for steps in offered]

    def way(self, wanted: str) -> list[dict[str, Any]]:
        """The offered way of this value, else the first."""
        values = [value for value, _, _ in self.options]
        value = wanted if wanted in values else values[0]
        steps: list[dict[str, Any]] = json.loads(value)
        return steps


def rows_of(draft: Draft) -> list[Row]:
    """A row for each target, in the order of the entity."""
    fields = {f.key: f for f in draft.fields} | {f.path: f for f in draft.fields if not f.each}
    rows = []
    for target in draft.targets:
        source = draft.sources.get(target.path, "")
        field = fields.get(_first(source))
        seen = weigh(target, field, Known()) if field else None
        steps = draft.ways.get(target.path, [])
        rows.append(Row(target, source, steps, _why(seen), seen.score if seen else 0.0))
    return rows


def _first(source: str) -> str:
    """The field that a source begins with: `[Limit, Currency]` -> `Limit`."""
    return source[1:].split(", ")[0] if source.startswith("[") else source


def _why(seen: Suggestion | None) -> str:
    return "; ".join(seen.reasons) if seen else ""


_FORMS = {
    "iso": "2026-12-31", "%d.%m.%Y": "31.12.2026", "%d/%m/%Y": "31/12/2026",
    "%m/%d/%Y": "12/31/2026", "%Y/%m/%d": "2026/12/31", "%d-%m-%Y": "31-12-2026",
    "%d %b %Y": "31 Dec 2026", "%Y%m%d": "20261231", "sap": "/Date(…)/", "epoch_ms": "milliseconds",
}  # fmt: skip


def _words(steps: Steps) -> str:
    """A chain of transforms as a person reads it."""
    return ", ".join(_step(step) for step in steps)


def _step(step: Mapping[str, Any]) -> str:
    name = str(step["name"])
    if "format" in step:
        form = _FORMS.get(str(step["format"]), str(step["format"]))
        return f"{name} like {form}" + (f", at {step['offset']}" if "offset" in step else "")
    if name in ("decimal", "money"):
        unit = f" in {step['currency']}" if "currency" in step else ""
        grouping, point = str(step.get("grouping", "")), str(step.get("point", "."))
        return f"{name}{unit} like 1{grouping}234{point}56"
    if "separator" in step:
        return f"{name} at {step['separator']}"
    return {"trim": "as it is", "lower": "in small letters", "upper": "in capitals"}.get(name, name)
