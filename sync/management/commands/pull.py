"""`manage.py pull SYSTEM [ENTITY ...]`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from sync.inbound.pulls import Reading, Unread
from sync.models import Pull


class Command(BaseCommand):
    """Reads what changed in a connected system since the last time, all of it at first."""

    help = "Read what changed in a connected system; run again to go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("system", help="the system's code")
        parser.add_argument("entities", nargs="*", help="only these; else all that are read")
        parser.add_argument("--again", action="store_true", help="from the beginning")

    def handle(self, *args: Any, **options: Any) -> None:
        pulls = Pull.objects.select_related("connection").filter(connection=options["system"])
        if options["entities"]:
            pulls = pulls.filter(entity__in=options["entities"])
        if not pulls:
            raise CommandError(f"Nothing is read from {options['system']}; see manage.py connect.")
        if options["again"]:
            pulls.update(cursor="")
        failed = [str(pull) for pull in pulls if not self._read(pull)]
        if failed:
            raise CommandError(f"Not read to the end: {', '.join(failed)}.")

    def _read(self, pull: Pull) -> bool:
        reading = Reading(pull)
        try:
            with tqdm(desc=str(pull), unit=" records") as bar:
                for count in reading:
                    bar.update(count)
        except Unread as error:
            self.stderr.write(f"{pull}: {error}")
            return False
        told = ", ".join(f"{count} {outcome}" for outcome, count in reading.outcomes.items())
        self.stdout.write(f"{pull}: {told or 'nothing new'}.")
        return True
