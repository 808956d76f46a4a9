"""Cases as data: pairs that should, or should not, be one thing, under the models that ship."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matching.engine.compare.names import CHUNK
from matching.engine.frame import frame_of
from matching.engine.model import default_model
from matching.engine.normalise import features
from matching.engine.score import Scorer, score_one
from matching.engine.train import counted
from matching.profiles import PROFILES, UnknownEntity, entity_named, profile_for

FOLDER = Path("fixtures/match_cases")
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}: {case['case']}")
    for path in sorted(FOLDER.glob("*.json"))
    for case in json.loads(path.read_text("utf-8"))
]


@pytest.mark.parametrize(("entity", "case"), CASES)
def test_case(entity: str, case: dict[str, Any]) -> None:
    profile = profile_for(entity)
    left, right = (features(profile, case[side]) for side in ("left", "right"))
    found = score_one(profile, default_model(profile), left, [right])[0]
    said = [(c.attribute, c.label, c.weight / 1024) for c in found.comparisons if c.level]
    assert (found.probability >= 0.5) is case["match"], said


@pytest.mark.parametrize("entity", PROFILES)
def test_few_pairs_and_many_are_told_the_same(entity: str) -> None:
    profile, cases = profile_for(entity), json.loads((FOLDER / f"{entity}.json").read_text("utf-8"))
    records = [features(profile, case[side]) for case in cases for side in ("left", "right")]
    frame = frame_of(profile, records)
    model = counted(profile, frame)
    a, b = np.indices((len(records), len(records))).reshape(2, -1)
    many = Scorer(profile, model, frame).levels(*np.tile((a, b), CHUNK // len(a) + 1))
    for row, record in enumerate(records):
        alone = Scorer(profile, model, frame_of(profile, [record, *records]))
        others = np.arange(1, len(records) + 1)
        few = alone.levels(np.zeros_like(others), others)
        assert (few == many[: len(a)][a == row]).all()


def test_every_entity_has_cases() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(PROFILES)


@pytest.mark.parametrize("entity", PROFILES)
def test_a_profile_reads_as_a_list(entity: str) -> None:
    profile = profile_for(entity)
    fields = set(profile.position)
    assert {c.field for c in profile.comparisons} <= fields
    assert {part.field for key in profile.keys for part in key.parts} <= fields
    assert len({key.name for key in profile.keys}) == len(profile.keys)
    for comparator in profile.comparisons:
        assert all(level.sentence.endswith(".") for level in comparator.levels)


def test_entities_by_path_name() -> None:
    assert [entity_named(n) for n in ("clients", "rate-cards", "resource")] == [
        "client",
        "rate_card",
        "resource",
    ]
    with pytest.raises(UnknownEntity):
        entity_named("people")
