"""Where each value of a golden record comes from, told by the function that chose it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from canonical import configuration, writer
from canonical.documents.records import shape_of
from canonical.documents.shape import Convert, Links
from canonical.entities import schema_of
from canonical.golden.inputs import load
from canonical.golden.recompute import NOTHING
from canonical.models import Golden
from canonical.resolution import placed
from canonical.survivorship.golden import lineage

_SAID = ("system", "source_id", "value", "trust", "changed_at", "retired", "steward")


def of(golden: Golden, *, sees_restricted: bool) -> dict[str, Any]:
    """Each attribute with its winner, the rule in words, and every value that lost."""
    config = configuration.current()
    schema, policy = schema_of(golden.entity), config.policies.get(golden.entity, NOTHING)
    contributions = load([golden.pk], config)[golden.pk].contributions
    rows = lineage(schema, policy, contributions, writer.now().date().isoformat())
    converts = {name: c for name, c, _ in shape_of(golden.entity, sees_restricted).attributes}
    links = _links(golden.entity, rows)
    return {
        "id": golden.pk,
        "code": golden.code,
        "entity": golden.entity,
        "version": golden.version,
        "policy_version": policy.version,
        "attributes": [_shown(row, converts[row["attribute"]], links) for row in rows],
    }


def _shown(row: Mapping[str, Any], convert: Convert | None, links: Links) -> dict[str, Any]:
    def show(value: Any) -> Any:
        return value if convert is None else convert(value, links)

    def said(one: Mapping[str, Any]) -> dict[str, Any]:
        return {name: show(one[name]) if name == "value" else one[name] for name in _SAID}

    names = {one["record"]: _name(one) for one in [row["winner"], *row["losing"]]}
    return {
        "attribute": row["attribute"],
        "value": show(row["value"]),
        "rule": row["rule"],
        "sentence": row["sentence"],
        "winner": said(row["winner"]),
        "losing": [said(one) for one in row["losing"]],
        "parts": {path: names.get(record) for path, record in row["parts"].items()},
    }


def _name(one: Mapping[str, Any]) -> dict[str, str]:
    return {"system": one["system"], "source_id": one["source_id"]}


def _links(entity: str, rows: list[dict[str, Any]]) -> Links:
    """The codes of every record that a winning or losing value refers to."""
    schema, targets = schema_of(entity), set()
    for row in rows:
        for one in [row["winner"], *row["losing"]]:
            values = {row["attribute"]: one["value"]}
            targets |= {UUID(target) for _, _, target, _ in placed(schema, values)}
    codes = Golden.objects.filter(id__in=targets).values_list("id", "code") if targets else ()
    return Links({str(target): code for target, code in codes})
