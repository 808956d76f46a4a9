"""Profile: each value with its source, what lost and by which rule, what is pinned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canonical.documents import lineage
from canonical.entities import schema_of
from canonical.governance import stewardship
from canonical.models import Golden
from mdm.console.layout.typed import written
from mdm.console.layout.values import label, shown

Context = dict[str, Any]


def profile(golden: Golden, sees: bool, query: Mapping[str, str]) -> Context:
    """Each value with its source; what lost, and by which rule; what is pinned."""
    told = lineage.of(golden, sees_restricted=sees)
    pinned = stewardship.overrides(golden.pk)
    rows = [_attribute(row, pinned) for row in told["attributes"]]
    parts = [
        {"path": path, "value": shown(note["value"]), **note}
        for path, note in sorted(pinned.items())
        if "[" in path
    ]
    masked = {
        a.name for a in schema_of(golden.entity) if not sees and (a.restricted or _hides(a.fields))
    }
    names = [a.name for a in schema_of(golden.entity) if a.name not in masked]
    return {
        "rows": rows,
        "pinned_parts": parts,
        "attributes": names,
        "pin": _to_pin(query, told["attributes"], names),
        "policy_version": told["policy_version"],
    }


def _hides(fields: Any) -> bool:
    return any(part.restricted for part in fields)


def _attribute(row: Mapping[str, Any], pinned: Mapping[str, Any]) -> Context:
    return {
        **row,
        "label": label(row["attribute"]),
        "shown": shown(row["value"]),
        "winner": {**row["winner"], "shown": shown(row["winner"]["value"])},
        "losing": [{**one, "shown": shown(one["value"])} for one in row["losing"]],
        "pinned": pinned.get(row["attribute"]),
    }


def _to_pin(query: Mapping[str, str], rows: list[Context], names: list[str]) -> Context:
    """What the form begins with: an attribute, and the value of the source that was clicked."""
    path, source = query.get("pin", ""), query.get("from", "")
    known = {row["attribute"]: row for row in rows}
    if path not in names:
        return {"path": "", "value": ""}
    row = known.get(path)
    if row is None:
        return {"path": path, "value": ""}
    said_by = [row["winner"], *row["losing"]]
    chosen = [one for one in said_by if f"{one['system']}/{one['source_id']}" == source]
    return {"path": path, "value": written((chosen or said_by)[0]["value"])}
