"""The `train` command: learn, correct by answers, compare, keep, roll back."""

from __future__ import annotations

import csv
from io import StringIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from matching.engine.model import Model, default_model
from matching.engine.train import apart, calibrated
from matching.learning.learn import keep
from matching.models import MatchModel
from matching.profiles import profile_for

FILE = Path("fixtures/labelled/fake_1000.csv")


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("train", *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Answers on neighbouring rows, as a steward who sees likely pairs would give them."""
    with Path("fixtures/labelled/fake_1000.truth.csv").open(encoding="utf-8") as file:
        truth = list(csv.DictReader(file))
    path = tmp_path / "labels.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("source_id_a", "source_id_b", "match"))
        for a, b in pairwise(truth[:401]):
            same = a["cluster_id"] == b["cluster_id"]
            rows.writerow((a["source_id"], b["source_id"], "yes" if same else "no"))
    return path


def test_learns_from_a_file_and_from_answers(tmp_path: Path, labels: Path) -> None:
    plain, taught = tmp_path / "plain.json", tmp_path / "taught.json"
    run(FILE, "--entity", "resources", "--out", plain)
    said = run(
        FILE, "--entity", "resources", "--labels", labels, "--out", taught, "--compare", plain
    )
    assert "merged" in said
    assert "into review" in said
    models = [Model.from_json(path.read_text("utf-8")) for path in (plain, taught)]
    assert models[0].version != models[1].version
    assert models[1].notes["labels"] == 400


def test_calibration_brings_overconfidence_down() -> None:
    model = default_model(profile_for("client"))
    weight = np.repeat(np.array([8, -8]) * 1024, 100)
    match = np.tile(np.arange(10) < 8, 20)
    match[100:] = ~match[100:]
    stated = calibrated(model, weight, match).probability(np.array([8 * 1024, -8 * 1024]))
    assert 0.75 < stated[0] < 0.9
    assert 0.1 < stated[1] < 0.25


def test_a_system_that_never_repeats_itself_is_believed() -> None:
    weight = np.repeat(np.array([10, -10]) * 1024, 1000)
    across = np.arange(2000) % 2 == 0
    mixed = apart(weight, ~across)
    assert abs(mixed) < 1024
    assert apart(weight, weight < 0) == -6 * 1024
    assert apart(weight, np.zeros(2000, np.bool_)) == 0


def test_refuses_labels_of_unknown_records(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("source_id_a,source_id_b,match\n0,nobody,yes\n", "utf-8")
    with pytest.raises(CommandError, match="row 2 names no record: 'nobody'"):
        run(FILE, "--entity", "resources", "--labels", path, "--out", tmp_path / "m.json")


@pytest.mark.django_db
def test_keeps_models_of_the_hub_and_rolls_back() -> None:
    assert "--activate to use it" in run("--entity", "clients")
    first = MatchModel.objects.get()
    keep(default_model(profile_for("client")), "test", activate=True)
    assert MatchModel.objects.get(active=True).pk != first.pk
    run("--entity", "clients", "--activate")
    assert MatchModel.objects.get(active=True).pk == first.pk
    assert MatchModel.objects.count() == 2
