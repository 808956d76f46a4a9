"""`manage.py train --entity E`: from a file, or from the hub itself."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from matching.engine.batch import Result, dedupe
from matching.engine.compare_models import difference
from matching.engine.frame import read_frame
from matching.engine.model import BadModel, Model
from matching.engine.profile import Profile
from matching.engine.score import Scorer
from matching.engine.train import NO_LABELS, calibrated, taught
from matching.learning.impact import Impact, impact
from matching.learning.labels import read_labels
from matching.learning.learn import Population, active_model, keep, population
from matching.management.commands.dedupe import read_model, systems
from matching.profiles import UnknownEntity, entity_named, profile_for
from matching.tables import BadFile, read_records

SHOWN = 20


class Command(BaseCommand):
    """Learns a model, says what it would change, and keeps it: as a file, or in the hub."""

    help = "Train a matching model on a file of records, or on the hub's own records."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="records; the hub's own without it")
        parser.add_argument("--entity", required=True, help="clients, resources, contracts, ...")
        parser.add_argument("--labels", type=Path, help="source_id_a, source_id_b, match")
        parser.add_argument("--out", type=Path, help="write the model here")
        parser.add_argument("--compare", type=Path, help="say what changes against this model")
        parser.add_argument("--activate", action="store_true", help="use it in the hub from now on")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"] and not options["out"]:
            raise CommandError("--out says where the model of a file is written")
        try:
            self._train(options)
        except (BadFile, BadModel, UnknownEntity) as error:
            raise CommandError(error.args[0]) from error

    def _train(self, options: dict[str, Any]) -> None:
        profile = profile_for(entity_named(options["entity"]))
        people = given(profile, options) if options["file"] else population(profile)
        model, result = trained(profile, people)
        self.stdout.write(f"model {model.version}: {dict(model.notes)}")
        if options["compare"]:
            self._compare(profile, people, read_model(options["compare"], profile), result)
        elif people.records:
            self._compare(profile, people, active_model(profile), result)
        if options["out"]:
            options["out"].write_text(model.to_json(), "utf-8")
        if not options["file"]:
            keep(model, by="train", activate=options["activate"])
            self.stdout.write("active" if options["activate"] else "kept; --activate to use it")

    def _compare(self, profile: Profile, people: Population, old: Model, result: Result) -> None:
        before = dedupe(profile, people.frame, old, systems=people.systems)
        changed = difference(profile, before, result)
        for name, count in changed.counts().items():
            self.stdout.write(f"{name.replace('_', ' '):15} {count} pairs")
        if people.records:
            self._impact(impact(profile.entity, people.records, before, result))

    def _impact(self, found: Impact) -> None:
        """Which golden values would change, and what hangs on the golden records concerned."""
        self.stdout.write(
            f"{found.goldens} golden records concerned in {found.places} places, "
            f"{found.value:,.2f} {settings.ASSAY_CURRENCY} hang on them"
        )
        for place in found.shown[:SHOWN]:
            ids = ", ".join(str(golden) for golden in place.goldens)
            self.stdout.write(f"{place.before} become {place.after}: {ids}")
            for change in place.changes:
                self.stdout.write(f"  {change.attribute}: {change.before!r} -> {change.after!r}")


def given(profile: Profile, options: dict[str, Any]) -> Population:
    """The records of a file, and the answers beside it."""
    records = read_records(options["file"])
    labels = read_labels(options["labels"], records) if options["labels"] else NO_LABELS
    return Population(read_frame(profile, records.attributes), systems(records), labels)


def trained(profile: Profile, people: Population) -> tuple[Model, Result]:
    """Learn without labels, then let the answers correct and calibrate; with its outcome."""
    frame, labels = people.frame, people.labels
    result = dedupe(profile, frame, systems=people.systems)
    if not len(labels.match):
        return result.model, result
    levels = Scorer(profile, result.model, frame).levels(labels.i, labels.j)
    model = taught(profile, result.model, levels, labels.match)
    weights = Scorer(profile, model, frame).weights(levels)
    model = calibrated(model, weights, labels.match)
    return model, dedupe(profile, frame, model, systems=people.systems)
