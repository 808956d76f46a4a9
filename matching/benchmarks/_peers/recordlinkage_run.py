# mypy: ignore-errors
"""The Python Record Linkage Toolkit with its unsupervised ECM classifier, as documented.

usage: recordlinkage_run.py FILE.csv ENTITY PAIRS.csv CLUSTERS.csv
"""

import json
import resource
import sys
import time

import pandas as pd
import recordlinkage as rl

FUZZY = ("legal_name", "address_line", "locality", "given_name", "family_name", "email", "website")
EXACT = ("postal_code", "phone", "tax_id", "national_id", "date_of_birth", "country", "region")
BLOCKS = {
    "clients": ("phone", "tax_id", "website", "legal_name", "address_line", "postal_code"),
    "resources": ("national_id", "email", "date_of_birth", "given_name", "family_name"),
}


def joined(size, pairs):
    """Connected components: the toolkit has no clustering of its own."""
    parent = list(range(size))

    def root(k):
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    for a, b in pairs:
        parent[root(a)] = root(b)
    return [root(k) for k in range(size)]


def main(path, entity, pairs_path, clusters_path):
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame = frame.apply(lambda c: c.str.lower()).replace("", None)
    present = [c for c in frame.columns if frame[c].notna().any()]
    started = time.process_time()
    indexer = rl.Index()
    for name in BLOCKS[entity]:
        if name in present:
            indexer.block(name)
    if entity == "clients":
        indexer.sortedneighbourhood("legal_name", window=9)
    candidates = indexer.index(frame)
    compare = rl.Compare()
    for name in present:
        if name in FUZZY:
            compare.string(name, name, method="jarowinkler", threshold=0.88, label=name)
        elif name in EXACT:
            compare.exact(name, name, label=name)
    vectors = compare.compute(candidates, frame)
    classifier = rl.ECMClassifier()
    matches = classifier.fit_predict(vectors)
    chance = classifier.prob(vectors)
    spent = time.process_time() - started
    ids = frame["source_id"].tolist()
    rows = [(ids[a], ids[b], p) for (a, b), p in chance.items()]
    pd.DataFrame(rows, columns=["source_id_a", "source_id_b", "probability"]).to_csv(
        pairs_path, index=False
    )
    labels = joined(len(ids), matches)
    pd.DataFrame({"source_id": ids, "cluster_id": labels}).to_csv(clusters_path, index=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"cpu": spent, "peak_mb": peak}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
