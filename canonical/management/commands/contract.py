"""`manage.py contract [--keep]`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from canonical.api.contract import release
from canonical.api.contract.compatibility import breaking


class Command(BaseCommand):
    """Compares the API with the last release; at a release, keeps it as the new one."""

    help = "Tell what the API breaks for callers of the last release; --keep makes it the release."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--keep", action="store_true", help="keep this as the last release")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the differences; they are an error unless they are kept."""
        served, released = release.served(), release.released()
        differences = breaking(released, served) if released else []
        for difference in differences:
            self.stdout.write(difference)
        if options["keep"]:
            self.stdout.write(f"Kept as {release.keep(served)}.")
        elif differences:
            raise CommandError("Callers of the last release would break.")
        else:
            self.stdout.write("Nothing breaks callers of the last release.")
