"""Evidence, keys and decisions on small cases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from matching.engine.decide import Band, GoldenEvidence, decide
from matching.engine.keys import keys, strong_keys
from matching.engine.model import BadModel, Model, default_model
from matching.engine.normalise import Features, features
from matching.engine.score import Evidence, score_one
from matching.profiles import PROFILES, profile_for

CLIENT = profile_for("client")
MODEL = default_model(CLIENT)


def client(name: str, **more: Any) -> Features:
    return features(CLIENT, {"legal_name": name, **more})


def evidence(a: Features, b: Features) -> Evidence:
    return score_one(CLIENT, MODEL, a, [b])[0]


ACME = client("Acme Widgets GmbH", tax_id="DE136695976", phone="+49 221 7654321", country="DE")
TWIN = client("ACME Widgets mbH", tax_id="136695976", country="Germany", phone="0221 7654321")
RIVAL = client("Acme Foods Ltd", tax_id="GB980780684", country="GB")


def test_the_total_is_the_prior_and_all_comparisons() -> None:
    found = evidence(ACME, TWIN)
    assert found.weight == MODEL.prior + sum(c.weight for c in found.comparisons)
    assert found.probability > 0.99 > 0.5 > evidence(ACME, RIVAL).probability


def test_neighbours_in_one_house_are_not_one_firm() -> None:
    house = {"address_line": "1 Main St", "locality": "Leeds", "phone": "0113 4960000"}
    found = evidence(client("Bistro Roma", **house), client("Mikado", **house))
    assert found.weight == MODEL.prior + sum(c.weight for c in found.comparisons)
    assert found.comparisons[-1].label == "shared by neighbours"
    assert found.probability < 0.5


def test_sister_firms_in_one_house_are_not_one_firm() -> None:
    house = {"address_line": "1 Main St", "locality": "Leeds", "phone": "0113 4960000"}
    found = evidence(client("Verdiera Kelmi Foods", **house), client("Verdiera Kelmi Law", **house))
    assert found.comparisons[0].label == "half, rare"
    assert found.comparisons[-1].label == "shared by neighbours"


def test_a_system_that_holds_records_apart_needs_more_evidence() -> None:
    twin = evidence(ACME, TWIN)
    free, held = GoldenEvidence("a", (twin,)), GoldenEvidence("a", (twin,), same_system=1)
    assert held.weight(MODEL) == free.weight(MODEL) + MODEL.apart < free.weight(MODEL)


def test_evidence_is_symmetric_and_missing_values_are_none() -> None:
    bare = client("Acme Widgets")
    assert evidence(bare, ACME).weight == evidence(ACME, bare).weight
    silent = [c.weight for c in evidence(ACME, bare).comparisons if c.attribute != "legal_name"]
    assert set(silent) == {0}


def test_twins_share_strong_keys_rivals_none() -> None:
    assert set(strong_keys(CLIENT, ACME)) == set(strong_keys(CLIENT, TWIN)) != set()
    assert set(strong_keys(CLIENT, ACME)) <= set(keys(CLIENT, ACME))
    assert not set(keys(CLIENT, client("Zeta Foods"))) & set(keys(CLIENT, ACME))


def test_keys_are_bigints_that_never_change() -> None:
    found = keys(CLIENT, ACME)
    assert all(-(2**63) <= key < 2**63 for key in found)
    assert len(found) == len(set(found))
    assert strong_keys(CLIENT, ACME) == [4371462768854382238]


def test_links_reviews_and_makes_new() -> None:
    twin, rival = evidence(ACME, TWIN), evidence(ACME, RIVAL)
    linked = decide(CLIENT, MODEL, [GoldenEvidence("b", (rival,)), GoldenEvidence("a", (twin,))])
    assert linked.band is Band.LINK
    assert linked.best is not None
    assert linked.best.golden == "a"
    assert decide(CLIENT, MODEL, [GoldenEvidence("b", (rival,))]).band is Band.NEW
    assert decide(CLIENT, MODEL, []).band is Band.NEW


def test_two_equal_candidates_go_before_a_person() -> None:
    twin = evidence(ACME, TWIN)
    found = decide(CLIENT, MODEL, [GoldenEvidence("b", (twin,)), GoldenEvidence("a", (twin,))])
    assert found.band is Band.REVIEW
    assert found.margin == 0
    assert found.best is not None
    assert found.best.golden == "a"


@pytest.mark.parametrize("entity", PROFILES)
def test_models_survive_their_text(entity: str) -> None:
    model = default_model(profile_for(entity))
    read = Model.from_json(model.to_json())
    assert read == model
    assert read.version == model.version == json.loads(model.to_json())["version"]


def test_refuses_what_is_no_model() -> None:
    with pytest.raises(BadModel):
        Model.from_json("{}")


@pytest.mark.parametrize("entity", PROFILES)
def test_default_weights_rise_from_contradiction_to_agreement(entity: str) -> None:
    for row in default_model(profile_for(entity)).weights.values():
        assert row[0] == 0
        assert row[1] < 0 < row[-1]
