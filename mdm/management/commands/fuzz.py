"""`manage.py fuzz [--cases N]`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from mdm import suite


class Command(BaseCommand):
    """Sends what schemathesis makes of the document to every operation, on each database."""

    help = "Fuzz the API: no server error, and nothing that the document does not describe."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cases", type=int, default=20_000, help="on each database")

    def handle(self, *args: Any, **options: Any) -> None:
        """The long form of the fuzzing in the suite, in two processes."""
        fuzz = ["tests/test_api_fuzz.py", "--cases", str(options["cases"])]
        sys.exit(suite.run([*fuzz, "-n", str(suite.WORKERS)], say=self.stdout.write))
