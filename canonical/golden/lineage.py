"""Lineage: each value with its source, its rule and the values that lost. No table of its own."""

from __future__ import annotations

from typing import Any

from canonical import configuration, writer
from canonical.entities import schema_of
from canonical.golden.inputs import load
from canonical.golden.recompute import NOTHING
from canonical.models import Golden
from canonical.survivorship import lineage as explain


def lineage(golden: Golden) -> list[dict[str, Any]]:
    """The pure function, run on the present inputs, told attribute by attribute.

    Rows: attribute, value, winner {record, system, source_id, value, trust, changed_at, ...},
    rule, sentence, policy_version, losing [like winner], parts {path: record id}.
    """
    config = configuration.current()
    policy = config.policies.get(golden.entity, NOTHING)
    inputs = load([golden.id], config, mark=False)[golden.id]
    day = writer.now().date().isoformat()
    return explain(schema_of(golden.entity), policy, inputs.contributions, day)
