"""Assay beside Splink, recordlinkage, dedupe and GoldenMatch, on the same files in one run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings

from matching.benchmarks import companies
from matching.engine.accuracy import Accuracy, accuracy, recall_at
from matching.tables import BadFile, Records, read_columns, read_records, read_truth

PEERS = {
    "splink": ("splink==5.0.0", "pandas"),
    "recordlinkage": ("recordlinkage==0.16",),
    "dedupe": ("dedupe==3.0.3", "BTrees<6.5"),
    "goldenmatch": ("goldenmatch==3.22.0", "polars"),
}
NOTES = {"dedupe": "saw a tenth of the true pairs"}
PEOPLE = ("given_name", "family_name", "display_name")
RUNNERS = Path(__file__).parent / "_peers"


@dataclass(frozen=True, slots=True)
class Row:
    """One tool on one set."""

    tool: str
    found: Accuracy
    pairs: Accuracy | None
    recall_at_99: float | None
    cpu: float
    peak_mb: float
    note: str = ""

    @property
    def best(self) -> float:
        """The better F1 of final clusters and of scored pairs at one half."""
        return max(self.found.f1, self.pairs.f1 if self.pairs else 0.0)


def run(options: list[str]) -> int:
    """Print a table for every labelled set and for generated companies of unseen seeds."""
    chosen = _options(options)
    work = settings.VAR_DIR / "peers"
    work.mkdir(parents=True, exist_ok=True)
    python = _environment(work, chosen.peers)
    for file in [*_labelled(chosen), *_generated(chosen, work)]:
        _print(file, list(_measured(file, chosen, python, work)))
    return 0


def _options(options: list[str]) -> Namespace:
    parser = ArgumentParser(prog="bench peers")
    parser.add_argument("--data", type=Path, default=settings.BASE_DIR / "fixtures" / "labelled")
    parser.add_argument("--sets", nargs="*", help="names of sets; all in the directory without it")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--companies", type=int, nargs="*", default=[10_000], help="sizes")
    parser.add_argument("--seeds", type=int, nargs="*", default=[101, 102])
    parser.add_argument("--memory", type=int, default=8, help="GB that Splink's DuckDB may take")
    parser.add_argument("--minutes", type=int, default=60, help="how long one tool may take")
    return parser.parse_args(options)


def _environment(work: Path, peers: list[str]) -> Path:
    """The interpreter of the peers' own environment: they never enter ours."""
    home = work / "venv"
    python = home / "bin" / "python"
    uv = shutil.which("uv")
    if not python.exists():
        venv.create(home, with_pip=not uv)
    pip = (
        [uv, "pip", "install", "--python", str(python)]
        if uv
        else [str(python), "-m", "pip", "install"]
    )
    wanted = [package for peer in peers for package in PEERS[peer]]
    if wanted:
        subprocess.run([*pip, "-q", *wanted], check=True)
    return python


def _labelled(chosen: Namespace) -> Iterator[Path]:
    for truth in sorted(chosen.data.glob("*.truth.csv")):
        name = truth.name.removesuffix(".truth.csv")
        if chosen.sets is None or name in chosen.sets:
            yield chosen.data / f"{name}.csv"


def _generated(chosen: Namespace, work: Path) -> Iterator[Path]:
    for size in chosen.companies:
        for seed in chosen.seeds:
            yield companies.file_of(size, seed, work)


def _measured(file: Path, chosen: Namespace, python: Path, work: Path) -> Iterator[Row]:
    records = read_records(file)
    truth_file = file.with_name(f"{file.stem}.truth.csv")
    truth = read_truth(truth_file, records)
    entity = "resources" if set(PEOPLE) & set(records.attributes) else "clients"
    pairs, clusters = work / "pairs.csv", work / "clusters.csv"
    ours = [sys.executable, RUNNERS / "assay_run.py", file, entity, pairs, clusters]
    commands = {"assay": ours}
    needed: dict[str, list[object]] = {
        "dedupe": [truth_file],
        "splink": [f"{chosen.memory}GB"],
    }
    for peer in chosen.peers:
        more = needed.get(peer, [])
        runner = RUNNERS / f"{peer}_run.py"
        commands[peer] = [python, runner, file, entity, pairs, clusters, *more]
    for tool, command in commands.items():
        try:
            done = _ended([str(part) for part in command], chosen.minutes)
        except subprocess.TimeoutExpired:
            sys.stdout.write(f"{tool}: not done within {chosen.minutes} minutes\n")
            continue
        yield from _one(tool, done, records, truth, pairs, clusters)


def _ended(command: list[str], minutes: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=settings.BASE_DIR,
        timeout=minutes * 60,
    )


def _one(
    tool: str,
    done: subprocess.CompletedProcess[str],
    records: Records,
    truth: np.ndarray,
    pairs: Path,
    clusters: Path,
) -> Iterator[Row]:
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        sys.stdout.write(f"{tool}: failed: {last}\n")
        return
    spent = json.loads(done.stdout.splitlines()[-1])
    found = accuracy(truth, _labels(clusters, records))
    scored, recall = _pairs(pairs, records, truth, found.true)
    normalising = spent.get("normalising")
    note = NOTES.get(tool, f"{normalising:.1f} s to normalise" if normalising else "")
    yield Row(tool, found, scored, recall, spent["cpu"], spent["peak_mb"], note)


def _labels(path: Path, records: Records) -> np.ndarray:
    """The cluster of each record; records the tool left out stand alone."""
    columns = read_columns(path, needed=("source_id", "cluster_id"))
    named = dict(zip(columns["source_id"], columns["cluster_id"], strict=True))
    numbers: dict[str, int] = {}
    wanted = [named.get(name, f"alone {name}") for name in records.source_id]
    return np.array([numbers.setdefault(name, len(numbers)) for name in wanted])


def _pairs(
    path: Path, records: Records, truth: np.ndarray, true: int
) -> tuple[Accuracy | None, float | None]:
    """The tool's scored pairs at one half, and their recall at 99 % precision; None for none."""
    try:
        columns = read_columns(path)
    except BadFile:
        return None, None
    row = {name: k for k, name in enumerate(records.source_id)}
    i = np.array([row[name] for name in columns["source_id_a"]])
    j = np.array([row[name] for name in columns["source_id_b"]])
    chance = np.array(columns["probability"], np.float64)
    said = chance >= 0.5
    right = int((truth[i[said]] == truth[j[said]]).sum())
    return Accuracy(right, int(said.sum()), true), recall_at(truth, i, j, chance)


def _print(file: Path, rows: list[Row]) -> None:
    """One table; the last figure is our share of their errors, clusters or pairs, the better."""
    ours = rows[0].found.f1
    head = f"{'':15}P      R      F1      pairs   R@P99   CPU s    MB  errors"
    sys.stdout.write(f"\n{file.stem}\n{head}\n")
    for row in rows:
        scored = f"{row.pairs.f1:7.4f}" if row.pairs else "      -"
        at_99 = "      -" if row.recall_at_99 is None else f"{row.recall_at_99:7.3f}"
        ratio = (1 - ours) / max(1 - row.best, 1e-9)
        sys.stdout.write(
            f"{row.tool:14} {row.found.precision:.3f}  {row.found.recall:.3f}  {row.found.f1:.4f} "
            f"{scored} {at_99} {row.cpu:7.1f} {row.peak_mb:5.0f} {ratio:7.2f}  "
            f"{row.note}\n"
        )
    sys.stdout.flush()
