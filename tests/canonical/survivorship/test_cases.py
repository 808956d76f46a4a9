"""The truth about survivorship as data; see fixtures/survivorship_cases/README.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice, permutations
from pathlib import Path
from typing import Any

import pytest

from canonical.entities import schema_of
from canonical.survivorship import Contribution, Policy, Strategy, golden, lineage

FOLDER = Path(__file__).parents[3] / "fixtures" / "survivorship_cases"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['case']}")
    for path in sorted(FOLDER.glob("*.json"))
    for case in json.loads(path.read_text("utf-8"))
]


def contribution(name: str, said: Mapping[str, Any]) -> Contribution:
    system, _, source_id = name.partition(" ")
    told = {*said["values"], *said.get("empty", ())}
    changed = said.get("changed_at", {})
    return Contribution(
        record=name,
        system=system,
        source_id=source_id,
        values=said["values"],
        changed_at=dict.fromkeys(told, changed) if isinstance(changed, str) else changed,
        retired=said.get("retired", False),
        steward=said.get("steward", False),
        empty=frozenset(said.get("empty", ())),
        expires=said.get("expires", {}),
    )


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any]) -> None:
    schema = schema_of(case["entity"])
    policy = Policy.from_rules(case["entity"], 1, case.get("policy", {}))
    records = [contribution(name, said) for name, said in case["records"].items()]
    for order in islice(permutations(records), 6):
        found = golden(schema, policy, order, case.get("on", "2026-06-01"))
        assert found.values == case["golden"]
        assert case.get("winners", {}).items() <= found.winners.items()
        assert sorted({issue["code"] for issue in found.issues}) == case.get("issues", [])
        told = lineage(schema, policy, order, case.get("on", "2026-06-01"))
        assert {row["attribute"]: row["value"] for row in told if row["value"] is not None} == (
            case["golden"]
        )


def test_every_strategy_has_a_case() -> None:
    said = json.dumps([case.values[0] for case in CASES])
    assert all(f'"{strategy}"' in said for strategy in Strategy if strategy != Strategy.TRUST)


@pytest.mark.parametrize(
    "rule", [{"strategy": "loudest"}, {"trust": {"crm": "much"}}, {"trust": 7}, 3]
)
def test_an_unreadable_rule_is_refused_by_its_attribute(rule: Any) -> None:
    with pytest.raises(ValueError, match=r"^legal_name: "):
        Policy.from_rules("client", 1, {"attributes": {"legal_name": rule}})
