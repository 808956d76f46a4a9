"""`manage.py evaluate`: how right matching is, on a labelled file or by people's answers."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string

from matching.engine.accuracy import (
    Bin,
    accuracy,
    calibration_error,
    interval,
    recall_at,
    reliability,
)
from matching.engine.estimates import Estimate
from matching.engine.model import BadModel
from matching.engine.plot import plot
from matching.engine.profile import Profile
from matching.engine.score import Scorer
from matching.learning.learn import active_model, population
from matching.management.commands.dedupe import deduped, read_model
from matching.profiles import PROFILES, UnknownEntity, entity_named, profile_for
from matching.questions.accuracy import Accuracy, of_entity
from matching.tables import BadFile, read_records, read_truth


class Command(BaseCommand):
    """Prints precision and recall with their intervals, and whether stated probabilities hold."""

    help = "Measure matching on a labelled file, or on the hub by its stewards' answers."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="records; the hub's own without it")
        parser.add_argument("--entity", help="clients, resources, ...; all of the hub without it")
        parser.add_argument("--truth", type=Path, help="source_id, cluster_id")
        parser.add_argument(
            "--plot", type=Path, help="SVG of stated probabilities against the share right"
        )
        parser.add_argument("--model", type=Path, help="a trained model instead of learning one")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"] and not (options["entity"] and options["truth"]):
            raise CommandError("a file needs --entity and --truth")
        if options["plot"] and not options["entity"]:
            raise CommandError("--plot draws one entity: name it with --entity")
        try:
            named = [options["entity"]] if options["entity"] else list(PROFILES)
            profiles = [profile_for(entity_named(name)) for name in named]
            if options["file"]:
                self._file(profiles[0], options)
            else:
                for profile in profiles:
                    self._hub(profile, options["plot"])
        except (BadFile, BadModel, UnknownEntity) as error:
            raise CommandError(error.args[0]) from error
        except OSError as error:
            raise CommandError(f"cannot write {error.filename}: {error.strerror}") from error

    def _file(self, profile: Profile, options: dict[str, Any]) -> None:
        model = read_model(options["model"], profile) if options["model"] else None
        records = read_records(options["file"])
        truth = read_truth(options["truth"], records)
        result = deduped(profile, records, model)
        found = accuracy(truth, result.clusters.label)
        self._share("precision", found.right, found.found)
        self._share("recall", found.right, found.true)
        self.stdout.write(f"{'F1':20} {found.f1:.4f}")
        best = recall_at(truth, result.i, result.j, result.weight)
        self.stdout.write(f"{'recall at P 99 %':20} {best:.4f}")
        match = truth[result.i] == truth[result.j]
        bins = reliability(result.model.probability(result.weight), match)
        self._calibration(bins, f"{options['file'].stem}, {len(match):,} pairs", options["plot"])

    def _hub(self, profile: Profile, drawn: Path | None) -> None:
        self._answers(profile, drawn)
        self._audits(of_entity(profile.entity))

    def _audits(self, found: Accuracy) -> None:
        """What automation did, weighed up from stewards' answers and random audits."""
        if not found.whole.answers:
            return
        last = f"{found.audited_at:%Y-%m-%d}" if found.audited_at else "never"
        self.stdout.write(f"in the hub: last audit {last}, {found.waiting} questions wait")
        self.stdout.write(f"{'systems':24} {'links':>7} {'asked':>6}  precision, recall, found")
        for figures in (found.whole, *found.pairs):
            told = (_told(e) for e in (figures.precision, figures.recall, figures.found))
            name = figures.systems or "all"
            line = f"{name:24} {figures.links:7} {figures.asked:6}  {', '.join(told)}"
            self.stdout.write(line)

    def _answers(self, profile: Profile, drawn: Path | None) -> None:
        people = population(profile)
        frame, labels = people.frame, people.labels
        if not len(labels.match):
            self.stdout.write(f"{profile.entity}: no answers yet")
            return
        model = active_model(profile)
        scorer = Scorer(profile, model, frame)
        chance = model.probability(scorer.weights(scorer.levels(labels.i, labels.j)))
        linked = chance >= profile.thresholds.link
        self.stdout.write(f"{profile.entity}: {len(labels.match)} answers, model {model.version}")
        self._share("precision", int((linked & labels.match).sum()), int(linked.sum()))
        self._share("recall", int((linked & labels.match).sum()), int(labels.match.sum()))
        bins = reliability(chance, np.asarray(labels.match, np.bool_))
        self._calibration(bins, f"{profile.entity}, {len(labels.match):,} answers", drawn)

    def _share(self, name: str, right: int, of: int) -> None:
        low, high = interval(right, of)
        share = right / of if of else 1.0
        self.stdout.write(f"{name:20} {share:.4f} ({low:.4f} to {high:.4f}, n = {of})")

    def _calibration(self, bins: list[Bin], title: str, drawn: Path | None) -> None:
        self.stdout.write(f"{'calibration error':20} {calibration_error(bins):.4f}")
        self.stdout.write("stated      right   between      pairs")
        for p in plot(bins).points:
            bar = "#" * round(p.observed * 30)
            reach = f"{p.low:.3f}-{p.high:.3f}"
            self.stdout.write(f"{p.stated:6.3f} {p.observed:10.3f} {reach} {p.pairs:8} {bar}")
        if drawn:
            context = {"plot": plot(bins), "title": title, "alone": True}
            drawn.write_text(render_to_string("matching/reliability.svg", context), "utf-8")
            self.stdout.write(f"drawn in {drawn}")


def _told(estimate: Estimate | None) -> str:
    if estimate is None:
        return "unknown"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
