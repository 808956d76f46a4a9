"""Assay as `manage.py dedupe` runs it, as a process of its own like every peer.

usage: assay_run.py FILE.csv ENTITY PAIRS.csv CLUSTERS.csv
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from matching.engine.batch import dedupe
from matching.engine.frame import read_frame
from matching.management.commands.dedupe import clusters, pairs, systems
from matching.profiles import entity_named, profile_for
from matching.tables import read_records, write_columns


def main(path: str, entity: str, pairs_path: str, clusters_path: str) -> None:
    """Normalise, learn, score and cluster; report CPU seconds and peak memory."""
    gc.disable()
    records = read_records(Path(path))
    profile = profile_for(entity_named(entity))
    started = time.process_time()
    frame = read_frame(profile, records.attributes)
    records.attributes.forget()
    normalised = time.process_time()
    result = dedupe(profile, frame, systems=systems(records))
    ended = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    write_columns(Path(pairs_path), pairs(records, result))
    write_columns(Path(clusters_path), clusters(records, result))
    spent = {"cpu": ended - started, "normalising": normalised - started, "peak_mb": peak}
    sys.stdout.write(json.dumps(spent) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
