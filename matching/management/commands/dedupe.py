"""`manage.py dedupe FILE --entity E --out OUT`."""

from __future__ import annotations

import gc
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from matching.engine.accuracy import accuracy, interval
from matching.engine.batch import STAGES, Result, dedupe
from matching.engine.compare.base import Index
from matching.engine.frame import Frame, read_frame
from matching.engine.model import BadModel, Model
from matching.engine.profile import Profile
from matching.profiles import UnknownEntity, entity_named, profile_for
from matching.tables import BadFile, Records, read_records, read_truth, write_columns


class Command(BaseCommand):
    """Clusters a file of records with the matching engine alone; needs no database."""

    help = "Find the records of a CSV or Parquet file that are the same thing."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV or Parquet: source, source_id, attributes")
        parser.add_argument("--entity", required=True, help="clients, resources, contracts, ...")
        parser.add_argument("--out", type=Path, required=True, help="clusters, CSV or Parquet")
        parser.add_argument("--pairs", type=Path, help="also write every scored pair")
        parser.add_argument("--model", type=Path, help="a trained model instead of learning one")
        parser.add_argument("--save-model", type=Path, help="write the model that was used")
        parser.add_argument("--truth", type=Path, help="source_id, cluster_id: print the accuracy")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._dedupe(options)
        except (BadFile, BadModel, UnknownEntity) as error:
            raise CommandError(error.args[0]) from error

    def _dedupe(self, options: dict[str, Any]) -> None:
        profile = profile_for(entity_named(options["entity"]))
        model = read_model(options["model"], profile) if options["model"] else None
        records = read_records(options["file"])
        truth = read_truth(options["truth"], records) if options["truth"] else None
        result = deduped(profile, records, model)
        write_columns(options["out"], clusters(records, result))
        if options["pairs"]:
            write_columns(options["pairs"], pairs(records, result))
        if options["save_model"]:
            options["save_model"].write_text(result.model.to_json(), "utf-8")
        self._report(records, result, truth)

    def _report(self, records: Records, result: Result, truth: Any) -> None:
        count = len(np.unique(result.clusters.label))
        self.stdout.write(f"{len(records.source_id)} records, {count} clusters")
        if truth is not None:
            found = accuracy(truth, result.clusters.label)
            low, high = interval(found.right, found.found)
            self.stdout.write(f"precision {found.precision:.4f} ({low:.4f} to {high:.4f})")
            low, high = interval(found.right, found.true)
            self.stdout.write(f"recall    {found.recall:.4f} ({low:.4f} to {high:.4f})")
            self.stdout.write(f"F1        {found.f1:.4f}")


def read_model(path: Path, profile: Profile) -> Model:
    """A model file that fits the profile; raises BadFile or BadModel."""
    try:
        model = Model.from_json(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: {error}") from error
    model.refuse_other_than(profile)
    return model


def deduped(profile: Profile, records: Records, model: Model | None) -> Result:
    """Cluster the records behind a progress bar."""
    gc.disable()  # the collector would walk millions of values again and again: twice the time
    steps = len(STAGES) + 1
    with tqdm(total=steps, desc="normalising", unit="step") as bar:

        def progress(stage: str) -> None:
            bar.update()
            bar.set_description(stage)

        frame: Frame = read_frame(profile, records.attributes)
        records.attributes.forget()
        result = dedupe(profile, frame, model, progress, systems(records))
        bar.update(steps - bar.n)
    gc.enable()
    return result


def systems(records: Records) -> Index:
    """The source system of each record, numbered."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in records.source], np.int64)


def clusters(records: Records, result: Result) -> dict[str, Any]:
    """One row a record: its cluster, numbered in order of appearance, and how sure that is."""
    _, first, inverse = np.unique(result.clusters.label, return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first)) + 1
    return {
        "source": records.source,
        "source_id": records.source_id,
        "cluster_id": number[inverse],
        "probability": np.round(result.assurance, 6),
    }


def pairs(records: Records, result: Result) -> dict[str, Any]:
    """One row a scored pair, the likeliest first."""
    order = np.argsort(-result.weight, kind="stable")
    left, right = result.i[order].tolist(), result.j[order].tolist()
    return {
        "source_a": [records.source[k] for k in left],
        "source_id_a": [records.source_id[k] for k in left],
        "source_b": [records.source[k] for k in right],
        "source_id_b": [records.source_id[k] for k in right],
        "weight": result.weight[order] / 1024,
        "probability": np.round(result.model.probability(result.weight[order]), 9),
    }
