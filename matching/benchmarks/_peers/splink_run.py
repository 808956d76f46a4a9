# mypy: ignore-errors
"""Splink as its tutorial says: runs inside the peers' own environment, not in ours.

usage: splink_run.py FILE.csv ENTITY PAIRS.csv CLUSTERS.csv MEMORY, such as 8GB
"""

import json
import resource
import sys
import time
from pathlib import Path

import duckdb
import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

COMPARED = {
    "legal_name": lambda: cl.JaroWinklerAtThresholds("legal_name", [0.95, 0.88, 0.8]).configure(
        term_frequency_adjustments=True
    ),
    "address_line": lambda: cl.JaroWinklerAtThresholds("address_line", [0.95, 0.88]),
    "locality": lambda: cl.JaroWinklerAtThresholds("locality", [0.9]).configure(
        term_frequency_adjustments=True
    ),
    "postal_code": lambda: cl.LevenshteinAtThresholds("postal_code", [1]),
    "country": lambda: cl.ExactMatch("country"),
    "phone": lambda: cl.LevenshteinAtThresholds("phone", [1]),
    "website": lambda: cl.JaroWinklerAtThresholds("website", [0.9]),
    "email": lambda: cl.EmailComparison("email"),
    "tax_id": lambda: cl.LevenshteinAtThresholds("tax_id", [1]),
    "given_name": lambda: cl.NameComparison("given_name"),
    "family_name": lambda: cl.NameComparison("family_name"),
    "date_of_birth": lambda: cl.LevenshteinAtThresholds("date_of_birth", [1, 2]),
    "address_line_2": lambda: cl.JaroWinklerAtThresholds("address_line_2", [0.9]),
    "region": lambda: cl.ExactMatch("region"),
    "national_id": lambda: cl.LevenshteinAtThresholds("national_id", [1]),
}
BLOCKED = {
    "clients": [
        ["tax_id"],
        ["phone"],
        ["website"],
        ["email"],
        ["legal_name"],
        ["substr(legal_name, 1, 5)", "locality"],
        ["substr(legal_name, 1, 4)", "postal_code"],
        ["address_line"],
        ["substr(legal_name, 1, 8)"],
    ],
    "resources": [
        ["national_id"],
        ["email"],
        ["given_name", "family_name"],
        ["given_name", "date_of_birth"],
        ["family_name", "date_of_birth"],
        ["date_of_birth", "locality"],
        ["given_name", "locality"],
        ["family_name", "locality"],
        ["date_of_birth", "postal_code"],
    ],
}
TRAINED = {
    "clients": [["legal_name"], ["address_line"], ["phone"]],
    "resources": [["date_of_birth"], ["given_name", "family_name"], ["email"]],
}


def columns_of(rule):
    return [c.split("(")[-1].split(",")[0] for c in rule]


def main(path, entity, pairs_path, clusters_path, memory):
    frame = pd.read_csv(path, dtype=str, keep_default_na=False).replace("", None)
    frame = frame.apply(lambda column: column.str.lower())
    if "phone" in frame:  # equal care: digits without trunk zero and calling code, bare domains
        frame["phone"] = frame["phone"].str.replace(r"\D", "", regex=True).str[-9:]
    if "website" in frame:
        frame["website"] = frame["website"].str.replace(r"^(https?://)?(www\.)?", "", regex=True)
    frame = frame.rename(columns={"source_id": "unique_id"}).drop(columns=["source"])
    present = {c for c in frame.columns if frame[c].notna().any()}
    started = time.process_time()
    usable = [r for r in BLOCKED[entity] if set(columns_of(r)) <= present]
    trained = [r for r in TRAINED[entity] if set(columns_of(r)) <= present]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[make() for name, make in COMPARED.items() if name in present],
        blocking_rules_to_generate_predictions=[block_on(*r) for r in usable],
    )
    room = {"memory_limit": memory, "temp_directory": str(Path(pairs_path).parent / "duckdb")}
    api = DuckDBAPI(connection=duckdb.connect(config=room))
    linker = Linker(api.register(frame), settings, log_level=40)
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*r) for r in usable[:3]], recall=0.7
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in trained:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    predictions = linker.inference.predict(threshold_match_probability=0.01)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predictions, threshold_match_probability=0.5
    )
    spent = time.process_time() - started
    found = predictions.as_pandas_dataframe()
    found = found.rename(
        columns={
            "unique_id_l": "source_id_a",
            "unique_id_r": "source_id_b",
            "match_probability": "probability",
        }
    )
    found[["source_id_a", "source_id_b", "probability"]].to_csv(pairs_path, index=False)
    named = clusters.as_pandas_dataframe().rename(columns={"unique_id": "source_id"})
    named[["source_id", "cluster_id"]].to_csv(clusters_path, index=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"cpu": spent, "peak_mb": peak}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
