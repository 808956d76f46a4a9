"""`manage.py audit`: put a random sample of what automation did before the stewards."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from canonical.golden.cause import SYSTEM
from matching.profiles import PROFILES, UnknownEntity, entity_named, profile_for
from matching.questions.audit import LOOKED_AT, draw


class Command(BaseCommand):
    """Opens work items about automatic links and near misses; `evaluate` weighs the answers."""

    help = "Ask stewards about a random sample of automatic links and of near misses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--entity", help="clients, resources, ...; all of the hub without it")
        parser.add_argument(
            "--size", type=int, default=25, help="questions about links, and about near misses"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        size = options["size"]
        if size < 1:
            raise CommandError("--size is a number of questions, 1 or more")
        try:
            named = [options["entity"]] if options["entity"] else list(PROFILES)
            entities = [profile_for(entity_named(name)).entity for name in named]
        except UnknownEntity as error:
            raise CommandError(error.args[0]) from error
        for entity in entities:
            with tqdm(total=LOOKED_AT * size, desc=entity, unit="record") as bar:
                audit = draw(entity, size, SYSTEM, bar.update)
            near = sum(audit.near.values())
            self.stdout.write(
                f"{entity}: {audit.asked} questions; {near} near misses "
                f"among {audit.looked_at} of {audit.records} records"
            )
