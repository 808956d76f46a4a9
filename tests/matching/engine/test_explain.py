"""Explanations: the same number, in words, with what would change the decision."""

from __future__ import annotations

from typing import Any

from matching.engine.decide import Band
from matching.engine.explain import explain, leads
from matching.engine.frame import frame_of
from matching.engine.model import default_model
from matching.engine.normalise import Features, features
from matching.engine.score import score_one
from matching.engine.train import counted
from matching.profiles import profile_for

CLIENT = profile_for("client")
MODEL = default_model(CLIENT)


def client(name: str, **more: Any) -> Features:
    return features(CLIENT, {"legal_name": name, **more})


ACME = client("Acme Widgets GmbH", phone="+49 221 7654321", tax_id="DE136695976")
TWIN = client("Acme Widgets mbH", phone="0221 7654321")
OTHER = client("Zeta Widgets", phone="0221 7654321")


def test_the_waterfall_ends_at_the_number_that_was_scored() -> None:
    found = explain(CLIENT, MODEL, ACME, TWIN)
    assert found.weight == found.steps[-1].end == score_one(CLIENT, MODEL, ACME, [TWIN])[0].weight
    for before, after in zip(found.steps, found.steps[1:], strict=False):
        assert before.end == after.start
    assert found.model_version == MODEL.version


def test_says_in_words_what_agrees_and_how_rare_it_is() -> None:
    model = counted(CLIENT, frame_of(CLIENT, [ACME, TWIN, OTHER]))
    steps = {step.attribute: step for step in explain(CLIENT, model, ACME, TWIN).steps}
    assert steps["phone"].sentence.startswith("The numbers are the same. Rarity: “2217654321” 1 in")
    assert "“acme” 1 in" in steps["legal_name"].sentence
    assert steps["tax_id"].sentence == "No evidence: at least one side says nothing."


def test_says_what_would_change_the_decision() -> None:
    found = explain(CLIENT, MODEL, ACME, OTHER)
    assert found.band is not Band.LINK
    wanted = {(c.attribute, c.band) for c in found.changes}
    assert ("tax_id", Band.LINK) in wanted
    for change in found.changes:
        assert change.band is not found.band
        assert change.attribute in change.sentence


def test_says_what_parts_the_best_from_the_runner_up() -> None:
    best, second = (explain(CLIENT, MODEL, ACME, b) for b in (TWIN, OTHER))
    found = leads(best, second)
    assert found[0].attribute == "legal_name"
    assert sum(lead.weight for lead in found) == best.weight - second.weight
