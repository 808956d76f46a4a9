"""The engine alone: CPU seconds by stage, peak memory, accuracy, and one record at a time."""

from __future__ import annotations

import gc
import resource
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
from django.conf import settings

from matching.benchmarks.companies import file_of
from matching.engine.accuracy import accuracy, calibration_error, recall_at, reliability
from matching.engine.batch import Result, dedupe
from matching.engine.compare.base import Index
from matching.engine.frame import Frame, read_frame
from matching.engine.model import Model
from matching.engine.normalise import Features
from matching.engine.profile import Profile
from matching.engine.score import score_one
from matching.profiles import profile_for
from matching.tables import read_columns

CANDIDATES = 12
"""Records that one record is compared with, about what its keys find in a million."""

TRIALS = 300


@dataclass(slots=True)
class Clock:
    """CPU seconds of each named stage."""

    spent: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add what happens inside to one stage."""
        started = time.process_time()
        yield
        self.spent[name] = self.spent.get(name, 0.0) + time.process_time() - started


def run(options: list[str]) -> int:
    """Measure generated companies of each size: `bench matching 10000 100000 1000000`."""
    parser = ArgumentParser(prog="bench matching")
    parser.add_argument("records", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--seed", type=int, default=103)
    chosen = parser.parse_args(options)
    for records in chosen.records:
        _measure(records, chosen.seed)
    return 0


def _measure(records: int, seed: int) -> None:
    profile, clock = profile_for("client"), Clock()
    directory = settings.VAR_DIR / "peers"
    directory.mkdir(parents=True, exist_ok=True)
    file = file_of(records, seed, directory)
    gc.disable()
    with clock.stage("normalise"):
        columns = read_columns(file)
        frame = read_frame(profile, columns)
        columns.forget()
    with clock.stage("learn, score, cluster"):
        result = dedupe(profile, frame)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with clock.stage("the same with a model"):
        dedupe(profile, frame, result.model)
    gc.enable()
    sys.stdout.write(f"\n{records:,} companies, seed {seed}, {len(result.i):,} pairs\n")
    for name, seconds in clock.spent.items():
        sys.stdout.write(f"  {name:24} {seconds:8.2f} s  {seconds / records * 1e6:7.1f} us each\n")
    sys.stdout.write(f"  {'peak memory':24} {peak:8.0f} MB\n")
    _accuracy(result, _truth(file))
    _online(profile, result.model, frame)


def _truth(file: Path) -> Index:
    """The true cluster of every record, in the file's order."""
    columns = read_columns(file.with_name(f"{file.stem}.truth.csv"))
    return np.array(columns["cluster_id"], np.int64)


def _accuracy(result: Result, truth: np.ndarray) -> None:
    found = accuracy(truth, result.clusters.label)
    match = truth[result.i] == truth[result.j]
    error = calibration_error(reliability(result.model.probability(result.weight), match))
    at_99 = recall_at(truth, result.i, result.j, result.weight)
    sys.stdout.write(
        f"  precision {found.precision:.4f}, recall {found.recall:.4f}, F1 {found.f1:.4f}, "
        f"recall at P 99 % {at_99:.3f}, calibration error {error:.4f}\n"
    )


def _online(profile: Profile, model: Model, frame: Frame) -> None:
    """One packed record against a dozen, from bytes to evidence; milliseconds of CPU."""
    random, taken = Random(1), []  # noqa: S311 - a seed is the point
    packed = [_features(profile, frame, random.randrange(frame.size)).pack() for _ in range(500)]
    for _ in range(TRIALS):
        chosen = random.sample(packed, CANDIDATES + 1)
        started = time.process_time()
        first, *others = map(Features.unpack, chosen)
        score_one(profile, model, first, others)
        taken.append((time.process_time() - started) * 1000)
    p50, p95 = np.percentile(taken, [50, 95])
    sys.stdout.write(f"  one against {CANDIDATES}: p50 {p50:.2f} ms, p95 {p95:.2f} ms\n")
    sys.stdout.flush()


def _features(profile: Profile, frame: Frame, record: int) -> Features:
    return Features(profile.entity, tuple(column.cell(record) for column in frame.columns))
