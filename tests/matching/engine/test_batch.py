"""The whole population at once: the same numbers as one by one, and sane clusters."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np

from matching.engine.batch import dedupe
from matching.engine.cluster import cluster
from matching.engine.frame import frame_of, read_frame
from matching.engine.keys import keys
from matching.engine.model import BIT, default_model
from matching.engine.normalise import features
from matching.engine.pairs import candidate_pairs, file_records
from matching.engine.score import Scorer, score_one
from matching.engine.train import counted
from matching.profiles import profile_for

CLIENT = profile_for("client")
ROWS: list[dict[str, Any]] = [
    {"legal_name": "Acme Widgets GmbH", "phone": "+49 221 7654321", "locality": "Köln"},
    {"legal_name": "ACME Widgets mbH", "phone": "0221 7654321", "locality": "koeln"},
    {"legal_name": "Zeta Foods Ltd", "website": "zetafoods.co.uk", "locality": "Leeds"},
    {"legal_name": "Zeta Food Limited", "email": "info@zetafoods.co.uk", "locality": "Leeds"},
    {"legal_name": "International Business Machines Corp", "locality": "Armonk"},
    {"legal_name": "I.B.M.", "locality": "Armonk"},
    {"legal_name": "n/a"},
    {"legal_name": "Acme Foods SA", "phone": "221 7654329", "locality": "Lyon"},
]
WORDS = ("Bodo", "Cleva", "Dromo", "Flura", "Grako", "Kelmi", "Lorta", "Munexo", "Polqua")
COLUMNS = {
    name: [row.get(name, "") for row in ROWS] for name in sorted({k for r in ROWS for k in r})
}


def test_columns_and_records_are_read_alike() -> None:
    records = frame_of(CLIENT, [features(CLIENT, row) for row in ROWS])
    for a, b in zip(records.columns, read_frame(CLIENT, COLUMNS).columns, strict=True):
        assert [a.cell(k) for k in range(len(ROWS))] == [b.cell(k) for k in range(len(ROWS))]


def test_scores_the_same_pairs_alike_online_and_in_batch() -> None:
    records = [features(CLIENT, row) for row in ROWS]
    frame = frame_of(CLIENT, records)
    model = counted(CLIENT, frame)
    i, j = np.triu_indices(len(ROWS), 1)
    batch = Scorer(CLIENT, model, frame)
    totals = batch.weights(batch.levels(i, j))
    chances = model.probability(totals)
    for a, b, total, chance in zip(i, j, totals, chances, strict=True):
        found = score_one(CLIENT, model, records[a], [records[b]])[0]
        assert (found.weight, found.probability) == (total, chance)


def test_files_records_under_the_keys_of_the_single_record() -> None:
    frame = read_frame(CLIENT, COLUMNS)
    filed = file_records(CLIENT, frame)
    for row, values in enumerate(ROWS):
        expected = set(keys(CLIENT, features(CLIENT, values)))
        found = (f.key[f.row == row].view(np.int64).tolist() for f in filed)
        assert set(chain.from_iterable(found)) == expected


def test_candidate_pairs_are_ordered_and_found_once() -> None:
    found = candidate_pairs(CLIENT, read_frame(CLIENT, COLUMNS))
    pairs = list(zip(found.i.tolist(), found.j.tolist(), strict=True))
    assert {(0, 1), (2, 3), (4, 5)} <= set(pairs)
    assert len(pairs) == len(set(pairs))
    assert all(a < b for a, b in pairs)


def test_dedupes_a_small_population_without_training() -> None:
    found = dedupe(CLIENT, read_frame(CLIENT, COLUMNS))
    assert found.clusters.label.tolist()[:4] == [0, 0, 2, 2]
    assert len(set(found.clusters.label.tolist()[6:])) == 2
    assert found.model.weights == default_model(CLIENT).weights
    assert ((found.assurance >= 0) & (found.assurance <= 1)).all()


def test_a_crowd_of_equals_becomes_one_cluster() -> None:
    many = {"legal_name": "Castell Optics", "phone": "0221 7654321", "locality": "Ulm"}
    others = [{"legal_name": f"{word} Foods", "phone": "", "locality": "Jena"} for word in WORDS]
    rows = [*others, *(many for _ in range(1500))]
    columns = {name: [row[name] for row in rows] for name in many}
    label = dedupe(CLIENT, read_frame(CLIENT, columns)).clusters.label
    assert len(set(label[len(others) :].tolist())) == 1
    assert len(set(label.tolist())) == len(others) + 1


def test_populations_of_none_one_and_nothing_to_compare() -> None:
    for rows in ([], [{"legal_name": "Acme"}], [{"legal_name": "n/a"}, {"legal_name": ""}]):
        columns = {"legal_name": [row["legal_name"] for row in rows]}
        found = dedupe(CLIENT, read_frame(CLIENT, columns))
        assert found.clusters.label.tolist() == list(range(len(rows)))


def joined(size: int, pairs: dict[tuple[int, int], float], **more: Any) -> list[int]:
    i, j = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    weight = np.array([int(bits * BIT) for bits in pairs.values()], np.int64)
    return list(cluster(size, i, j, weight, **more).label.tolist())


def test_a_chain_of_weak_links_does_not_hold_two_firms_together() -> None:
    chain = {(0, 1): 8.0, (2, 3): 8.0, (1, 2): 2.0, (0, 2): -4.0, (1, 3): -4.0, (0, 3): -5.0}
    assert joined(4, chain) == [0, 0, 2, 2]


def test_agreement_with_many_outweighs_one_doubt() -> None:
    assert joined(3, {(0, 1): 8.0, (1, 2): 8.0, (0, 2): -2.0}) == [0, 0, 0]


def test_a_person_keeps_two_records_apart() -> None:
    assert joined(3, {(0, 1): 9.0, (1, 2): 8.0}, forbidden=[(0, 2)]) == [0, 0, 2]


def test_knows_the_weakest_bridge() -> None:
    i, j = np.array([0, 2, 1]), np.array([1, 3, 2])
    found = cluster(4, i, j, np.array([8, 9, 3]) * BIT)
    assert found.label.tolist() == [0, 0, 0, 0]
    seam = found.seam(0)
    assert seam is not None
    assert seam.weight < 3 * BIT
    assert {seam.left, seam.right} == {(0, 1), (2, 3)}
