# mypy: ignore-errors
"""dedupe, trained with a tenth of the true pairs, as its documentation says: the labelled bar.

usage: dedupe_run.py FILE.csv ENTITY PAIRS.csv CLUSTERS.csv TRUTH.csv
"""

import csv
import itertools
import json
import random
import resource
import sys
import time

import dedupe
from dedupe import variables

KINDS = {
    "date_of_birth": variables.String,
    "country": variables.ShortString,
    "region": variables.ShortString,
    "postal_code": variables.ShortString,
}
SKIPPED = ("source", "source_id", "industry")


def labelled(rows, truth):
    """A tenth of the true pairs, and ten times as many others."""
    rng = random.Random(1)  # noqa: S311
    groups = {}
    for key in rows:
        groups.setdefault(truth[key], []).append(key)
    same = [p for g in groups.values() for p in itertools.combinations(g, 2)]
    same = rng.sample(same, max(20, min(len(same) // 10, 500)))
    keys = list(rows)
    other = [
        (a, b)
        for a, b in (rng.sample(keys, 2) for _ in range(len(same) * 3))
        if truth[a] != truth[b]
    ]
    return {
        "match": [(rows[a], rows[b]) for a, b in same],
        "distinct": [(rows[a], rows[b]) for a, b in other],
    }


def main(path, entity, pairs_path, clusters_path, truth_path):
    random.seed(1)
    with open(path, encoding="utf-8") as file:
        given = list(csv.DictReader(file))
    with open(truth_path, encoding="utf-8") as file:
        truth = {row["source_id"]: row["cluster_id"] for row in csv.DictReader(file)}
    names = [n for n in given[0] if n not in SKIPPED and any(row[n] for row in given)]
    rows = {r["source_id"]: {n: r[n].lower() or None for n in names} for r in given}
    started = time.process_time()
    fields = [KINDS.get(n, variables.String)(n, has_missing=True) for n in names]
    linker = dedupe.Dedupe(fields, num_cores=1)
    linker.prepare_training(rows, sample_size=1500)
    linker.mark_pairs(labelled(rows, truth))
    linker.train()
    clusters = linker.partition(rows, 0.5)
    spent = time.process_time() - started
    with open(clusters_path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("source_id", "cluster_id"))
        for number, (members, _) in enumerate(clusters):
            out.writerows((member, number) for member in members)
    with open(pairs_path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(("source_id_a", "source_id_b", "probability"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"cpu": spent, "peak_mb": peak}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
