# mypy: ignore-errors
"""GoldenMatch without configuration, as its quick start says.

usage: goldenmatch_run.py FILE.csv ENTITY PAIRS.csv CLUSTERS.csv
"""

import contextlib
import csv
import io
import json
import resource
import sys
import time

import goldenmatch
import polars


def main(path, entity, pairs_path, clusters_path):
    frame = polars.read_csv(path, infer_schema_length=0)
    ids = frame["source_id"].to_list()
    frame = frame.drop("source", "source_id")
    started = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        result = goldenmatch.dedupe_df(frame, allow_red_config=True, confidence_required=False)
    spent = time.process_time() - started
    with open(clusters_path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("source_id", "cluster_id"))
        for number, found in result.clusters.items():
            members = found["members"] if isinstance(found, dict) else found
            out.writerows((ids[int(member)], number) for member in members)
    with open(pairs_path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(("source_id_a", "source_id_b", "probability"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"cpu": spent, "peak_mb": peak}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
