"""The `evaluate` command: shares with intervals, calibration, and people's answers."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from matching.engine.accuracy import accuracy, calibration_error, interval, recall_at, reliability

LABELLED = Path("fixtures/labelled")


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("evaluate", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_measures_a_labelled_file() -> None:
    file, truth = LABELLED / "fake_1000.csv", LABELLED / "fake_1000.truth.csv"
    said = run(file, "--entity", "resources", "--truth", truth)
    figures = dict(line.split()[:2] for line in said.splitlines() if line[:2] in ("pr", "re", "F1"))
    assert float(figures["precision"]) > 0.98
    assert float(figures["F1"]) > 0.96
    error = float(said.split("calibration error")[1].split()[0])
    assert error <= 0.03


def test_draws_whether_stated_probabilities_hold(tmp_path: Path) -> None:
    file, truth = LABELLED / "fake_1000.csv", LABELLED / "fake_1000.truth.csv"
    drawn = tmp_path / "drawn.svg"
    said = run(file, "--entity", "resources", "--truth", truth, "--plot", drawn)
    rows = said.split("pairs\n")[1].splitlines()[:-1]
    circles = list(ElementTree.parse(drawn).iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == len(rows)
    stated, observed = map(float, rows[-1].split()[:2])
    x, y = float(circles[-1].attrib["cx"]), float(circles[-1].attrib["cy"])
    assert (x, y) == pytest.approx((200 * stated, 200 * (1 - observed)), abs=0.2)


def test_a_drawing_needs_an_entity_and_a_place(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="name it with --entity"):
        run("--plot", tmp_path / "drawn.svg")
    file, truth = LABELLED / "fake_1000.csv", LABELLED / "fake_1000.truth.csv"
    with pytest.raises(CommandError, match="cannot write"):
        run(file, "--entity", "resources", "--truth", truth, "--plot", tmp_path / "no" / "x.svg")


def test_needs_a_truth_beside_a_file() -> None:
    with pytest.raises(CommandError, match="needs --entity and --truth"):
        run(LABELLED / "fake_1000.csv")


@pytest.mark.django_db
def test_a_hub_without_answers_says_so() -> None:
    assert "client: no answers yet" in run()


def test_accuracy_counts_pairs() -> None:
    found = accuracy(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]))
    assert (found.right, found.found, found.true) == (1, 2, 3)
    assert found.precision == 0.5
    assert found.f1 == pytest.approx(0.4)


def test_recall_at_a_precision_stops_before_the_first_error_too_many() -> None:
    i, j = np.array([0, 2, 0]), np.array([1, 3, 2])
    truth = np.array([0, 0, 1, 1])
    assert recall_at(truth, i, j, np.array([3, 1, 2])) == 0.5
    assert recall_at(truth, i, j, np.array([3, 2, 1])) == 1.0


def test_reliability_and_intervals() -> None:
    bins = reliability(np.array([0.9, 0.9, 0.1, 0.1]), np.array([True, False, False, False]))
    assert calibration_error(bins) == pytest.approx(0.25)
    assert interval(95, 100) == pytest.approx((0.888, 0.978), abs=1e-3)
    assert interval(0, 0) == (0.0, 1.0)
